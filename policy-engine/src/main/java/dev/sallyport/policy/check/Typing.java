package dev.sallyport.policy.check;

import dev.sallyport.policy.check.Capabilities.Capability;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.schema.Type;
import dev.sallyport.policy.schema.Vocabulary;
import dev.sallyport.policy.syntax.At;
import dev.sallyport.policy.syntax.Expr;
import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.syntax.Spelling;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Extensions;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Types expressions in one environment, by the rules of Cedar's formal typechecker. A part that
 * cannot matter because what stands before it is certain is not typed at all, as there. A null
 * means that a problem was reported.
 */
final class Typing {
  /** Receives problems. */
  interface Problems {
    void add(ProblemCode code, String message, At at, @Nullable String help);
  }

  /** The types that {@code <} and its like compare. */
  private static final Set<Type> ORDERED =
      Set.of(Type.Primitive.LONG, Type.Primitive.DATETIME, Type.Primitive.DURATION);

  private static final Typed ANY = new Typed(Type.Bool.ANY);
  private static final Typed TRUE = new Typed(Type.Bool.TRUE);
  private static final Typed FALSE = new Typed(Type.Bool.FALSE);

  private final Vocabulary vocabulary;
  private final Environment environment;
  private final Problems problems;

  Typing(Vocabulary vocabulary, Environment environment, Problems problems) {
    this.vocabulary = vocabulary;
    this.environment = environment;
    this.problems = problems;
  }

  private @Nullable Typed problem(ProblemCode code, At at, String message) {
    problems.add(code, message, at, null);
    return null;
  }

  private @Nullable Typed unexpected(Type found, At at, String expected) {
    return problem(
        ProblemCode.UNEXPECTED_TYPE, at, "expected " + expected + ", found `" + found + "`");
  }

  @Nullable Typed type(Expr expr, Capabilities given) {
    return switch (expr) {
      case Expr.Literal(Value value, _) -> literal(value);
      case Expr.Variable(Expr.Name name, _) -> variable(name);
      case Expr.If(Expr test, Expr then, Expr otherwise, At at) ->
          conditional(test, then, otherwise, at, given);
      case Expr.And(List<Expr> terms, _) -> and(terms, given);
      case Expr.Or(List<Expr> terms, _) -> or(terms, given);
      case Expr.Unary(Expr.UnaryOp op, Expr operand, _) -> unary(op, operand, given);
      case Expr.Binary(BinaryOp op, Expr left, Expr right, At at) ->
          binary(op, left, right, at, given);
      case Expr.GetAttribute(Expr target, String name, At at) -> attribute(target, name, at, given);
      case Expr.Has(Expr target, List<String> path, At at) -> hasPath(target, path, at, given);
      case Expr.Like(Expr target, _, _) -> {
        Typed typed = type(target, given);
        yield typed == null
            ? null
            : typed.type() == Type.Primitive.STRING
                ? ANY
                : unexpected(typed.type(), target.at(), "`String`");
      }
      case Expr.Is(Expr target, String type, Expr in, At at) -> is(target, type, in, at, given);
      case Expr.SetOf(List<Expr> elements, At at) -> set(elements, at, given);
      case Expr.RecordOf(List<Expr.Field> fields, _) -> record(fields, given);
      case Expr.Call(ExtensionFunction function, List<Expr> arguments, At at) ->
          call(function, arguments, at, given);
    };
  }

  /** As {@link #type}, and it must be a boolean. */
  @Nullable Typed bool(Expr expr, Capabilities given) {
    Typed typed = type(expr, given);
    if (typed != null && !(typed.type() instanceof Type.Bool)) {
      return unexpected(typed.type(), expr.at(), "`Bool`");
    }
    return typed;
  }

  private @Nullable Typed literal(Value value) {
    if (value instanceof EntityUid uid) {
      // An undeclared entity is reported once for the policy, not for each environment.
      return vocabulary.entityTypes().containsKey(uid.type())
              || vocabulary.actions().containsKey(uid)
          ? new Typed(new Type.Entity(uid.type()))
          : null;
    }
    if (value instanceof BooleanValue bool) {
      return bool.value() ? TRUE : FALSE;
    }
    return value instanceof StringValue
        ? new Typed(Type.Primitive.STRING)
        : new Typed(Type.Primitive.LONG);
  }

