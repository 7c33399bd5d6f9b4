package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The direct parts of an expression. */
public final class Children {
  static final String TOO_LONG =
      "more than " + PolicyParser.CHAIN_MAX + " terms of `+`, `-` and `*` follow one another";

  private Children() {}

  public static List<Expr> of(Expr expr) {
    return switch (expr) {
      case Expr.Literal(_, _), Expr.Variable(_, _) -> List.of();
      case Expr.If(Expr test, Expr then, Expr otherwise, _) -> List.of(test, then, otherwise);
      case Expr.And(List<Expr> terms, _) -> terms;
      case Expr.Or(List<Expr> terms, _) -> terms;
      case Expr.Unary(_, Expr operand, _) -> List.of(operand);
      case Expr.Binary(_, Expr left, Expr right, _) -> List.of(left, right);
      case Expr.GetAttribute(Expr target, _, _) -> List.of(target);
      case Expr.Has(Expr target, _, _) -> List.of(target);
      case Expr.Like(Expr target, _, _) -> List.of(target);
      case Expr.Is(Expr target, _, Expr in, _) ->
          in == null ? List.of(target) : List.of(target, in);
      case Expr.SetOf(List<Expr> elements, _) -> elements;
      case Expr.RecordOf(List<Expr.Field> fields, _) ->
          fields.stream().map(Expr.Field::value).toList();
      case Expr.Call(_, List<Expr> arguments, _) -> arguments;
    };
  }

  /**
   * Which bound the body of a condition exceeds, as a problem without a place; null if none. Needs
   * no stack. A path of {@code has} counts as the attributes that JSON says instead, so that what
   * is within the bounds as text is within them as JSON, and the other way around.
   */
  static @Nullable Problem excess(Expr body) {
    List<List<Part>> levels = new ArrayList<>();
    levels.add(List.of(new Part(body, 0)));
    int terms = 0;
    for (int depth = 0; depth < levels.size(); depth++) {
      for (Part part : levels.get(depth)) {
        Expr expr = part.expr();
        List<Part> parts = parts(part);
        int steps = 1;
        if (expr instanceof Expr.And || expr instanceof Expr.Or) {
          terms += parts.size();
        } else if (expr instanceof Expr.Has(_, List<String> path, _) && path.size() > 1) {
          steps = path.size() + 1;
          terms += path.size();
        }
        if (terms > PolicyParser.TERMS_MAX) {
          return new Problem(
              ProblemCode.TOO_LARGE,
              "this has more than " + PolicyParser.TERMS_MAX + " terms of `&&` and `||`",
              null,
              null,
              "split it into several policies");
        }
        int below = depth + steps;
        if (!parts.isEmpty() && below > PolicyParser.DEPTH_MAX) {
          return tooDeep("this is nested more than " + PolicyParser.DEPTH_MAX + " levels deep");
        }
        if (!parts.isEmpty() && parts.getLast().chained() + 2 > PolicyParser.CHAIN_MAX) {
          return tooDeep(TOO_LONG);
        }
        while (!parts.isEmpty() && levels.size() <= below) {
          levels.add(new ArrayList<>());
        }
        if (!parts.isEmpty()) {
          levels.get(below).addAll(parts);
        }
      }
    }
    return null;
  }

  /** A part and how many operators of chains are above it that are no levels of nesting. */
  private record Part(Expr expr, int chained) {}

  /** The parts of a part; those of a chain of {@code +}, {@code -} and {@code *} as one level. */
  private static List<Part> parts(Part whole) {
    List<Part> parts = new ArrayList<>();
    int chained = whole.chained();
    Expr at = whole.expr();
    while (at instanceof Expr.Binary(var op, Expr.Binary left, Expr right, _)
        && op.continues(left.op())) {
      parts.add(new Part(right, chained));
      chained++;
      at = left;
    }
    for (Expr part : of(at)) {
      parts.add(new Part(part, chained));
    }
    return parts;
  }

  private static Problem tooDeep(String message) {
    return new Problem(ProblemCode.TOO_DEEP, message, null, null, "split it into several policies");
  }
}
