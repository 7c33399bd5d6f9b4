package dev.sallyport.policy.plan;

import dev.sallyport.policy.plan.Node.Unit;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Expressions to nodes. What is the same for every request is evaluated here, once: literals, sets
 * of literals, {@code ip("10.0.0.0/8")}, {@code 60 * 60}. What fails for every request becomes a
 * node that fails. Expressions that say the same become the same node, across the policies of a
 * set: ten thousand grants that differ in a name share the rest, and the cache with it.
 */
final class Planner {
  /** The same value of interned strings: see {@link UidTable#familiar}. */
  private static Value familiar(Value value) {
    return switch (value) {
      case EntityUid uid -> UidTable.familiar(uid);
      case StringValue(String text) -> StringValue.of(text.intern());
      default -> value;
    };
  }

  private static final long SECOND_MILLIS = 1000;

  /** Larger expressions are rarely repeated, and comparing them would cost more than it saves. */
  private static final int SHARED_SIZE_MAX = 32;

  /** Expressions may be made to have one hash, and have no order that would tell them apart. */
  private static final int SHARED_COUNT_MAX = 4_096;

  private final Map<Expr, Node> shared = new HashMap<>();

  Node plan(Expr expr) {
    if (size(expr, SHARED_SIZE_MAX) > SHARED_SIZE_MAX) {
      return node(expr);
    }
    Node known = shared.get(expr);
    if (known == null) {
      known = node(expr);
      if (shared.size() < SHARED_COUNT_MAX) {
        shared.put(expr, known);
      }
    }
    return known;
  }

  /** The number of parts, counted no further than {@code max}. */
  static int size(Expr expr, int max) {
    int size = expr instanceof Expr.Has has ? has.path().size() : 1;
    for (Expr child : dev.sallyport.policy.syntax.Children.of(expr)) {
      if (size > max) {
        return size;
      }
      size += size(child, max - size);
    }
    return size;
  }

  private Node node(Expr expr) {
    return switch (expr) {
      case Expr.Literal(Value value, _) -> new LogicNodes.Constant(familiar(value));
      case Expr.Variable(Expr.Name name, _) ->
          switch (name) {
            case PRINCIPAL -> new LogicNodes.Principal();
            case ACTION -> new LogicNodes.Action();
            case RESOURCE -> new LogicNodes.Resource();
            case CONTEXT -> new LogicNodes.Context();
          };
      case Expr.If(Expr test, Expr then, Expr otherwise, _) ->
          conditional(plan(test), plan(then), plan(otherwise));
      case Expr.And(List<Expr> terms, _) -> {
        Node[] nodes = plans(terms);
        yield nodes.length == 2
            ? new LogicNodes.And(nodes[0], nodes[1])
            : new LogicNodes.AndAll(nodes);
      }
      case Expr.Or(List<Expr> terms, _) -> {
        Node[] nodes = plans(terms);
        yield nodes.length == 2
            ? new LogicNodes.Or(nodes[0], nodes[1])
            : new LogicNodes.OrAny(nodes);
      }
      case Expr.Unary(Expr.UnaryOp op, Expr operand, _) -> unary(op, plan(operand));
      case Expr.Binary(BinaryOp op, Expr left, Expr right, _) -> binary(op, left, right);
      case Expr.GetAttribute(Expr target, String name, _) -> attribute(plan(target), name.intern());
      case Expr.Has(Expr target, List<String> path, _) ->
          new EntityNodes.Has(
              plan(target), path.stream().map(String::intern).toArray(String[]::new));
      case Expr.Like(Expr target, var pattern, _) -> {
        Node operand = plan(target);
        yield folded(new CollectionNodes.Like(operand, pattern), operand);
      }
      case Expr.Is(Expr target, String type, Expr in, _) -> is(target, type.intern(), in);
      case Expr.SetOf(List<Expr> elements, _) -> {
        Node[] nodes = plans(elements);
        yield folded(new CollectionNodes.SetOf(nodes), nodes);
      }
      case Expr.RecordOf(List<Expr.Field> fields, _) -> {
        String[] names = fields.stream().map(f -> f.name().intern()).toArray(String[]::new);
        Node[] nodes = fields.stream().map(f -> plan(f.value())).toArray(Node[]::new);
        yield folded(new CollectionNodes.RecordOf(names, nodes), nodes);
      }
      case Expr.Call(ExtensionFunction function, List<Expr> arguments, _) -> {
        Node[] nodes = plans(arguments);
        yield nodes.length == function.arity()
            ? folded(call(function, nodes), nodes)
            : new LogicNodes.Failure();
      }
    };
  }

  private Node[] plans(List<Expr> exprs) {
    Node[] nodes = new Node[exprs.size()];
    for (int i = 0; i < nodes.length; i++) {
      nodes[i] = plan(exprs.get(i));
    }
    return nodes;
  }

  private static Node conditional(Node test, Node then, Node otherwise) {
    Value constant = test.constant();
    return constant == null
        ? new LogicNodes.If(test, then, otherwise)
        : switch (constant) {
          case dev.sallyport.policy.value.BooleanValue.TRUE -> then;
          case dev.sallyport.policy.value.BooleanValue.FALSE -> otherwise;
          default -> new LogicNodes.Failure();
        };
  }

  private static Node attribute(Node target, String name) {
    // One path deep into the context is by far the most frequent of all expressions.
    return target instanceof EntityNodes.GetAttribute outer && outer.isOfContext()
        ? new EntityNodes.ContextPath(outer.name(), name)
        : new EntityNodes.GetAttribute(target, name);
  }

