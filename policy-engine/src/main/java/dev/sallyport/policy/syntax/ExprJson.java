package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.JsonShapeException;
import dev.sallyport.policy.syntax.Expr.BinaryOp;
import dev.sallyport.policy.syntax.Expr.UnaryOp;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Cedar's JSON form of expressions: an object whose one name says what it is. */
final class ExprJson {
  private static final Map<String, BinaryOp> BINARY =
      Arrays.stream(BinaryOp.values())
          .collect(Collectors.toUnmodifiableMap(BinaryOp::text, Function.identity()));

  private final PolicyJson reader;

  ExprJson(PolicyJson reader) {
    this.reader = reader;
  }

  Expr read(Json json, JsonPath path, int depth) throws JsonShapeException {
    tooDeep(path, depth);
    Map<String, Json> members = PolicyJson.object(json, path);
    if (members.size() != 1) {
      throw new JsonShapeException(
          ProblemCode.UNEXPECTED_JSON,
          "an expression has one name that says what it is",
          path,
          "write it as `{\"Var\": \"principal\"}`, `{\"Value\": 1}` or `{\"==\": {…}}`");
    }
    var entry = members.entrySet().iterator().next();
    String kind = entry.getKey();
    return read(kind, entry.getValue(), reader.at(json), path.member(kind), depth + 1);
  }

  private static void tooDeep(JsonPath path, int depth) throws JsonShapeException {
    if (depth > PolicyParser.DEPTH_MAX) {
      throw new JsonShapeException(
          ProblemCode.TOO_DEEP,
          "this is nested more than " + PolicyParser.DEPTH_MAX + " levels deep",
          path,
          "split it into several policies");
    }
  }

  private Expr read(String kind, Json body, At at, JsonPath path, int depth)
      throws JsonShapeException {
    return switch (kind) {
      case "Value" -> value(body, path, depth - 1);
      case "Var" -> {
        for (Expr.Name name : Expr.Name.values()) {
          if (body.equals(new Json.Text(name.text()))) {
            yield new Expr.Variable(name, at);
          }
        }
        throw new JsonShapeException("there is no such variable", path);
      }
      case "Slot" -> throw new JsonShapeException("a slot can stand only in the head", path);
      case "!" -> {
        only(body, path, "arg");
        yield new Expr.Unary(UnaryOp.NOT, part(body, "arg", path, depth), at);
      }
      case "neg" -> {
        only(body, path, "arg");
        yield new Expr.Unary(UnaryOp.NEGATE, part(body, "arg", path, depth), at);
      }
      case "isEmpty" -> {
        only(body, path, "arg");
        yield new Expr.Unary(UnaryOp.IS_EMPTY, part(body, "arg", path, depth), at);
      }
      case "&&" -> new Expr.And(terms(kind, body, path, depth), at);
      case "||" -> new Expr.Or(terms(kind, body, path, depth), at);
      case "." -> {
        only(body, path, "left", "attr");
        Map<String, Json> members = PolicyJson.object(body, path);
        yield new Expr.GetAttribute(
            part(body, "left", path, depth), PolicyJson.text(members, "attr", path), at);
      }
      case "has" -> {
        // The reference passes over other members here, and here only.
        Json attr = PolicyJson.member(PolicyJson.object(body, path), "attr", path);
        List<String> names = new ArrayList<>();
        for (Json name : attr instanceof Json.Array(List<Json> all) ? all : List.of(attr)) {
          if (!(name instanceof Json.Text(String text))) {
            throw new JsonShapeException("expected a name, found " + name.kind(), path);
          }
          names.add(text);
        }
        if (names.isEmpty()) {
          throw new JsonShapeException("`has` needs a name", path);
        }
        yield new Expr.Has(part(body, "left", path, depth), List.copyOf(names), at);
      }
      case "like" -> {
        only(body, path, "left", "pattern");
        Json pattern = PolicyJson.member(PolicyJson.object(body, path), "pattern", path);
        yield new Expr.Like(part(body, "left", path, depth), pattern(pattern, path), at);
      }
      case "is" -> {
        only(body, path, "left", "entity_type", "in");
        Map<String, Json> members = PolicyJson.object(body, path);
        Json in = members.get("in");
        yield new Expr.Is(
            part(body, "left", path, depth),
            PolicyJson.typeName(PolicyJson.text(members, "entity_type", path), path),
            in == null || in instanceof Json.Null ? null : read(in, path.member("in"), depth),
            at);
      }
      case "if-then-else" -> {
        only(body, path, "if", "then", "else");
        yield new Expr.If(
            part(body, "if", path, depth),
            part(body, "then", path, depth),
            part(body, "else", path, depth),
            at);
      }
      case "Set" -> new Expr.SetOf(all(body, path, depth), at);
      case "Record" -> {
        List<Expr.Field> fields = new ArrayList<>();
        for (var member : PolicyJson.object(body, path).entrySet()) {
          String name = member.getKey();
          fields.add(new Expr.Field(name, read(member.getValue(), path.member(name), depth)));
        }
        yield new Expr.RecordOf(List.copyOf(fields), at);
      }
      default -> {
        BinaryOp op = BINARY.get(kind);
        if (op != null && op.isArithmetic()) {
          yield arithmetic(op, body, at, path, depth);
        }
        if (op != null) {
          only(body, path, "left", "right");
          yield new Expr.Binary(
              op, part(body, "left", path, depth), part(body, "right", path, depth), at);
        }
        ExtensionFunction function = ExtensionFunction.of(kind);
        if (function == null) {
          throw new JsonShapeException("there is no expression `" + kind + "`", path);
        }
        yield new Expr.Call(function, all(body, path, depth), at);
      }
    };
  }

