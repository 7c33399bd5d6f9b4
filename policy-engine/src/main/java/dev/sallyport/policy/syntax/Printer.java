package dev.sallyport.policy.syntax;

import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.value.StringValue;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Policies and expressions as text, on one line, with no more parentheses than they need. */
public final class Printer {
  // How tightly an expression binds, loosest first.
  private static final int CONDITIONAL = 0;
  private static final int OR = 1;
  private static final int AND = 2;
  private static final int RELATION = 3;
  private static final int SUM = 4;
  private static final int PRODUCT = 5;
  private static final int UNARY = 6;
  private static final int MEMBER = 7;

  private Printer() {}

  /**
   * Text that parses to an equal expression, or to an equal failure where JSON says what has none.
   */
  public static String print(Expr expr) {
    return print(expr, CONDITIONAL);
  }

  private static String print(Expr expr, int context) {
    // Apart from the others, whose frame is large: chains of arithmetic are the deepest there is.
    String text =
        expr instanceof Expr.Binary(BinaryOp op, Expr left, Expr right, _)
            ? binary(op, left, right)
            : text(expr);
    return binding(expr) < context ? "(" + text + ")" : text;
  }

  private static int binding(Expr expr) {
    return switch (expr) {
      case Expr.If(_, _, _, _) -> CONDITIONAL;
      case Expr.Or(_, _) -> OR;
      case Expr.And(_, _) -> AND;
      case Expr.Has(_, _, _), Expr.Like(_, _, _), Expr.Is(_, _, _, _) -> RELATION;
      case Expr.Binary binary -> binding(binary.op());
      case Expr.Unary(Expr.UnaryOp op, _, _) -> op == Expr.UnaryOp.IS_EMPTY ? MEMBER : UNARY;
      // A negative number is a sign and a number, so nothing can be asked of it unparenthesized.
      case Expr.Literal(dev.sallyport.policy.value.LongValue(long number), _) when number < 0 ->
          UNARY;
      case Expr.Literal(_, _),
          Expr.Variable(_, _),
          Expr.GetAttribute(_, _, _),
          Expr.SetOf(_, _),
          Expr.RecordOf(_, _),
          Expr.Call(_, _, _) ->
          MEMBER;
    };
  }

  private static int binding(BinaryOp op) {
    return switch (op) {
      case ADD, SUBTRACT -> SUM;
      case MULTIPLY -> PRODUCT;
      default -> op.isMethod() ? MEMBER : RELATION;
    };
  }

  private static String text(Expr expr) {
    return switch (expr) {
      case Expr.Literal(var value, _) -> value.toString();
      case Expr.Variable(Expr.Name name, _) -> name.text();
      case Expr.If(Expr test, Expr then, Expr otherwise, _) ->
          "if " + print(test) + " then " + print(then) + " else " + print(otherwise);
      // A chain inside a chain keeps its parentheses: it was written so.
      case Expr.And(List<Expr> terms, _) -> joined(terms, " && ", RELATION);
      case Expr.Or(List<Expr> terms, _) -> joined(terms, " || ", AND);
      case Expr.Unary(Expr.UnaryOp op, Expr operand, _) ->
          switch (op) {
            case NOT -> "!" + (endsRun(expr) ? "(" + print(operand) + ")" : print(operand, MEMBER));
            // `-1` is a literal, so the negation of 1 needs its parentheses.
            case NEGATE ->
                operand instanceof Expr.Literal || endsRun(expr)
                    ? "-(" + print(operand) + ")"
                    : "-" + print(operand, MEMBER);
            case IS_EMPTY -> print(operand, MEMBER) + ".isEmpty()";
          };
      case Expr.Binary(BinaryOp op, Expr left, Expr right, _) -> binary(op, left, right);
      case Expr.GetAttribute(Expr target, String name, _) ->
          print(target, MEMBER) + (isName(name) ? "." + name : "[" + quoted(name) + "]");
      case Expr.Has(Expr target, List<String> path, _) -> has(target, path);
      case Expr.Like(Expr target, Pattern pattern, _) ->
          print(target, SUM) + " like " + pattern(pattern);
      case Expr.Is(Expr target, String type, Expr in, _) ->
          print(target, SUM) + " is " + type + (in == null ? "" : " in " + print(in, SUM));
      case Expr.SetOf(List<Expr> elements, _) -> "[" + joined(elements, ", ", CONDITIONAL) + "]";
      case Expr.RecordOf(List<Expr.Field> fields, _) -> {
        StringJoiner record = new StringJoiner(", ", "{", "}");
        for (Expr.Field field : fields) {
          String name = field.name();
          record.add((isName(name) ? name : quoted(name)) + ": " + print(field.value()));
        }
        yield record.toString();
      }
      // Only JSON can call a method of nothing. It fails; so does the method of what fails.
      case Expr.Call(ExtensionFunction function, List<Expr> arguments, _)
          when function.isMethod() && arguments.isEmpty() ->
          ExtensionFunction.IP.text() + "()." + function.text() + "()";
      case Expr.Call(ExtensionFunction function, List<Expr> arguments, _) ->
          function.isMethod()
              ? print(arguments.getFirst(), MEMBER)
                  + "."
                  + function.text()
                  + "("
                  + joined(arguments.subList(1, arguments.size()), ", ", CONDITIONAL)
                  + ")"
              : function.text() + "(" + joined(arguments, ", ", CONDITIONAL) + ")";
    };
  }

