package dev.sallyport.policy.explain;

import dev.sallyport.policy.syntax.Children;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.Expr.UnaryOp;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the part of a policy that decided against it. */
public final class Explainer {
  /** As many values of one policy as somebody reads. */
  private static final int SEEN_MAX = 30;

  private final Reference reference;

  public Explainer(Reference reference) {
    this.reference = reference;
  }

  /** The outcome of the conditions of a policy whose head holds. */
  public sealed interface Outcome {
    record Satisfied(List<Seen> values) implements Outcome {}

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
    List<Seen> seen = new ArrayList<>();
    policy.conditions().forEach(condition -> tests(condition.body(), false, seen));
    return new Outcome.Satisfied(bounded(seen));
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

  /**
   * The values of the direct parts, where they say more than their own text; of a part that is
   * itself made of tests, those of the tests.
   */
  private List<Seen> seen(Expr expr) {
    List<Seen> seen = new ArrayList<>();
    if (isOfTests(expr)) {
      tests(expr, true, seen);
    } else {
      Children.of(expr).forEach(part -> tell(part, seen));
    }
    return bounded(seen);
  }

  /**
   * What the tests saw of which a boolean is made.
   *
   * @param outcomes whether to tell what each test came to as well
   */
  private void tests(Expr expr, boolean outcomes, List<Seen> seen) {
    if (isOfTests(expr)) {
      try {
        reached(expr).forEach(part -> tests(part, outcomes, seen));
      } catch (EvaluationException failure) {
        // What failed is told as such.
      }
      return;
    }
    boolean direct = expr instanceof Expr.GetAttribute || expr instanceof Expr.Has;
    if (outcomes || direct) {
      tell(expr, seen);
    }
    if (!direct) {
      Children.of(expr).forEach(part -> tell(part, seen));
    }
  }

  /** The parts that were evaluated: the first that decides is the last. */
  private List<Expr> reached(Expr expr) throws EvaluationException {
    return switch (expr) {
      case Expr.And(List<Expr> terms, _) ->
          terms.subList(0, terms.indexOf(first(terms, false)) + 1);
      case Expr.Or(List<Expr> terms, _) -> terms.subList(0, terms.indexOf(first(terms, true)) + 1);
      case Expr.If(Expr test, Expr then, Expr otherwise, _) ->
          List.of(test, reference.bool(test) ? then : otherwise);
      default -> Children.of(expr);
    };
  }

  private static boolean isOfTests(Expr expr) {
    return expr instanceof Expr.And
        || expr instanceof Expr.Or
        || expr instanceof Expr.If
        || (expr instanceof Expr.Unary(UnaryOp op, _, _) && op == UnaryOp.NOT);
  }

  private void tell(Expr expr, List<Seen> seen) {
    value(expr).ifPresent(value -> seen.add(new Seen(expr, value)));
  }

  private static List<Seen> bounded(List<Seen> seen) {
    return List.copyOf(seen.subList(0, Math.min(seen.size(), SEEN_MAX)));
  }

  /** Whether it is its own value, so that telling it says nothing. */
  private static boolean isConstant(Expr expr) {
    return switch (expr) {
      case Expr.Literal(_, _) -> true;
      case Expr.SetOf(List<Expr> elements, _) -> elements.stream().allMatch(Explainer::isConstant);
      case Expr.RecordOf(List<Expr.Field> fields, _) ->
          fields.stream().allMatch(field -> isConstant(field.value()));
      case Expr.Call(ExtensionFunction function, List<Expr> arguments, _) ->
          !function.isMethod() && arguments.stream().allMatch(Explainer::isConstant);
      case Expr.Unary(UnaryOp op, Expr operand, _) -> op == UnaryOp.NEGATE && isConstant(operand);
      default -> false;
    };
  }

  private Optional<Value> value(Expr expr) {
    if (isConstant(expr)) {
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
