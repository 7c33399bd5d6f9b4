package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.ParseResult.Parsed;
import dev.sallyport.policy.diagnostic.ParseResult.Rejected;
import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.EntitySet;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonReader;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.syntax.PolicyParser;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tests of policies as data: a JSON array of {@code {"name", "request": {"principal", "action",
 * "resource", "context"}, "entities", "decision": "allow" or "deny", "reason": [ids]}}. Entities
 * are written {@code "User::\"alice\""} or as objects; {@code entities} of a test replace those of
 * the run; {@code reason} and {@code context} may be left out.
 */
public final class PolicyTests {
  private final List<Case> cases;

  private PolicyTests(List<Case> cases) {
    this.cases = cases;
  }

  private record Case(
      String name,
      EntityUid principal,
      EntityUid action,
      EntityUid resource,
      String context,
      @Nullable String entities,
      boolean allow,
      @Nullable List<String> reasons) {}

  /**
   * The outcome of one test.
   *
   * @param problem what differs, or empty if it passed
   */
  public record Result(String name, Optional<String> problem) {}

  /** The outcome of a run. */
  public record Report(List<Result> results, List<Coverage.Gap> gaps) {
    public boolean passed() {
      return results.stream().allMatch(result -> result.problem().isEmpty());
    }
  }

  /** Reads a file of tests. */
  public static ParseResult<PolicyTests> parse(String json) {
    if (!(JsonReader.read(json) instanceof Parsed<Json>(Json root))) {
      return new Rejected<>(JsonReader.read(json).problems());
    }
    if (!(root instanceof Json.Array(List<Json> elements))) {
      return rejected("expected an array of tests, found " + root.kind());
    }
    List<Case> cases = new ArrayList<>();
    for (Json element : elements) {
      String name = "test " + cases.size();
      if (!(element instanceof Json.Obj(Map<String, Json> members))
          || !(members.get("request") instanceof Json.Obj(Map<String, Json> request))) {
        return rejected(name + " has no `request`");
      }
      if (members.get("name") instanceof Json.Text(String given)) {
        name = given;
      }
      EntityUid principal = uid(request.get("principal"));
      EntityUid action = uid(request.get("action"));
      EntityUid resource = uid(request.get("resource"));
      if (principal == null || action == null || resource == null) {
        return rejected("`" + name + "`: principal, action and resource must be entities");
      }
      if (!(members.get("decision") instanceof Json.Text(String decision))
          || !(decision.equals("allow") || decision.equals("deny"))) {
        return rejected("`" + name + "`: `decision` must be `allow` or `deny`");
      }
      Json entities = members.get("entities");
      cases.add(
          new Case(
              name,
              principal,
              action,
              resource,
              JsonWriter.write(request.getOrDefault("context", new Json.Obj(Map.of()))),
              entities == null ? null : JsonWriter.write(entities),
              decision.equals("allow"),
              members.get("reason") instanceof Json.Array(List<Json> reasons)
                  ? reasons.stream().map(r -> r instanceof Json.Text(String id) ? id : "").toList()
                  : null));
    }
    return new Parsed<>(new PolicyTests(List.copyOf(cases)));
  }

  private static ParseResult<PolicyTests> rejected(String message) {
    return new Rejected<>(new Problem(ProblemCode.UNEXPECTED_JSON, message, null));
  }

  private static @Nullable EntityUid uid(@Nullable Json json) {
    if (json instanceof Json.Text(String text)) {
      return PolicyParser.parseEntity(text).orElse(null);
    }
    return json instanceof Json.Obj(Map<String, Json> members)
            && members.get("type") instanceof Json.Text(String type)
            && members.get("id") instanceof Json.Text(String id)
        ? EntityUid.of(type, id)
        : null;
  }

  /** Runs all tests, failing closed, as the gateway decides. */
  public Report run(PolicySet policies, Schema schema, EntitySet entities) {
    PolicyEngine engine = PolicyEngine.plan(policies, schema, ErrorMode.FAIL_CLOSED);
    Coverage coverage = new Coverage();
    List<Result> results = new ArrayList<>();
    for (Case test : cases) {
      results.add(
          new Result(
              test.name(), Optional.ofNullable(run(test, engine, schema, entities, coverage))));
    }
    return new Report(List.copyOf(results), coverage.gaps(policies));
  }

  private static @Nullable String run(
      Case test, PolicyEngine engine, Schema schema, EntitySet shared, Coverage coverage) {
    EntitySet entities = shared;
    if (test.entities() != null) {
      ParseResult<EntitySet> own = schema.parseEntities(test.entities());
      if (!(own instanceof Parsed<EntitySet>(EntitySet set))) {
        return "entities: " + own.problems().getFirst();
      }
      entities = set;
    }
    ParseResult<RecordValue> context = schema.parseContext(test.action(), test.context());
    if (!(context instanceof Parsed<RecordValue>(RecordValue record))) {
      return "context: " + context.problems().getFirst();
    }
    Request request = new Request(test.principal(), test.action(), test.resource(), record);
    List<Problem> problems = schema.validate(request);
    if (!problems.isEmpty()) {
      return "request: " + problems.getFirst();
    }
    engine.cover(request, entities, coverage);
    Decision decision = engine.authorize(request, entities);
    List<String> found =
        decision.determining().stream().map(Decision.Determining::policyId).toList();
    if (decision.verdict().permitted() != test.allow()) {
      return "expected " + (test.allow() ? "allow" : "deny") + ", found the other, by " + found;
    }
    List<String> wanted = test.reasons();
    if (wanted != null && !new TreeSet<>(wanted).equals(new TreeSet<>(found))) {
      return "expected the reasons " + wanted + ", found " + found;
    }
    return null;
  }
}
