package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.Span;
import dev.sallyport.policy.explain.EvaluationException;
import dev.sallyport.policy.explain.Reference;
import dev.sallyport.policy.syntax.Children;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a run of policy tests reached. Not thread-safe. */
public final class Coverage implements Reference.Observer {
  private final Set<String> applied = new HashSet<>();
  private final Map<Expr, boolean[]> outcomes = new IdentityHashMap<>();

  Coverage() {}

  void policy(PolicyText text, Reference reference) {
    try {
      if (reference.satisfies(text)) {
        applied.add(text.id());
      }
    } catch (EvaluationException failure) {
      // What was reached before it has been noted.
    }
  }

  @Override
  public void saw(Expr expr, Value value) {
    if (value instanceof BooleanValue bool) {
      outcomes.computeIfAbsent(expr, _ -> new boolean[2])[bool.value() ? 1 : 0] = true;
    }
  }

  /**
   * A gap: a policy that no test satisfies, or a branch that no test reaches.
   *
   * @param what one lower-case sentence
   */
  public record Gap(String policyId, Span span, String what) {}

  /** What no test reached, in the order of the set. */
  List<Gap> gaps(PolicySet policies) {
    List<Gap> gaps = new ArrayList<>();
    for (PolicyText text : policies.texts()) {
      if (text.isTemplate()) {
        continue;
      }
      if (!applied.contains(text.id())) {
        gaps.add(new Gap(text.id(), text.span(text.at()), "no test satisfies this policy"));
      }
      text.conditions().forEach(condition -> branches(text, condition.body(), gaps));
    }
    return gaps;
  }

  /** Conditions, and the parts that decide in them, should be seen true and false. */
  private void branches(PolicyText text, Expr expr, List<Gap> gaps) {
    switch (expr) {
      case Expr.And(List<Expr> terms, _) -> terms.forEach(term -> branches(text, term, gaps));
      case Expr.Or(List<Expr> terms, _) -> terms.forEach(term -> branches(text, term, gaps));
      case Expr.Unary(Expr.UnaryOp op, Expr operand, _) when op == Expr.UnaryOp.NOT ->
          branches(text, operand, gaps);
      case Expr.If(_, _, _, _) -> Children.of(expr).forEach(part -> branches(text, part, gaps));
      case Expr.Literal(_, _) -> {}
      default -> {
        boolean[] seen = outcomes.getOrDefault(expr, new boolean[2]);
        String missing =
            seen[0]
                ? seen[1] ? "" : "is never true"
                : seen[1] ? "is never false" : "is never reached";
        if (!missing.isEmpty()) {
          gaps.add(
              new Gap(text.id(), text.span(expr.at()), "`" + text.written(expr) + "` " + missing));
        }
      }
    }
  }
}