  private Typed variable(Expr.Name name) {
    return new Typed(
        switch (name) {
          case PRINCIPAL -> new Type.Entity(environment.principal());
          case ACTION -> new Type.Entity(environment.action().type());
          case RESOURCE -> new Type.Entity(environment.resource());
          case CONTEXT -> environment.context();
        });
  }

  private @Nullable Typed conditional(
      Expr test, Expr then, Expr otherwise, At at, Capabilities given) {
    Typed tested = bool(test, given);
    if (tested == null) {
      return null;
    }
    if (tested.type() == Type.Bool.FALSE) {
      return type(otherwise, given);
    }
    Typed first = type(then, given.and(tested.capabilities()));
    if (tested.type() == Type.Bool.TRUE) {
      return first == null
          ? null
          : new Typed(first.type(), first.capabilities().and(tested.capabilities()));
    }
    Typed second = type(otherwise, given);
    if (first == null || second == null) {
      return null;
    }
    Type type = Lub.of(first.type(), second.type());
    if (type == null) {
      return incompatible(first.type(), second.type(), at);
    }
    return new Typed(
        type, first.capabilities().and(tested.capabilities()).common(second.capabilities()));
  }

  private @Nullable Typed incompatible(Type a, Type b, At at) {
    return problem(
        ProblemCode.INCOMPATIBLE_TYPES, at, "types `" + a + "` and `" + b + "` do not go together");
  }

  private @Nullable Typed and(List<Expr> terms, Capabilities given) {
    Typed left = bool(terms.getFirst(), given);
    for (Expr term : terms.subList(1, terms.size())) {
      if (left == null || left.type() == Type.Bool.FALSE) {
        return left == null ? null : FALSE;
      }
      Typed right = bool(term, given.and(left.capabilities()));
      if (right == null) {
        return null;
      }
      if (right.type() == Type.Bool.FALSE) {
        left = FALSE;
      } else {
        Type type = right.type() == Type.Bool.TRUE ? left.type() : Type.Bool.ANY;
        left = new Typed(type, left.capabilities().and(right.capabilities()));
      }
    }
    return left;
  }

  private @Nullable Typed or(List<Expr> terms, Capabilities given) {
    Typed left = bool(terms.getFirst(), given);
    for (Expr term : terms.subList(1, terms.size())) {
      if (left == null || left.type() == Type.Bool.TRUE) {
        return left == null ? null : TRUE;
      }
      Typed right = bool(term, given);
      if (right == null) {
        return null;
      }
      if (left.type() == Type.Bool.FALSE) {
        left = right;
      } else if (right.type() == Type.Bool.TRUE) {
        left = TRUE;
      } else if (right.type() == Type.Bool.FALSE) {
        left = new Typed(Type.Bool.ANY, left.capabilities());
      } else {
        left = new Typed(Type.Bool.ANY, left.capabilities().common(right.capabilities()));
      }
    }
    return left;
  }

  private @Nullable Typed unary(Expr.UnaryOp op, Expr operand, Capabilities given) {
    Typed typed = type(operand, given);
    if (typed == null) {
      return null;
    }
    return switch (op) {
      case NOT ->
          switch (typed.type()) {
            case Type.Bool.TRUE -> FALSE;
            case Type.Bool.FALSE -> TRUE;
            case Type.Bool.ANY -> ANY;
            default -> unexpected(typed.type(), operand.at(), "`Bool`");
          };
      case NEGATE ->
          typed.type() == Type.Primitive.LONG
              ? new Typed(Type.Primitive.LONG)
              : unexpected(typed.type(), operand.at(), "`Long`");
      case IS_EMPTY ->
          typed.type() instanceof Type.SetOf
              ? ANY
              : unexpected(typed.type(), operand.at(), "a set");
    };
  }

