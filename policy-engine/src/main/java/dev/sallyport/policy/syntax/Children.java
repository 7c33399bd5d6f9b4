package dev.sallyport.policy.syntax;

import java.util.ArrayList;
import java.util.List;

/** The direct parts of an expression. */
public final class Children {
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

  /** Whether no part is nested deeper than that; itself needs no stack. */
  static boolean isWithin(Expr expr, int depthMax) {
    List<Expr> level = List.of(expr);
    for (int depth = 0; !level.isEmpty(); depth++) {
      if (depth > depthMax) {
        return false;
      }
      List<Expr> next = new ArrayList<>();
      for (Expr part : level) {
        next.addAll(of(part));
      }
      level = next;
    }
    return true;
  }
}
