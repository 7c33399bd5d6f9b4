package dev.sallyport.policy.plan;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Expressions to nodes. What is the same for every request is evaluated here, once: literals, sets
 * of literals, {@code ip("10.0.0.0/8")}, {@code 60 * 60}. What fails for every request becomes a
 * node that fails.
 */
final class Planner {
  private Planner() {}

  static Node plan(Expr expr) {
    return node(expr);
  }

  private static Node node(Expr expr) {
    At at = expr.at();
    return switch (expr) {
      case Expr.Literal(Value value, _) -> new LogicNodes.Constant(value, at);
      case Expr.Variable(Expr.Name name, _) ->
          switch (name) {
            case PRINCIPAL -> new LogicNodes.Principal(at);
            case ACTION -> new LogicNodes.Action(at);
            case RESOURCE -> new LogicNodes.Resource(at);
            case CONTEXT -> new LogicNodes.Context(at);
          };
      case Expr.If(Expr test, Expr then, Expr otherwise, _) ->
          new LogicNodes.If(node(test), node(then), node(otherwise), at);
      case Expr.And(List<Expr> terms, _) -> {
        Node[] nodes = nodes(terms);
        yield nodes.length == 2
            ? new LogicNodes.And(nodes[0], nodes[1], at)
            : new LogicNodes.AndAll(nodes, at);
      }
      case Expr.Or(List<Expr> terms, _) -> {
        Node[] nodes = nodes(terms);
        yield nodes.length == 2
            ? new LogicNodes.Or(nodes[0], nodes[1], at)
            : new LogicNodes.OrAny(nodes, at);
      }
      case Expr.Unary(Expr.UnaryOp op, Expr operand, _) -> unary(op, node(operand), at);
      case Expr.Binary(BinaryOp op, Expr left, Expr right, _) ->
          binary(op, node(left), node(right), at);
      case Expr.GetAttribute(Expr target, String name, _) ->
          new EntityNodes.GetAttribute(node(target), name.intern(), at);
      case Expr.Has(Expr target, List<String> path, _) ->
          new EntityNodes.Has(
              node(target), path.stream().map(String::intern).toArray(String[]::new), at);
      case Expr.Like(Expr target, var pattern, _) ->
          new CollectionNodes.Like(node(target), pattern, at);
      case Expr.Is(Expr target, String type, Expr in, _) -> is(node(target), type, in, at);
      case Expr.SetOf(List<Expr> elements, _) -> {
        Node[] nodes = nodes(elements);
        yield folded(new CollectionNodes.SetOf(nodes, at), nodes);
      }
      case Expr.RecordOf(List<Expr.Field> fields, _) -> {
        String[] names = fields.stream().map(f -> f.name().intern()).toArray(String[]::new);
        Node[] nodes = fields.stream().map(f -> node(f.value())).toArray(Node[]::new);
        yield folded(new CollectionNodes.RecordOf(names, nodes, at), nodes);
      }
      case Expr.Call(ExtensionFunction function, List<Expr> arguments, _) ->
          call(function, nodes(arguments), at);
    };
  }

  private static Node[] nodes(List<Expr> exprs) {
    List<Node> nodes = new ArrayList<>(exprs.size());
    for (Expr expr : exprs) {
      nodes.add(node(expr));
    }
    return nodes.toArray(Node[]::new);
  }

  private static Node unary(Expr.UnaryOp op, Node operand, At at) {
    return folded(
        switch (op) {
          case NOT -> new LogicNodes.Not(operand, at);
          case NEGATE -> new ArithmeticNodes.Negate(operand, at);
          case IS_EMPTY -> new CollectionNodes.IsEmpty(operand, at);
        },
        operand);
  }

  private static Node is(Node target, String type, @Nullable Expr in, At at) {
    Node is = new EntityNodes.Is(target, type, at);
    return in == null ? is : new LogicNodes.And(is, new EntityNodes.In(target, node(in), at), at);
  }

  private static Node binary(BinaryOp op, Node left, Node right, At at) {
    Node node =
        switch (op) {
          case EQUAL -> equal(left, right, at);
          case NOT_EQUAL -> new LogicNodes.Not(equal(left, right, at), at);
          case LESS, LESS_EQUAL, GREATER, GREATER_EQUAL -> compare(op, left, right, at);
          case IN -> new EntityNodes.In(left, right, at);
          case ADD -> new ArithmeticNodes.Add(left, right, at);
          case SUBTRACT -> new ArithmeticNodes.Subtract(left, right, at);
          case MULTIPLY -> new ArithmeticNodes.Multiply(left, right, at);
          case CONTAINS -> new CollectionNodes.Contains(left, right, at);
          case CONTAINS_ALL -> new CollectionNodes.ContainsAll(left, right, at);
          case CONTAINS_ANY -> new CollectionNodes.ContainsAny(left, right, at);
          case HAS_TAG -> new EntityNodes.HasTag(left, right, at);
          case GET_TAG -> new EntityNodes.GetTag(left, right, at);
        };
    return switch (op) {
      // These ask the host, who may answer differently for each request.
      case IN, HAS_TAG, GET_TAG -> node;
      default -> folded(node, left, right);
    };
  }

  private static Node equal(Node left, Node right, At at) {
    Value constant = right.constant();
    if (constant != null) {
      return new LogicNodes.EqualsConstant(left, constant, at);
    }
    constant = left.constant();
    return constant != null
        ? new LogicNodes.EqualsConstant(right, constant, at)
        : new LogicNodes.Equal(left, right, at);
  }

  private static Node compare(BinaryOp op, Node left, Node right, At at) {
    ArithmeticNodes.Order order = ArithmeticNodes.order(op);
    if (order == null) {
      throw new IllegalStateException(op.text());
    }
    return left.isArithmetic() || right.isArithmetic()
        ? new ArithmeticNodes.CompareNumbers(order, left, right, at)
        : new ArithmeticNodes.Compare(order, left, right, at);
  }

  private static Node call(ExtensionFunction function, Node[] arguments, At at) {
    if (arguments.length != function.arity()) {
      return new LogicNodes.Failure(
          new EvaluationFailure(
              ProblemCode.WRONG_ARGUMENTS, at, function.text(), function.arity() + " argument(s)"));
    }
    Node second = arguments.length == 2 ? arguments[1] : null;
    return folded(new ExtensionNodes.Call(function, arguments[0], second, at), arguments);
  }

  /** The node's value or failure instead of it, if all operands are constants. */
  private static Node folded(Node node, Node... operands) {
    for (Node operand : operands) {
      if (operand.constant() == null) {
        return node;
      }
    }
    Frame nothing = new Frame();
    Value value = node.value(nothing);
    return value != null
        ? new LogicNodes.Constant(value, node.at)
        : new LogicNodes.Failure(nothing.failure());
  }
}