  private @Nullable Typed binary(BinaryOp op, Expr left, Expr right, At at, Capabilities given) {
    Typed first = type(left, given);
    Typed second = type(right, given);
    if (first == null || second == null) {
      return null;
    }
    Type a = first.type();
    Type b = second.type();
    return switch (op) {
      case EQUAL -> equal(left, right, a, b, at);
      case NOT_EQUAL -> {
        Typed equal = equal(left, right, a, b, at);
        yield equal == null || equal.equals(ANY) ? equal : equal.equals(TRUE) ? FALSE : TRUE;
      }
      case LESS, LESS_EQUAL, GREATER, GREATER_EQUAL -> ordered(left, right, a, b);
      case ADD, SUBTRACT, MULTIPLY ->
          a != Type.Primitive.LONG
              ? unexpected(a, left.at(), "`Long`")
              : b != Type.Primitive.LONG
                  ? unexpected(b, right.at(), "`Long`")
                  : new Typed(Type.Primitive.LONG);
      case IN -> in(left, right, a, b);
      case CONTAINS -> {
        if (!(a instanceof Type.SetOf(Type element))) {
          yield unexpected(a, left.at(), "a set");
        }
        yield Lub.of(element, b) == null ? incompatible(element, b, at) : ANY;
      }
      case CONTAINS_ALL, CONTAINS_ANY -> {
        if (!(a instanceof Type.SetOf)) {
          yield unexpected(a, left.at(), "a set");
        }
        if (!(b instanceof Type.SetOf)) {
          yield unexpected(b, right.at(), "a set");
        }
        yield Lub.of(a, b) == null ? incompatible(a, b, at) : ANY;
      }
      case HAS_TAG, GET_TAG -> tag(op, left, right, a, b, at, given);
    };
  }

  /** The value that an expression certainly has: a literal's, or the action. */
  private @Nullable Value certain(Expr expr) {
    return switch (expr) {
      case Expr.Literal(Value value, _) -> value;
      case Expr.Variable(Expr.Name name, _) when name == Expr.Name.ACTION -> environment.action();
      default -> null;
    };
  }

  private @Nullable Typed equal(Expr left, Expr right, Type a, Type b, At at) {
    Value first = certain(left);
    Value second = certain(right);
    if (first != null && second != null) {
      return first.equals(second) ? TRUE : FALSE;
    }
    if (Lub.of(a, b) != null) {
      return ANY;
    }
    return a instanceof Type.Entity && b instanceof Type.Entity ? FALSE : incompatible(a, b, at);
  }

  private @Nullable Typed ordered(Expr left, Expr right, Type a, Type b) {
    if (!ORDERED.contains(a)) {
      return unexpected(a, left.at(), "`Long`, `datetime` or `duration`");
    }
    return a.equals(b) ? ANY : unexpected(b, right.at(), "`" + a + "`");
  }

  private @Nullable Typed in(Expr left, Expr right, Type a, Type b) {
    if (!(a instanceof Type.Entity(String member))) {
      return unexpected(a, left.at(), "an entity");
    }
    boolean isSet = b instanceof Type.SetOf;
    Type element = b instanceof Type.SetOf(Type inner) ? inner : b;
    if (!(element instanceof Type.Entity(String group))) {
      return unexpected(b, right.at(), "an entity or a set of entities");
    }
    if (certain(left) instanceof EntityUid uid && vocabulary.actions().containsKey(uid)) {
      List<EntityUid> groups = isSet ? certainSet(right) : certainUid(right);
      if (groups != null) {
        return groups.stream().anyMatch(g -> vocabulary.isActionIn(uid, g)) ? TRUE : FALSE;
      }
    }
    return vocabulary.canBeIn(member, group) ? ANY : FALSE;
  }

  private @Nullable List<EntityUid> certainUid(Expr expr) {
    return certain(expr) instanceof EntityUid uid ? List.of(uid) : null;
  }

