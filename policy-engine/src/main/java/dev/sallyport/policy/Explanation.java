package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.json.JsonWriter;
import dev.sallyport.policy.value.EntityUid;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Why a decision came out as it did: for each policy of the set what became of it, in the order of
 * the set.
 *
 * @param unknown of principal and resource those that are not among the entities: policies may do
 *     without, but often it is a name mistyped
 */
public record Explanation(Decision decision, List<Finding> findings, List<EntityUid> unknown) {
  private static final int NEAR_SHOWN_MAX = 10;

  public Explanation {
    findings = List.copyOf(findings);
    unknown = List.copyOf(unknown);
  }

  /** What became of one policy. */
  public sealed interface Finding {
    String policyId();

    Effect effect();
  }

  /**
   * Its head and all its conditions hold.
   *
   * @param place where it stands
   * @param values what its conditions saw
   */
  public record Satisfied(String policyId, Effect effect, Span place, List<Seen> values)
      implements Finding {
    public Satisfied {
      values = List.copyOf(values);
    }
  }

  /**
   * Its head speaks of another principal, action or resource.
   *
   * @param place where it stands
   * @param parts of {@code principal}, {@code action} and {@code resource} those it does not speak
   *     of
   */
  public record OutOfScope(String policyId, Effect effect, Span place, List<String> parts)
      implements Finding {
    public OutOfScope {
      parts = List.copyOf(parts);
    }
  }

  /** Its head holds and a condition does not: it nearly applied. */
  public record Unsatisfied(String policyId, Effect effect, Blame blame) implements Finding {}

  /** A condition has no value. */
  public record Failed(String policyId, Effect effect, Problem problem, List<Seen> values)
      implements Finding {
    public Failed {
      values = List.copyOf(values);
    }
  }

  /**
   * The smallest expression that decided against a policy.
   *
   * @param expression as written
   * @param value what it was; the condition wanted the other
   * @param values what its parts were
   */
  public record Blame(Span span, String expression, boolean value, List<Seen> values) {
    public Blame {
      values = List.copyOf(values);
    }
  }

  /** An expression, as written, and the value it had. */
  public record Seen(String expression, String value) {}

  /**
   * What {@link Decision#toJson} says; {@code findings}, one for each policy, with its {@code
   * outcome} ({@code satisfied}, {@code out_of_scope}, {@code unsatisfied} or {@code failed}) and
   * what decided it; and {@code unknown}. On one line.
   */
  public String toJson() {
    return JsonWriter.write(DecisionJson.write(this));
  }

  /** Several lines for people: the decision, then what applied and what nearly did. */
  public String toText() {
    StringBuilder out = new StringBuilder();
    headline(out);
    for (Finding finding : findings) {
      switch (finding) {
        case Satisfied(String id, Effect effect, Span place, List<Seen> values) -> {
          out.append(effect).append(" `").append(id).append("` applies, ").append(place);
          out.append('\n');
          message(id).ifPresent(text -> out.append("    says: ").append(text).append('\n'));
          seen(out, values);
        }
        case Unsatisfied(String id, Effect effect, Blame blame) -> {
          out.append(effect).append(" `").append(id).append("` nearly applies, but ");
          out.append(blame.span()).append(": `").append(blame.expression()).append("` is ");
          out.append(blame.value()).append('\n');
          seen(out, blame.values());
        }
        case Failed(String id, Effect effect, Problem problem, List<Seen> values) -> {
          out.append(effect).append(" `").append(id).append("` fails, ").append(problem.span());
          out.append(": ").append(problem.message()).append("; ").append(problem.help());
          out.append('\n');
          message(id).ifPresent(text -> out.append("    says: ").append(text).append('\n'));
          seen(out, values);
        }
        case OutOfScope(_, _, _, _) -> {}
      }
    }
    if (decision instanceof Decision.Refused && decision.determining().isEmpty()) {
      nothingPermits(out);
    }
    return out.toString();
  }

  private void headline(StringBuilder out) {
    Set<String> failed =
        decision.failures().stream().map(Decision.Failure::policyId).collect(Collectors.toSet());
    List<String> applying =
        decision.determining().stream()
            .map(Decision.Determining::policyId)
            .filter(id -> !failed.contains(id))
            .toList();
    out.append(decision.verdict().permitted() ? "permitted" : "refused");
    if (decision.determining().isEmpty()) {
      out.append(": no policy permits it");
    }
    if (!applying.isEmpty()) {
      out.append(" by ").append(quoted(applying));
    }
    if (applying.size() < decision.determining().size()) {
      out.append(applying.isEmpty() ? ", because " : ", and because ");
      out.append(
          decision.failures().stream()
              .filter(failure -> failure.effect() == Effect.FORBID)
              .map(
                  failure ->
                      "forbid `"
                          + failure.policyId()
                          + "` failed ("
                          + failure.problem().message()
                          + ")")
              .collect(Collectors.joining(", ")));
    }
    out.append('\n');
  }

  private Optional<String> message(String id) {
    return decision.determining().stream()
        .filter(determining -> determining.policyId().equals(id))
        .findFirst()
        .flatMap(Decision.Determining::message);
  }

  private static String quoted(List<String> ids) {
    return ids.stream().map(id -> "`" + id + "`").collect(Collectors.joining(", "));
  }

  /** Why no permit speaks of the request, if none does; and whom the host does not know. */
  private void nothingPermits(StringBuilder out) {
    List<Finding> permits =
        findings.stream().filter(finding -> finding.effect() == Effect.PERMIT).toList();
    List<OutOfScope> outside =
        permits.stream().flatMap(f -> f instanceof OutOfScope o ? Stream.of(o) : null).toList();
    if (permits.isEmpty()) {
      out.append("there is no permit among the policies\n");
    } else if (outside.size() == permits.size()) {
      out.append("none of ").append(permits.size()).append(" permits speaks of this request:");
      String separator = " ";
      for (String part : List.of("principal", "action", "resource")) {
        long count = outside.stream().filter(o -> o.parts().contains(part)).count();
        if (count > 0) {
          out.append(separator).append(count).append(" not of this ").append(part);
          separator = ", ";
        }
      }
      out.append('\n');
      List<OutOfScope> near = outside.stream().filter(o -> o.parts().size() == 1).toList();
      for (OutOfScope permit : near.subList(0, Math.min(near.size(), NEAR_SHOWN_MAX))) {
        out.append("permit `").append(permit.policyId()).append("`, ").append(permit.place());
        out.append(", misses only by its ").append(permit.parts().getFirst()).append('\n');
      }
      if (near.size() > NEAR_SHOWN_MAX) {
        out.append("and ").append(near.size() - NEAR_SHOWN_MAX).append(" more\n");
      }
    }
    for (EntityUid uid : unknown) {
      out.append("entity `").append(uid).append("` is not among the entities\n");
    }
  }

  private static void seen(StringBuilder out, List<Seen> values) {
    values.forEach(
        seen ->
            out.append("    `")
                .append(seen.expression())
                .append("` is `")
                .append(seen.value())
                .append("`\n"));
  }
}