  private static Node unary(Expr.UnaryOp op, Node operand) {
    return folded(
        switch (op) {
          case NOT -> new LogicNodes.Not(operand);
          case NEGATE -> new NumberNodes.Negate(operand);
          case IS_EMPTY -> new CollectionNodes.IsEmpty(operand);
        },
        operand);
  }

  private Node is(Expr target, String type, @Nullable Expr in) {
    Node is = new EntityNodes.Is(plan(target), type);
    return in == null ? is : new LogicNodes.And(is, in(target, in));
  }

  private Node in(Expr left, Expr right) {
    if (right instanceof Expr.SetOf(List<Expr> elements, _) && plan(right).constant() == null) {
      return new EntityNodes.InAnyOf(plan(left), plans(elements));
    }
    return new EntityNodes.In(plan(left), plan(right));
  }

  private Node binary(BinaryOp op, Expr leftExpr, Expr rightExpr) {
    Node left = plan(leftExpr);
    Node right = plan(rightExpr);
    return switch (op) {
      case EQUAL -> folded(equal(left, right), left, right);
      case NOT_EQUAL -> folded(new LogicNodes.Not(equal(left, right)), left, right);
      case LESS, LESS_EQUAL, GREATER, GREATER_EQUAL ->
          folded(compare(op, left, right), left, right);
      case ADD -> folded(new NumberNodes.Add(Unit.INTEGER, left, right, Unit.INTEGER), left, right);
      case SUBTRACT ->
          folded(new NumberNodes.Subtract(Unit.INTEGER, left, right, Unit.INTEGER), left, right);
      case MULTIPLY -> folded(new NumberNodes.Multiply(left, right), left, right);
      case CONTAINS ->
          leftExpr instanceof Expr.SetOf(List<Expr> elements, _) && left.constant() == null
              ? new CollectionNodes.OneOf(plans(elements), right)
              : folded(new CollectionNodes.Contains(left, right), left, right);
      case CONTAINS_ALL ->
          rightExpr instanceof Expr.SetOf(List<Expr> elements, _) && right.constant() == null
              ? new CollectionNodes.ContainsEach(left, plans(elements), true)
              : folded(new CollectionNodes.ContainsAll(left, right), left, right);
      case CONTAINS_ANY ->
          rightExpr instanceof Expr.SetOf(List<Expr> elements, _) && right.constant() == null
              ? new CollectionNodes.ContainsEach(left, plans(elements), false)
              : folded(new CollectionNodes.ContainsAny(left, right), left, right);
      // These ask the host, who may answer differently for each request.
      case IN -> in(leftExpr, rightExpr);
      case HAS_TAG -> new EntityNodes.HasTag(left, right);
      case GET_TAG -> new EntityNodes.GetTag(left, right);
    };
  }

  private static Node equal(Node left, Node right) {
    Value constant = right.constant();
    if (constant != null) {
      return new LogicNodes.EqualsConstant(left, constant);
    }
    constant = left.constant();
    if (constant != null) {
      return new LogicNodes.EqualsConstant(right, constant);
    }
    Unit unit = left.unit();
    if (unit != null) {
      return new NumberNodes.EqualsNumber(left, unit, right);
    }
    unit = right.unit();
    return unit != null
        ? new NumberNodes.EqualsNumber(right, unit, left)
        : new LogicNodes.Equal(left, right);
  }

  private static Node compare(BinaryOp op, Node left, Node right) {
    Unit unit = left.unit() != null ? left.unit() : right.unit();
    return unit == null
        ? new NumberNodes.Compare(op, left, right)
        : new NumberNodes.CompareNumbers(op, left, right, unit);
  }

  private static Node call(ExtensionFunction function, Node[] arguments) {
    Node first = arguments[0];
    return switch (function) {
      case IP, DECIMAL, DATETIME, DURATION -> new ExtensionNodes.Construct(function, first);
      case IS_IPV4, IS_IPV6, IS_LOOPBACK, IS_MULTICAST ->
          new ExtensionNodes.IpTest(function, first);
      case IS_IN_RANGE -> new ExtensionNodes.IsInRange(first, arguments[1]);
      case LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL ->
          new ExtensionNodes.CompareDecimals(function, first, arguments[1]);
      case OFFSET ->
          new NumberNodes.Add(Unit.EPOCH_MILLIS, first, arguments[1], Unit.DURATION_MILLIS);
      case DURATION_SINCE ->
          new NumberNodes.Subtract(Unit.DURATION_MILLIS, first, arguments[1], Unit.EPOCH_MILLIS);
      case TO_DATE -> new NumberNodes.ToDate(first);
      case TO_TIME -> new NumberNodes.ToTime(first);
      case TO_MILLISECONDS -> new NumberNodes.InUnits(first, 1);
      case TO_SECONDS -> new NumberNodes.InUnits(first, SECOND_MILLIS);
      case TO_MINUTES -> new NumberNodes.InUnits(first, 60 * SECOND_MILLIS);
      case TO_HOURS -> new NumberNodes.InUnits(first, 60 * 60 * SECOND_MILLIS);
      case TO_DAYS -> new NumberNodes.InUnits(first, 24 * 60 * 60 * SECOND_MILLIS);
    };
  }

  /** The node's value or failure instead of it, if all operands are constants. */
  private static Node folded(Node node, Node... operands) {
    for (Node operand : operands) {
      if (operand.constant() == null) {
        return node;
      }
    }
    Value value = node.value(new Frame());
    return value != null ? new LogicNodes.Constant(value) : new LogicNodes.Failure();
  }
}