  private @Nullable List<EntityUid> certainSet(Expr expr) {
    if (!(expr instanceof Expr.SetOf(List<Expr> elements, _))) {
      return null;
    }
    List<EntityUid> uids = new ArrayList<>();
    for (Expr element : elements) {
      if (!(certain(element) instanceof EntityUid uid)) {
        return null;
      }
      uids.add(uid);
    }
    return uids;
  }

  private @Nullable Typed tag(
      BinaryOp op, Expr target, Expr name, Type a, Type b, At at, Capabilities given) {
    if (!(a instanceof Type.Entity(String type))) {
      return unexpected(a, target.at(), "an entity");
    }
    if (b != Type.Primitive.STRING) {
      return unexpected(b, name.at(), "`String`");
    }
    Vocabulary.EntityType declared = vocabulary.entityTypes().get(type);
    Type tags = declared == null ? null : declared.tags();
    Capability capability = new Capability.Tag(target, name);
    if (op == BinaryOp.HAS_TAG) {
      if (tags == null) {
        return FALSE;
      }
      return given.has(capability) ? TRUE : new Typed(Type.Bool.ANY, Capabilities.of(capability));
    }
    if (tags == null) {
      return problem(ProblemCode.UNKNOWN_TAG, at, "entities of type `" + type + "` have no tags");
    }
    if (!given.has(capability)) {
      problems.add(
          ProblemCode.UNSAFE_TAG,
          "this tag may be absent",
          at,
          "guard it with `hasTag` of the same entity and name");
      return null;
    }
    return new Typed(tags);
  }

  private @Nullable Typed attribute(Expr target, String name, At at, Capabilities given) {
    Typed typed = type(target, given);
    if (typed == null) {
      return null;
    }
    Type.RecordOf attributes = attributesOf(typed.type());
    if (attributes == null) {
      return typed.type() instanceof Type.Entity
          ? problem(
              ProblemCode.UNKNOWN_ATTRIBUTE,
              at,
              "`" + typed.type() + "` has no attribute `" + name + "`")
          : unexpected(typed.type(), target.at(), "a record or an entity");
    }
    Type.Attribute attribute = attributes.get(name);
    if (attribute == null) {
      problems.add(
          ProblemCode.UNKNOWN_ATTRIBUTE,
          "`" + typed.type() + "` has no attribute `" + name + "`",
          at,
          Spelling.help(
              name, attributes.attributes().keySet(), ProblemCode.UNKNOWN_ATTRIBUTE.advice()));
      return null;
    }
    if (!attribute.required() && !given.has(new Capability.Attribute(target, name))) {
      problems.add(
          ProblemCode.UNSAFE_OPTIONAL_ATTRIBUTE,
          "attribute `" + name + "` is optional and may be absent",
          at,
          "guard it with `has " + name + "`");
      return null;
    }
    return new Typed(attribute.type());
  }

  private Type.@Nullable RecordOf attributesOf(Type type) {
    if (type instanceof Type.RecordOf record) {
      return record;
    }
    if (type instanceof Type.Entity(String name)) {
      Vocabulary.EntityType declared = vocabulary.entityTypes().get(name);
      return declared == null ? null : declared.attributes();
    }
    return null;
  }

  /** {@code e has a.b.c} is {@code e has a && e.a has b && e.a.b has c}. */
  private @Nullable Typed hasPath(Expr target, List<String> path, At at, Capabilities given) {
    Typed left = has(target, path.getFirst(), given);
    Expr inner = target;
    for (int i = 1; i < path.size(); i++) {
      if (left == null || left.type() == Type.Bool.FALSE) {
        return left == null ? null : FALSE;
      }
      inner = new Expr.GetAttribute(inner, path.get(i - 1), at);
      Typed right = has(inner, path.get(i), given.and(left.capabilities()));
      if (right == null) {
        return null;
      }
      if (right.type() == Type.Bool.FALSE) {
        left = FALSE;
      } else {
        Type type = right.type() == Type.Bool.TRUE ? left.type() : Type.Bool.ANY;
        left = new Typed(type, left.capabilities().and(right.capabilities()));
      }
    }
    return left;
  }