  /** One step of a chain on its way to the left. */
  private record Step(Json body, JsonPath path) {}

  /**
   * The terms of a chain. In JSON it nests to the left as deep as it is long; here it is one level,
   * as in text, and is followed without recursion.
   */
  private List<Expr> terms(String op, Json body, JsonPath path, int depth)
      throws JsonShapeException {
    Deque<Step> steps = new ArrayDeque<>();
    Json inner = body;
    JsonPath innerPath = path;
    Json left;
    while (true) {
      only(inner, innerPath, "left", "right");
      steps.push(new Step(inner, innerPath));
      left = PolicyJson.member(PolicyJson.object(inner, innerPath), "left", innerPath);
      innerPath = innerPath.member("left");
      Json next =
          left instanceof Json.Obj(Map<String, Json> members) && members.size() == 1
              ? members.get(op)
              : null;
      if (next == null) {
        break;
      }
      inner = next;
      innerPath = innerPath.member(op);
    }
    List<Expr> terms = new ArrayList<>(steps.size() + 1);
    terms.add(read(left, innerPath, depth));
    for (Step step : steps) {
      terms.add(part(step.body(), "right", step.path(), depth));
    }
    return List.copyOf(terms);
  }

  /** One operator of a chain on its way to the left. */
  private record Operator(BinaryOp op, Json body, At at, JsonPath path) {}

  /** A chain of {@code +}, {@code -} and {@code *}, followed to the left without recursion. */
  private Expr arithmetic(BinaryOp first, Json body, At at, JsonPath path, int depth)
      throws JsonShapeException {
    Deque<Operator> operators = new ArrayDeque<>();
    Operator operator = new Operator(first, body, at, path);
    Json left;
    JsonPath leftPath;
    while (true) {
      only(operator.body(), operator.path(), "left", "right");
      operators.push(operator);
      Map<String, Json> members = PolicyJson.object(operator.body(), operator.path());
      left = PolicyJson.member(members, "left", operator.path());
      leftPath = operator.path().member("left");
      if (!(left instanceof Json.Obj(Map<String, Json> inner) && inner.size() == 1)) {
        break;
      }
      var entry = inner.entrySet().iterator().next();
      BinaryOp next = BINARY.get(entry.getKey());
      if (next == null || !operator.op().continues(next)) {
        break;
      }
      operator =
          new Operator(next, entry.getValue(), reader.at(left), leftPath.member(entry.getKey()));
    }
    Expr chain = read(left, leftPath, depth);
    for (Operator each : operators) {
      Expr right = part(each.body(), "right", each.path(), depth);
      chain = new Expr.Binary(each.op(), chain, right, each.at());
    }
    return chain;
  }

