package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.ProblemJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Decisions, explanations and reports of tests as data. */
final class DecisionJson {
  private DecisionJson() {}

  static Map<String, Json> members(Decision decision) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("decision", new Json.Text(decision.verdict().permitted() ? "allow" : "deny"));
    members.put(
        "failedClosed",
        new Json.Bool(decision instanceof Decision.Refused refused && refused.failedClosed()));
    members.put("determining", array(decision.determining(), DecisionJson::write));
    members.put("failures", array(decision.failures(), DecisionJson::write));
    return members;
  }

  private static Json write(Decision.Determining determining) {
    Map<String, Json> members = policy(determining.policyId(), determining.effect());
    Map<String, Json> annotations = new LinkedHashMap<>();
    determining.annotations().forEach((name, text) -> annotations.put(name, new Json.Text(text)));
    members.put("annotations", new Json.Obj(annotations));
    return new Json.Obj(members);
  }

  private static Json write(Decision.Failure failure) {
    Map<String, Json> members = policy(failure.policyId(), failure.effect());
    members.put("problem", ProblemJson.write(failure.problem()));
    return new Json.Obj(members);
  }

  private static Map<String, Json> policy(String id, Effect effect) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("policyId", new Json.Text(id));
    members.put("effect", new Json.Text(effect.toString()));
    return members;
  }

  static Json write(Explanation explanation) {
    Map<String, Json> members = members(explanation.decision());
    members.put("findings", array(explanation.findings(), DecisionJson::write));
    members.put("unknown", array(explanation.unknown(), uid -> new Json.Text(uid.toString())));
    return new Json.Obj(members);
  }

  private static Json write(Explanation.Finding finding) {
    Map<String, Json> members = policy(finding.policyId(), finding.effect());
    switch (finding) {
      case Explanation.Satisfied(_, _, Span place, List<Explanation.Seen> values) -> {
        members.put("outcome", new Json.Text("satisfied"));
        members.putAll(ProblemJson.place(place));
        members.put("values", array(values, DecisionJson::write));
      }
      case Explanation.OutOfScope(_, _, Span place, List<String> parts) -> {
        members.put("outcome", new Json.Text("out_of_scope"));
        members.put("parts", array(parts, Json.Text::new));
        members.putAll(ProblemJson.place(place));
      }
      case Explanation.Unsatisfied(_, _, Explanation.Blame blame) -> {
        members.put("outcome", new Json.Text("unsatisfied"));
        members.put("expression", new Json.Text(blame.expression()));
        members.put("value", new Json.Bool(blame.value()));
        members.putAll(ProblemJson.place(blame.span()));
        members.put("values", array(blame.values(), DecisionJson::write));
      }
      case Explanation.Failed(_, _, var problem, List<Explanation.Seen> values) -> {
        members.put("outcome", new Json.Text("failed"));
        members.put("problem", ProblemJson.write(problem));
        members.put("values", array(values, DecisionJson::write));
      }
    }
    return new Json.Obj(members);
  }

  private static Json write(Explanation.Seen seen) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("expression", new Json.Text(seen.expression()));
    members.put("value", new Json.Text(seen.value()));
    return new Json.Obj(members);
  }

  static Json write(PolicyTests.Report report) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("passed", new Json.Int(report.results().size() - report.failed()));
    members.put("failed", new Json.Int(report.failed()));
    members.put("results", array(report.results(), DecisionJson::write));
    Coverage.Report coverage = report.coverage();
    Map<String, Json> covered = new LinkedHashMap<>();
    covered.put("policies", new Json.Int(coverage.policies()));
    covered.put("policiesSatisfied", new Json.Int(coverage.satisfied()));
    covered.put("branches", new Json.Int(coverage.branches()));
    covered.put("branchesReached", new Json.Int(coverage.reached()));
    covered.put("gaps", array(coverage.gaps(), DecisionJson::write));
    members.put("coverage", new Json.Obj(covered));
    return new Json.Obj(members);
  }

  private static Json write(PolicyTests.Result result) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("name", new Json.Text(result.name()));
    members.put("passed", new Json.Bool(result.problem().isEmpty()));
    result.problem().ifPresent(problem -> members.put("problem", new Json.Text(problem)));
    result.span().ifPresent(span -> members.putAll(ProblemJson.place(span)));
    return new Json.Obj(members);
  }

  private static Json write(Coverage.Gap gap) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("policyId", new Json.Text(gap.policyId()));
    members.put("what", new Json.Text(gap.what()));
    members.putAll(ProblemJson.place(gap.span()));
    return new Json.Obj(members);
  }

  private interface Writer<T> {
    Json write(T value);
  }

  private static <T> Json array(List<T> values, Writer<T> writer) {
    return new Json.Array(values.stream().map(writer::write).toList());
  }
}
