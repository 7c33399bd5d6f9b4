package dev.sallyport.policy.explain;

import dev.sallyport.policy.syntax.Children;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.Expr.UnaryOp;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the part of a policy that decided against it. */
public final class Explainer {
  private final Reference reference;

  public Explainer(Reference reference) {
    this.reference = reference;
  }

  /** The outcome of the conditions of a policy whose head holds. */
  public sealed interface Outcome {
    record Satisfied() implements Outcome {}

    record Unsatisfied(Expr blame, boolean value, List<Seen> values) implements Outcome {}

    record Failed(EvaluationException failure, List<Seen> values) implements Outcome {}
  }

  /** A part and its value. */
  public record Seen(Expr expr, Value value) {}

  public Outcome explain(PolicyText policy) {
    for (PolicyText.Condition condition : policy.conditions()) {
      boolean unwanted = condition.unless();
      try {
        if (reference.bool(condition.body()) == unwanted) {
          Expr blame = blame(condition.body(), unwanted);
          return new Outcome.Unsatisfied(
              blame, valueOf(blame).equals(BooleanValue.TRUE), seen(blame));
        }
      } catch (EvaluationException failure) {
        return new Outcome.Failed(failure, seenAround(condition.body(), failure));
      }
    }
    return new Outcome.Satisfied();
  }

  private Value valueOf(Expr expr) throws EvaluationException {
    return reference.value(expr);
  }

  /** The smallest part of a boolean expression to which it owes that value. */
  private Expr blame(Expr expr, boolean value) throws EvaluationException {
    return switch (expr) {
      case Expr.And(List<Expr> terms, _) when !value -> blame(first(terms, false), false);
      case Expr.Or(List<Expr> terms, _) when value -> blame(first(terms, true), true);
      case Expr.Unary(UnaryOp op, Expr operand, _) when op == UnaryOp.NOT -> blame(operand, !value);
      case Expr.If(Expr test, Expr then, Expr otherwise, _) ->
          blame(reference.bool(test) ? then : otherwise, value);
      default -> expr;
    };
  }

  private Expr first(List<Expr> terms, boolean value) throws EvaluationException {
    for (Expr term : terms) {
      if (reference.bool(term) == value) {
        return term;
      }
    }
    return terms.getLast();
  }

  /** The values of the direct parts, where they say more than their own text. */
  private List<Seen> seen(Expr expr) {
    List<Seen> seen = new ArrayList<>();
    for (Expr part : Children.of(expr)) {
      value(part).ifPresent(value -> seen.add(new Seen(part, value)));
    }
    return seen;
  }

  private Optional<Value> value(Expr expr) {
    if (expr instanceof Expr.Literal) {
      return Optional.empty();
    }
    try {
      return Optional.of(reference.value(expr));
    } catch (EvaluationException failure) {
      return Optional.empty();
    }
  }

  private List<Seen> seenAround(Expr expr, EvaluationException failure) {
    Expr culprit = find(expr, failure);
    return culprit == null ? List.of() : seen(culprit);
  }

  /** The expression that stands where the failure says. */
  private static @Nullable Expr find(Expr expr, EvaluationException failure) {
    if (expr.at().start() == failure.at().start() && expr.at().end() == failure.at().end()) {
      return expr;
    }
    for (Expr part : Children.of(expr)) {
      Expr found = find(part, failure);
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