  private static void only(Json body, JsonPath path, String... names) throws JsonShapeException {
    PolicyJson.only(PolicyJson.object(body, path), path, names);
  }

  private Expr part(Json body, String name, JsonPath path, int depth) throws JsonShapeException {
    Json json = PolicyJson.member(PolicyJson.object(body, path), name, path);
    return read(json, path.member(name), depth);
  }

  private List<Expr> all(Json body, JsonPath path, int depth) throws JsonShapeException {
    List<Expr> exprs = new ArrayList<>();
    for (Json element : PolicyJson.array(body, path)) {
      exprs.add(read(element, path.element(exprs.size()), depth));
    }
    return List.copyOf(exprs);
  }

  private Expr value(Json json, JsonPath path, int depth) throws JsonShapeException {
    tooDeep(path, depth);
    At at = reader.at(json);
    return switch (json) {
      case Json.Bool(boolean value) -> new Expr.Literal(BooleanValue.of(value), at);
      case Json.Int(long value) -> new Expr.Literal(new LongValue(value), at);
      case Json.Text(String value) -> new Expr.Literal(new StringValue(value), at);
      case Json.Array(List<Json> elements) -> {
        List<Expr> exprs = new ArrayList<>();
        for (Json element : elements) {
          exprs.add(value(element, path.element(exprs.size()), depth + 1));
        }
        yield new Expr.SetOf(List.copyOf(exprs), at);
      }
      case Json.Obj(Map<String, Json> members) -> {
        if (members.size() == 1 && members.get("__expr") instanceof Json.Text) {
          throw new JsonShapeException(
              "the escape `__expr` is no longer part of the language", path);
        }
        Json entity = members.size() == 1 ? members.get("__entity") : null;
        if (entity instanceof Json.Obj(Map<String, Json> uid)
            && uid.get("type") instanceof Json.Text
            && uid.get("id") instanceof Json.Text) {
          yield new Expr.Literal(PolicyJson.plainEntity(uid, path.member("__entity")), at);
        }
        Json extension = members.size() == 1 ? members.get("__extn") : null;
        if (extension instanceof Json.Obj(Map<String, Json> call)
            && call.get("fn") instanceof Json.Text
            && (call.containsKey("arg") || call.get("args") instanceof Json.Array)) {
          JsonPath inner = path.member("__extn");
          yield extension(call, at, inner, depth + 1);
        }
        List<Expr.Field> fields = new ArrayList<>();
        for (var member : members.entrySet()) {
          String name = member.getKey();
          fields.add(new Expr.Field(name, value(member.getValue(), path.member(name), depth + 1)));
        }
        yield new Expr.RecordOf(List.copyOf(fields), at);
      }
      case Json.Null(), Json.OtherNumber(_) ->
          throw new JsonShapeException(json.kind() + " is no value", path);
    };
  }

  private Expr extension(Map<String, Json> members, At at, JsonPath path, int depth)
      throws JsonShapeException {
    ExtensionFunction function = ExtensionFunction.of(PolicyJson.text(members, "fn", path));
    if (function == null) {
      throw new JsonShapeException("there is no such function", path);
    }
    List<Expr> arguments = new ArrayList<>();
    Json one = members.get("arg");
    List<Json> many =
        one != null
            ? List.of(one)
            : PolicyJson.array(PolicyJson.member(members, "args", path), path);
    for (Json argument : many) {
      arguments.add(value(argument, path, depth));
    }
    return new Expr.Call(function, List.copyOf(arguments), at);
  }

