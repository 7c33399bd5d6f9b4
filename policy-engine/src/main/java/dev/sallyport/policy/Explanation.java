package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.json.JsonWriter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Why a decision came out as it did: for each policy of the set what became of it, in the order of
 * the set.
 */
public record Explanation(Decision decision, List<Finding> findings) {
  public Explanation {
    findings = List.copyOf(findings);
  }

  /** What became of one policy. */
  public sealed interface Finding {
    String policyId();

    Effect effect();
  }

  /** Its head and all its conditions hold. */
  public record Satisfied(String policyId, Effect effect) implements Finding {}

  /**
   * Its head speaks of another principal, action or resource.
   *
   * @param part {@code principal}, {@code action} or {@code resource}
   */
  public record OutOfScope(String policyId, Effect effect, String part) implements Finding {}

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
   * What {@link Decision#toJson} says, and {@code findings}: one for each policy, with its {@code
   * outcome} ({@code satisfied}, {@code out_of_scope}, {@code unsatisfied} or {@code failed}) and
   * what decided it. On one line.
   */
  public String toJson() {
    return JsonWriter.write(DecisionJson.write(this));
  }

  /** Several lines for people: the decision, then what applied and what nearly did. */
  public String toText() {
    StringBuilder out = new StringBuilder();
    out.append(decision.verdict().permitted() ? "permitted" : "refused");
    if (decision.determining().isEmpty()) {
      out.append(": no policy permits it");
    } else {
      out.append(" by ")
          .append(
              decision.determining().stream()
                  .map(d -> "`" + d.policyId() + "`")
                  .collect(Collectors.joining(", ")));
    }
    out.append('\n');
    for (Finding finding : findings) {
      switch (finding) {
        case Satisfied(String id, Effect effect) ->
            out.append(effect).append(" `").append(id).append("` applies\n");
        case Unsatisfied(String id, Effect effect, Blame blame) -> {
          out.append(effect).append(" `").append(id).append("` nearly applies, but ");
          out.append(blame.span()).append(": `").append(blame.expression()).append("` is ");
          out.append(blame.value()).append('\n');
          seen(out, blame.values());
        }
        case Failed(String id, Effect effect, Problem problem, List<Seen> values) -> {
          out.append(effect).append(" `").append(id).append("` fails, ");
          out.append(problem.span()).append(": ").append(problem.message()).append('\n');
          seen(out, values);
        }
        case OutOfScope(_, _, _) -> {}
      }
    }
    return out.toString();
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