  /** The grammar takes four of {@code !} or {@code -} in a row; JSON can say more. */
  private static boolean endsRun(Expr expr) {
    int run = 0;
    Expr at = expr;
    while (at instanceof Expr.Unary(Expr.UnaryOp op, Expr operand, _)
        && expr instanceof Expr.Unary(Expr.UnaryOp outer, _, _)
        && op == outer) {
      run++;
      at = operand;
    }
    return run > 1 && (run - 1) % PolicyParser.UNARY_RUN_MAX == 0;
  }

  private static String joined(List<Expr> exprs, String separator, int context) {
    StringJoiner joined = new StringJoiner(separator);
    exprs.forEach(expr -> joined.add(print(expr, context)));
    return joined.toString();
  }

  private static String binary(BinaryOp op, Expr left, Expr right) {
    if (op.isMethod()) {
      return print(left, MEMBER) + "." + op.text() + "(" + print(right) + ")";
    }
    int binding = op == BinaryOp.MULTIPLY ? PRODUCT : SUM;
    boolean chains = op == BinaryOp.ADD || op == BinaryOp.SUBTRACT || op == BinaryOp.MULTIPLY;
    return print(left, binding)
        + " "
        + op.text()
        + " "
        + print(right, chains ? binding + 1 : binding);
  }

  /** A path of names that are no identifiers, which only the JSON form can say, as its meaning. */
  private static String has(Expr target, List<String> path) {
    if (path.size() == 1) {
      String name = path.getFirst();
      return print(target, SUM) + " has " + (isName(name) ? name : quoted(name));
    }
    if (path.stream().allMatch(Printer::isName)) {
      return print(target, SUM) + " has " + String.join(".", path);
    }
    List<Expr> terms = new ArrayList<>();
    Expr inner = target;
    for (String name : path) {
      terms.add(new Expr.Has(inner, List.of(name), At.NOWHERE));
      inner = new Expr.GetAttribute(inner, name, At.NOWHERE);
    }
    return "(" + print(new Expr.And(terms, At.NOWHERE)) + ")";
  }

  private static boolean isName(String text) {
    return Names.isIdentifier(text) && !Tokens.isReserved(text);
  }

  private static String quoted(String text) {
    return new StringValue(text).toString();
  }

  private static String pattern(Pattern pattern) {
    StringJoiner joined = new StringJoiner("*", "\"", "\"");
    for (String part : pattern.parts()) {
      String quoted = quoted(part);
      joined.add(quoted.substring(1, quoted.length() - 1).replace("*", "\\*"));
    }
    return joined.toString();
  }

  /** A policy or template; links are printed as what they say. */
  public static String print(PolicyText policy) {
    StringBuilder out = new StringBuilder();
    policy
        .annotations()
        .forEach(
            (name, text) ->
                out.append('@')
                    .append(name)
                    .append(text == null ? "" : "(" + quoted(text) + ")")
                    .append('\n'));
    out.append(policy.permit() ? "permit" : "forbid")
        .append(" (principal")
        .append(scope(policy.principal(), PolicyLinks.PRINCIPAL_SLOT))
        .append(", action")
        .append(scope(policy.action()))
        .append(", resource")
        .append(scope(policy.resource(), PolicyLinks.RESOURCE_SLOT))
        .append(')');
    for (PolicyText.Condition condition : policy.conditions()) {
      out.append('\n')
          .append(condition.unless() ? "unless" : "when")
          .append(" { ")
          .append(print(condition.body()))
          .append(" }");
    }
    return out.append(";\n").toString();
  }

  private static String scope(Scope scope, String slot) {
    return switch (scope) {
      case Scope.Any() -> "";
      case Scope.Equal(Scope.Ref ref) -> " == " + reference(ref, slot);
      case Scope.In(Scope.Ref ref) -> " in " + reference(ref, slot);
      case Scope.Is(String type, _) -> " is " + type;
      case Scope.IsIn(String type, Scope.Ref ref, _) ->
          " is " + type + " in " + reference(ref, slot);
    };
  }

  private static String reference(Scope.Ref ref, String slot) {
    @Nullable Object uid = ref.uid();
    return uid == null ? slot : uid.toString();
  }

  private static String scope(Scope.OfAction scope) {
    return switch (scope) {
      case Scope.OfAction.Any() -> "";
      case Scope.OfAction.Equal(var uid, _) -> " == " + uid;
      case Scope.OfAction.In(var uids, boolean list, _) -> {
        StringJoiner joined = new StringJoiner(", ", list ? "[" : "", list ? "]" : "");
        uids.forEach(uid -> joined.add(uid.toString()));
        yield " in " + joined;
      }
    };
  }
}