  private static Pattern pattern(Json json, JsonPath path) throws JsonShapeException {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (Json element : PolicyJson.array(json, path)) {
      if (element.equals(new Json.Text("Wildcard"))) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(PolicyJson.text(PolicyJson.object(element, path), "Literal", path));
      }
    }
    parts.add(part.toString());
    return new Pattern(parts);
  }

  static Json write(Expr expr) {
    return switch (expr) {
      case Expr.Literal(Value value, _) -> one("Value", literal(value));
      case Expr.Variable(Expr.Name name, _) -> one("Var", new Json.Text(name.text()));
      case Expr.If(Expr test, Expr then, Expr otherwise, _) ->
          one(
              "if-then-else",
              members("if", write(test), "then", write(then), "else", write(otherwise)));
      case Expr.And(List<Expr> terms, _) -> chain("&&", terms);
      case Expr.Or(List<Expr> terms, _) -> chain("||", terms);
      case Expr.Unary(UnaryOp op, Expr operand, _) ->
          one(op == UnaryOp.NEGATE ? "neg" : op.text(), members("arg", write(operand)));
      case Expr.Binary(BinaryOp op, Expr left, Expr right, _) ->
          one(op.text(), members("left", write(left), "right", write(right)));
      case Expr.GetAttribute(Expr target, String name, _) -> attribute(".", write(target), name);
      case Expr.Has(Expr target, List<String> path, _) -> has(write(target), path);
      case Expr.Like(Expr target, Pattern pattern, _) ->
          one("like", members("left", write(target), "pattern", pattern(pattern)));
      case Expr.Is(Expr target, String type, Expr in, _) -> is(write(target), type, in);
      case Expr.SetOf(List<Expr> elements, _) ->
          one("Set", new Json.Array(elements.stream().map(ExprJson::write).toList()));
      case Expr.RecordOf(List<Expr.Field> fields, _) -> {
        Map<String, Json> record = new LinkedHashMap<>();
        fields.forEach(field -> record.put(field.name(), write(field.value())));
        yield one("Record", new Json.Obj(record));
      }
      case Expr.Call(ExtensionFunction function, List<Expr> arguments, _) ->
          one(function.text(), new Json.Array(arguments.stream().map(ExprJson::write).toList()));
    };
  }

  private static Json is(Json target, String type, @Nullable Expr in) {
    return one(
        "is",
        in == null
            ? members("left", target, "entity_type", new Json.Text(type))
            : members("left", target, "entity_type", new Json.Text(type), "in", write(in)));
  }

  private static Json literal(Value value) {
    return switch (value) {
      case BooleanValue bool -> new Json.Bool(bool.value());
      case LongValue(long number) -> new Json.Int(number);
      case StringValue(String text) -> new Json.Text(text);
      case EntityUid uid -> one("__entity", PolicyJson.entity(uid));
      default -> throw new IllegalStateException("no literal: " + value);
    };
  }

  private static Json chain(String op, List<Expr> terms) {
    Json chain = write(terms.getFirst());
    for (Expr term : terms.subList(1, terms.size())) {
      chain = one(op, members("left", chain, "right", write(term)));
    }
    return chain;
  }

  /** As the reference does: a path becomes one test for each of its names. */
  private static Json has(Json target, List<String> path) {
    Json inner = target;
    Json chain = attribute("has", target, path.getFirst());
    for (int i = 1; i < path.size(); i++) {
      inner = attribute(".", inner, path.get(i - 1));
      chain = one("&&", members("left", chain, "right", attribute("has", inner, path.get(i))));
    }
    return chain;
  }

  private static Json attribute(String kind, Json target, String name) {
    return one(kind, members("left", target, "attr", new Json.Text(name)));
  }

  private static Json pattern(Pattern pattern) {
    List<Json> elements = new ArrayList<>();
    for (int i = 0; i < pattern.parts().size(); i++) {
      if (i > 0) {
        elements.add(new Json.Text("Wildcard"));
      }
      pattern
          .parts()
          .get(i)
          .codePoints()
          .forEach(c -> elements.add(one("Literal", new Json.Text(Character.toString(c)))));
    }
    return new Json.Array(elements);
  }

  private static Json one(String name, Json body) {
    return new Json.Obj(Map.of(name, body));
  }

  private static Json members(Object... namesAndValues) {
    Map<String, Json> members = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      members.put((String) namesAndValues[i], (Json) namesAndValues[i + 1]);
    }
    return new Json.Obj(members);
  }
}
