package dev.sallyport.policy.explain;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.syntax.PolicyText;
import dev.sallyport.policy.syntax.Scope;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DecimalValue;
import dev.sallyport.policy.value.DurationValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Extensions;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The meaning of the language, as plainly as it can be said: one case for each kind of expression,
 * as in Cedar's formal specification. Slow, and right by inspection.
 *
 * @param actions the actions of the schema, for what {@code entities} do not have
 * @param observer for coverage
 */
public record Reference(
    EntityUid principal,
    EntityUid action,
    EntityUid resource,
    RecordValue context,
    Entities entities,
    Map<EntityUid, EntityView> actions,
    Observer observer) {

  /** Is told of every expression that had a value. */
  public interface Observer {
    Observer NONE = (expr, value) -> {};

    void saw(Expr expr, Value value);
  }

  /** Whether head and conditions of a policy hold. */
  public boolean satisfies(PolicyText policy) throws EvaluationException {
    return headHolds(policy) && conditionsHold(policy);
  }

  public boolean headHolds(PolicyText policy) {
    return holds(policy.principal(), principal)
        && holds(policy.action())
        && holds(policy.resource(), resource);
  }

  /** The parts of the head that say no; none if it holds. */
  public List<String> outOfScope(PolicyText policy) {
    List<String> parts = new ArrayList<>();
    if (!holds(policy.principal(), principal)) {
      parts.add("principal");
    }
    if (!holds(policy.action())) {
      parts.add("action");
    }
    if (!holds(policy.resource(), resource)) {
      parts.add("resource");
    }
    return parts;
  }

  /** Of principal and resource those that the host does not know. */
  public List<EntityUid> unknown() {
    return Stream.of(principal, resource).distinct().filter(uid -> find(uid) == null).toList();
  }

  private boolean holds(Scope scope, EntityUid uid) {
    return switch (scope) {
      case Scope.Any() -> true;
      case Scope.Equal(Scope.Ref(EntityUid that, _)) -> that != null && uid.equals(that);
      case Scope.In(Scope.Ref(EntityUid that, _)) -> that != null && isIn(uid, that);
      case Scope.Is(String type, _) -> uid.type().equals(type);
      case Scope.IsIn(String type, Scope.Ref(EntityUid that, _), _) ->
          uid.type().equals(type) && that != null && isIn(uid, that);
    };
  }

  private boolean holds(Scope.OfAction scope) {
    return switch (scope) {
      case Scope.OfAction.Any() -> true;
      case Scope.OfAction.Equal(EntityUid uid, _) -> action.equals(uid);
      case Scope.OfAction.In(List<EntityUid> uids, _, _) ->
          uids.stream().anyMatch(uid -> isIn(action, uid));
    };
  }

  private boolean conditionsHold(PolicyText policy) throws EvaluationException {
    for (PolicyText.Condition condition : policy.conditions()) {
      if (bool(condition.body()) == condition.unless()) {
        return false;
      }
    }
    return true;
  }

  private @Nullable EntityView find(EntityUid uid) {
    EntityView view = entities.find(uid);
    return view == null ? actions.get(uid) : view;
  }

  private boolean isIn(EntityUid uid, EntityUid ancestor) {
    EntityView view = find(uid);
    return uid.equals(ancestor) || (view != null && view.isIn(ancestor));
  }

  /** The value of an expression. */
  public Value value(Expr expr) throws EvaluationException {
    Value value = evaluate(expr);
    observer.saw(expr, value);
    return value;
  }

  private Value evaluate(Expr expr) throws EvaluationException {
    return switch (expr) {
      case Expr.Literal(Value value, _) -> value;
      case Expr.Variable(Expr.Name name, _) ->
          switch (name) {
            case PRINCIPAL -> principal;
            case ACTION -> action;
            case RESOURCE -> resource;
            case CONTEXT -> context;
          };
      case Expr.If(Expr test, Expr then, Expr otherwise, _) ->
          bool(test) ? value(then) : value(otherwise);
      case Expr.And(List<Expr> terms, _) -> {
        for (Expr term : terms) {
          if (!bool(term)) {
            yield BooleanValue.FALSE;
          }
        }
        yield BooleanValue.TRUE;
      }
      case Expr.Or(List<Expr> terms, _) -> {
        for (Expr term : terms) {
          if (bool(term)) {
            yield BooleanValue.TRUE;
          }
        }
        yield BooleanValue.FALSE;
      }
      case Expr.Unary(Expr.UnaryOp op, Expr operand, At at) ->
          switch (op) {
            case NOT -> BooleanValue.of(!bool(operand));
            case NEGATE -> negated(operand(operand), at);
            case IS_EMPTY -> BooleanValue.of(operand(operand).set().isEmpty());
          };
      case Expr.Binary binary -> binary(binary);
      case Expr.GetAttribute(Expr target, String name, At at) -> attribute(target, name, at);
      case Expr.Has(Expr target, List<String> path, _) -> BooleanValue.of(has(target, path));
      case Expr.Like(Expr target, var pattern, _) ->
          BooleanValue.of(pattern.matches(operand(target).string()));
      case Expr.Is(Expr target, String type, Expr in, _) ->
          BooleanValue.of(is(operand(target).entity(), type, in));
      case Expr.SetOf(List<Expr> elements, _) -> {
        List<Value> values = new ArrayList<>();
        for (Expr element : elements) {
          values.add(value(element));
        }
        yield SetValue.of(values);
      }
      case Expr.RecordOf(List<Expr.Field> fields, _) -> {
        Map<String, Value> values = new HashMap<>();
        for (Expr.Field field : fields) {
          values.put(field.name(), value(field.value()));
        }
        yield RecordValue.of(values);
      }
      case Expr.Call call -> call(call);
    };
  }

  private static Value negated(Operand operand, At at) throws EvaluationException {
    return number(at, () -> Math.negateExact(operand.integer()));
  }

  private boolean is(EntityUid uid, String type, @Nullable Expr in) throws EvaluationException {
    return uid.type().equals(type) && (in == null || in(uid, operand(in)));
  }

  private Value binary(Expr.Binary binary) throws EvaluationException {
    Operand left = operand(binary.left());
    Operand right = operand(binary.right());
    At at = binary.at();
    return switch (binary.op()) {
      case EQUAL -> BooleanValue.of(left.value().equals(right.value()));
      case NOT_EQUAL -> BooleanValue.of(!left.value().equals(right.value()));
      case LESS -> BooleanValue.of(order(left, right) < 0);
      case LESS_EQUAL -> BooleanValue.of(order(left, right) <= 0);
      case GREATER -> BooleanValue.of(order(left, right) > 0);
      case GREATER_EQUAL -> BooleanValue.of(order(left, right) >= 0);
      case IN -> BooleanValue.of(in(left.entity(), right));
      case ADD -> number(at, () -> Math.addExact(left.integer(), right.integer()));
      case SUBTRACT -> number(at, () -> Math.subtractExact(left.integer(), right.integer()));
      case MULTIPLY -> number(at, () -> Math.multiplyExact(left.integer(), right.integer()));
      case CONTAINS -> BooleanValue.of(left.set().contains(right.value()));
      case CONTAINS_ALL -> BooleanValue.of(left.set().containsAll(right.set()));
      case CONTAINS_ANY -> BooleanValue.of(left.set().containsAny(right.set()));
      case HAS_TAG -> {
        EntityView view = find(left.entity());
        String name = right.string();
        yield BooleanValue.of(view != null && view.tag(name) != null);
      }
      case GET_TAG -> {
        String name = right.string();
        Value tag = existing(left.entity(), name, at).tag(name);
        if (tag == null) {
          throw new EvaluationException(
              ProblemCode.TAG_DOES_NOT_EXIST,
              at,
              described(left.value()) + " has no tag `" + name + "`",
              "guard it with `hasTag`");
        }
        yield tag;
      }
    };
  }

  private static int order(Operand left, Operand right) throws EvaluationException {
    return switch (left.value()) {
      case LongValue(long a) -> Long.compare(a, right.integer());
      case DatetimeValue a -> a.compareTo(right.datetime());
      case DurationValue a -> a.compareTo(right.duration());
      default -> throw left.wrong("an integer, a datetime or a duration");
    };
  }

  private boolean in(EntityUid uid, Operand groups) throws EvaluationException {
    return switch (groups.value()) {
      case EntityUid group -> isIn(uid, group);
      case SetValue set -> {
        boolean found = false;
        for (Value element : set) {
          if (!(element instanceof EntityUid group)) {
            throw wrongType(groups.at(), element, "an entity");
          }
          found |= isIn(uid, group);
        }
        yield found;
      }
      default -> throw groups.wrong("an entity or a set of entities");
    };
  }

  private Value attribute(Expr target, String name, At at) throws EvaluationException {
    Value owner = value(target);
    Value found =
        switch (owner) {
          case RecordValue record -> record.get(name);
          case EntityUid uid -> existing(uid, name, at).attribute(name);
          default -> throw wrongType(target.at(), owner, "a record or an entity");
        };
    if (found == null) {
      throw new EvaluationException(
          ProblemCode.ATTRIBUTE_DOES_NOT_EXIST,
          at,
          described(owner) + " has no attribute `" + name + "`",
          "guard it with `has " + name + "`");
    }
    return found;
  }

  private EntityView existing(EntityUid uid, String name, At at) throws EvaluationException {
    EntityView view = find(uid);
    if (view == null) {
      throw new EvaluationException(
          ProblemCode.ENTITY_DOES_NOT_EXIST,
          at,
          "entity `" + uid + "` does not exist, so it has no `" + name + "`",
          null);
    }
    return view;
  }

  private boolean has(Expr target, List<String> path) throws EvaluationException {
    Value owner = value(target);
    for (String name : path) {
      Value found =
          switch (owner) {
            case RecordValue record -> record.get(name);
            case EntityUid uid -> {
              EntityView view = find(uid);
              yield view == null ? null : view.attribute(name);
            }
            default -> throw wrongType(target.at(), owner, "a record or an entity");
          };
      if (found == null) {
        return false;
      }
      owner = found;
    }
    return true;
  }

  private Value call(Expr.Call call) throws EvaluationException {
    ExtensionFunction function = call.function();
    At at = call.at();
    List<Operand> arguments = new ArrayList<>();
    for (Expr argument : call.arguments()) {
      arguments.add(operand(argument));
    }
    if (arguments.size() != function.arity()) {
      throw new EvaluationException(
          ProblemCode.WRONG_ARGUMENTS,
          at,
          "`" + function.text() + "` takes " + function.arity() + " argument(s)",
          null);
    }
    Operand self = arguments.getFirst();
    Operand other = arguments.getLast();
    return switch (function) {
      case IP, DECIMAL, DATETIME, DURATION -> {
        String text = self.string();
        var value = Extensions.construct(function.text(), text);
        if (value.isEmpty()) {
          throw new EvaluationException(
              ProblemCode.EXTENSION_ERROR, at, "`" + text + "` is no " + function.text(), null);
        }
        yield value.get();
      }
      case IS_IPV4 -> BooleanValue.of(self.ip().v4());
      case IS_IPV6 -> BooleanValue.of(!self.ip().v4());
      case IS_LOOPBACK -> BooleanValue.of(self.ip().isLoopback());
      case IS_MULTICAST -> BooleanValue.of(self.ip().isMulticast());
      case IS_IN_RANGE -> BooleanValue.of(self.ip().isInRange(other.ip()));
      case LESS_THAN -> BooleanValue.of(self.decimal().compareTo(other.decimal()) < 0);
      case LESS_THAN_OR_EQUAL -> BooleanValue.of(self.decimal().compareTo(other.decimal()) <= 0);
      case GREATER_THAN -> BooleanValue.of(self.decimal().compareTo(other.decimal()) > 0);
      case GREATER_THAN_OR_EQUAL -> BooleanValue.of(self.decimal().compareTo(other.decimal()) >= 0);
      case OFFSET -> exact(at, () -> self.datetime().offset(other.duration()));
      case DURATION_SINCE -> exact(at, () -> self.datetime().durationSince(other.datetime()));
      case TO_DATE -> exact(at, () -> self.datetime().toDate());
      case TO_TIME -> self.datetime().toTime();
      case TO_MILLISECONDS -> new LongValue(self.duration().millis());
      case TO_SECONDS -> new LongValue(self.duration().toSeconds());
      case TO_MINUTES -> new LongValue(self.duration().toMinutes());
      case TO_HOURS -> new LongValue(self.duration().toHours());
      case TO_DAYS -> new LongValue(self.duration().toDays());
    };
  }

  private interface Calculation<T> {
    T run() throws EvaluationException;
  }

  private static Value number(At at, Calculation<Long> calculation) throws EvaluationException {
    return exact(at, () -> new LongValue(calculation.run()));
  }

  private static Value exact(At at, Calculation<Value> calculation) throws EvaluationException {
    try {
      return calculation.run();
    } catch (ArithmeticException overflow) {
      throw new EvaluationException(
          ProblemCode.ARITHMETIC_OVERFLOW, at, "the result does not fit 64 bits", null);
    }
  }

  /** The value of an expression that must be a boolean. */
  public boolean bool(Expr expr) throws EvaluationException {
    return operand(expr).as(BooleanValue.class, "a boolean").value();
  }

  private Operand operand(Expr expr) throws EvaluationException {
    return new Operand(value(expr), expr.at());
  }

  /** A value, and the place to blame if it is of the wrong kind. */
  private record Operand(Value value, At at) {
    <T extends Value> T as(Class<T> kind, String expected) throws EvaluationException {
      if (!kind.isInstance(value)) {
        throw wrong(expected);
      }
      return kind.cast(value);
    }

    EvaluationException wrong(String expected) {
      return wrongType(at, value, expected);
    }

    long integer() throws EvaluationException {
      return as(LongValue.class, "an integer").value();
    }

    String string() throws EvaluationException {
      return as(StringValue.class, "a string").value();
    }

    EntityUid entity() throws EvaluationException {
      return as(EntityUid.class, "an entity");
    }

    SetValue set() throws EvaluationException {
      return as(SetValue.class, "a set");
    }

    IpValue ip() throws EvaluationException {
      return as(IpValue.class, "an ip address");
    }

    DecimalValue decimal() throws EvaluationException {
      return as(DecimalValue.class, "a decimal");
    }

    DatetimeValue datetime() throws EvaluationException {
      return as(DatetimeValue.class, "a datetime");
    }

    DurationValue duration() throws EvaluationException {
      return as(DurationValue.class, "a duration");
    }
  }

  private static EvaluationException wrongType(At at, Value found, String expected) {
    return new EvaluationException(
        ProblemCode.TYPE_ERROR, at, "expected " + expected + ", found " + described(found), null);
  }

  private static String described(Value value) {
    return switch (value) {
      case BooleanValue b -> "boolean `" + b + "`";
      case LongValue l -> "integer `" + l + "`";
      case StringValue _ -> "a string";
      case EntityUid uid -> "entity `" + uid + "`";
      case SetValue _ -> "a set";
      case RecordValue _ -> "a record";
      case DecimalValue _ -> "a decimal";
      case IpValue _ -> "an ip address";
      case DatetimeValue _ -> "a datetime";
      case DurationValue _ -> "a duration";
    };
  }
}