  private @Nullable Typed has(Expr target, String name, Capabilities given) {
    Typed typed = type(target, given);
    if (typed == null) {
      return null;
    }
    Type.RecordOf attributes = attributesOf(typed.type());
    if (attributes == null) {
      // An action, which has no attributes.
      return typed.type() instanceof Type.Entity
          ? FALSE
          : unexpected(typed.type(), target.at(), "a record or an entity");
    }
    Type.Attribute attribute = attributes.get(name);
    if (attribute == null) {
      return FALSE;
    }
    Capability capability = new Capability.Attribute(target, name);
    // An entity that is not there has not even its required attributes.
    boolean certain = attribute.required() && typed.type() instanceof Type.RecordOf;
    return certain || given.has(capability)
        ? TRUE
        : new Typed(Type.Bool.ANY, Capabilities.of(capability));
  }

  private @Nullable Typed is(
      Expr target, String type, @Nullable Expr in, At at, Capabilities given) {
    Typed typed = type(target, given);
    if (typed == null) {
      return null;
    }
    if (!(typed.type() instanceof Type.Entity(String found))) {
      return unexpected(typed.type(), target.at(), "an entity");
    }
    if (!found.equals(type)) {
      return FALSE;
    }
    return in == null ? TRUE : binary(BinaryOp.IN, target, in, at, given);
  }

  private @Nullable Typed set(List<Expr> elements, At at, Capabilities given) {
    if (elements.isEmpty()) {
      return problem(
          ProblemCode.EMPTY_SET, at, "an empty set literal has no type, so it cannot be used");
    }
    Type type = null;
    boolean whole = true;
    for (Expr element : elements) {
      Typed typed = type(element, given);
      if (typed == null) {
        whole = false;
      } else if (type == null) {
        type = typed.type();
      } else if (whole) {
        Type wider = Lub.of(type, typed.type());
        if (wider == null) {
          return incompatible(type, typed.type(), at);
        }
        type = wider;
      }
    }
    return whole && type != null ? new Typed(new Type.SetOf(type)) : null;
  }

  private @Nullable Typed record(List<Expr.Field> fields, Capabilities given) {
    SortedMap<String, Type.Attribute> attributes = new TreeMap<>();
    boolean whole = true;
    for (Expr.Field field : fields) {
      Typed typed = type(field.value(), given);
      if (typed == null) {
        whole = false;
      } else {
        attributes.put(field.name(), new Type.Attribute(typed.type(), true));
      }
    }
    return whole
        ? new Typed(new Type.RecordOf(Collections.unmodifiableSortedMap(attributes)))
        : null;
  }

  private @Nullable Typed call(
      ExtensionFunction function, List<Expr> arguments, At at, Capabilities given) {
    if (arguments.size() != function.arity()) {
      return problem(
          ProblemCode.WRONG_ARGUMENTS,
          at,
          "`"
              + function.text()
              + "` takes "
              + function.arity()
              + " argument(s), the receiver included");
    }
    List<Type> expected = ExtensionTypes.parameters(function);
    boolean whole = true;
    for (int i = 0; i < arguments.size(); i++) {
      Typed typed = type(arguments.get(i), given);
      if (typed == null) {
        whole = false;
      } else if (!typed.type().equals(expected.get(i))) {
        unexpected(typed.type(), arguments.get(i).at(), "`" + expected.get(i) + "`");
        whole = false;
      }
    }
    if (!whole) {
      return null;
    }
    if (function.isConstructor()) {
      if (!(arguments.getFirst() instanceof Expr.Literal(StringValue(String text), _))) {
        return problem(
            ProblemCode.NON_LITERAL_EXTENSION,
            at,
            "`" + function.text() + "` takes a string literal, so that it can be checked");
      }
      if (Extensions.construct(function.text(), text).isEmpty()) {
        return problem(
            ProblemCode.INVALID_EXTENSION_LITERAL, at, "`" + text + "` is no " + function.text());
      }
    }
    return new Typed(ExtensionTypes.result(function));
  }
}
