package dev.sallyport.policy.entity.form;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.json.JsonPath;
import dev.sallyport.policy.json.JsonShapeException;
import dev.sallyport.policy.syntax.ExtensionFunction;
import dev.sallyport.policy.syntax.Names;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Extensions;
import dev.sallyport.policy.value.LongValue;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.SetValue;
import dev.sallyport.policy.value.StringValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JSON to values. What is expected at a place, if that is known, decides how a string or an object
 * is read; without expectations, entities and extension values need their escapes.
 */
public final class JsonValues {
  /** What kind of value a place expects. */
  public interface Expected {
    /** Nothing is known. */
    Expected NOTHING = new Expected() {};

    /** Whether an entity reference stands here. */
    default boolean isEntity() {
      return false;
    }

    /** The constructor of the extension type that stands here, such as {@code decimal}. */
    default @Nullable String constructor() {
      return null;
    }

    /** What the elements of this set are. */
    default Expected element() {
      return NOTHING;
    }

    /** What that attribute of this record is. */
    default Expected attribute(String name) {
      return NOTHING;
    }
  }

  private JsonValues() {}

  public static Value value(Json json, Expected expected, JsonPath path) throws JsonShapeException {
    return switch (json) {
      case Json.Bool(boolean value) -> BooleanValue.of(value);
      case Json.Int(long value) -> new LongValue(value);
      case Json.Text(String text) -> {
        String constructor = expected.constructor();
        yield constructor == null ? new StringValue(text) : constructed(constructor, text, path);
      }
      case Json.Array(List<Json> elements) -> {
        List<Value> values = new ArrayList<>(elements.size());
        for (int i = 0; i < elements.size(); i++) {
          values.add(value(elements.get(i), expected.element(), path.element(i)));
        }
        yield SetValue.of(values);
      }
      case Json.Obj object -> object(object, expected, path);
      case Json.Null() -> throw new JsonShapeException("there is no null", path);
      case Json.OtherNumber(_) ->
          throw new JsonShapeException(json.kind() + " is no integer of 64 bits", path);
    };
  }

  /**
   * As the reference reads: an escape stands alone, and is a record like any other if it does not;
   * only where an entity or an extension value is expected may something stand beside it.
   */
  private static Value object(Json.Obj object, Expected expected, JsonPath path)
      throws JsonShapeException {
    Map<String, Json> members = object.members();
    boolean typed = expected.isEntity() || expected.constructor() != null;
    if (!typed && members.size() != 1) {
      return record(object, expected, path);
    }
    if (members.get("__expr") instanceof Json.Text) {
      throw noExpr(path);
    }
    Json entity = members.get("__entity");
    if (entity != null && isEntity(entity)) {
      refuseNulls(object, Set.of("__entity"), path);
      refuseNulls(entity, Set.of(), path.member("__entity"));
      return uid(entity, path.member("__entity"));
    }
    Json extension = members.get("__extn");
    if (extension != null && isCall(extension)) {
      refuseNulls(object, Set.of("__extn"), path);
      refuseNulls(extension, Set.of("arg", "args"), path.member("__extn"));
      return extension(extension, expected, path.member("__extn"));
    }
    if (expected.isEntity()) {
      return uid(object, path);
    }
    if (expected.constructor() != null) {
      return extension(object, expected, path);
    }
    return record(object, expected, path);
  }

  private static JsonShapeException noExpr(JsonPath path) {
    return new JsonShapeException(
        ProblemCode.UNEXPECTED_JSON,
        "the escape `__expr` is no longer part of the language",
        path,
        "write `__entity` or `__extn`");
  }

  /** Even in members that are passed over there is no null. */
  private static void refuseNulls(Json json, Set<String> read, JsonPath path)
      throws JsonShapeException {
    switch (json) {
      case Json.Null() -> throw new JsonShapeException("there is no null", path);
      case Json.Array(List<Json> elements) -> {
        for (int i = 0; i < elements.size(); i++) {
          refuseNulls(elements.get(i), Set.of(), path.element(i));
        }
      }
      case Json.Obj(Map<String, Json> members) -> {
        for (var member : members.entrySet()) {
          if (!read.contains(member.getKey())) {
            refuseNulls(member.getValue(), Set.of(), path.member(member.getKey()));
          }
        }
      }
      default -> {}
    }
  }

  private static boolean isEntity(Json json) {
    return json instanceof Json.Obj(Map<String, Json> members)
        && members.get("type") instanceof Json.Text
        && members.get("id") instanceof Json.Text;
  }

  private static boolean isCall(Json json) {
    return json instanceof Json.Obj(Map<String, Json> members)
        && members.get("fn") instanceof Json.Text
        && (members.containsKey("arg") || members.get("args") instanceof Json.Array);
  }

  /** A record; no escape is looked for at its own level. */
  public static RecordValue record(Json.Obj object, Expected expected, JsonPath path)
      throws JsonShapeException {
    Map<String, Value> values = LinkedHashMap.newLinkedHashMap(object.members().size());
    for (var member : object.members().entrySet()) {
      String name = member.getKey();
      values.put(name, value(member.getValue(), expected.attribute(name), path.member(name)));
    }
    return RecordValue.of(values);
  }

  /** An entity's name: {@code {"type", "id"}}, with or without the escape around it. */
  public static EntityUid uid(Json json, JsonPath path) throws JsonShapeException {
    if (json instanceof Json.Obj(Map<String, Json> members)) {
      if (members.get("__expr") instanceof Json.Text) {
        throw noExpr(path);
      }
      Json inner = members.get("__entity");
      if (inner != null && isEntity(inner)) {
        return uid(inner, path.member("__entity"));
      }
      if (members.get("type") instanceof Json.Text(String type)
          && members.get("id") instanceof Json.Text(String id)) {
        if (!Names.isPath(type)) {
          throw new JsonShapeException(
              ProblemCode.INVALID_NAME,
              "`" + type + "` is no name of an entity type",
              path.member("type"),
              "names are letters, digits and `_`, joined by `::`");
        }
        return EntityUid.of(type.intern(), id);
      }
    }
    throw new JsonShapeException(
        "expected an entity such as `{\"type\": \"User\", \"id\": \"alice\"}`, found "
            + json.kind(),
        path);
  }

  private static Value extension(Json json, Expected expected, JsonPath path)
      throws JsonShapeException {
    if (!(json instanceof Json.Obj(Map<String, Json> members)
        && members.get("fn") instanceof Json.Text(String name))) {
      throw new JsonShapeException(
          "expected an extension value such as `{\"fn\": \"ip\", \"arg\": \"10.0.0.1\"}`", path);
    }
    ExtensionFunction function = ExtensionFunction.of(name);
    if (function == null) {
      throw new JsonShapeException("there is no function `" + name + "`", path.member("fn"));
    }
    Json only = members.get("arg");
    JsonPath argsPath = path.member(only == null ? "args" : "arg");
    List<Json> arguments =
        only != null
            ? List.of(only)
            : members.get("args") instanceof Json.Array(List<Json> many) ? many : List.of();
    if (arguments.size() != function.arity()) {
      throw new JsonShapeException(
          "`" + name + "` takes " + function.arity() + " argument(s)", argsPath);
    }
    boolean typed = expected.constructor() != null;
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      Expected wanted = typed ? ExtensionCalls.argument(function, i) : Expected.NOTHING;
      JsonPath at = only == null ? argsPath.element(i) : argsPath;
      values.add(value(arguments.get(i), wanted, at));
    }
    return ExtensionCalls.call(function, values, argsPath);
  }

  private static Value constructed(String constructor, String text, JsonPath path)
      throws JsonShapeException {
    Optional<? extends Value> value = Extensions.construct(constructor, text);
    if (value.isEmpty()) {
      throw new JsonShapeException("`" + text + "` is no " + constructor, path);
    }
    return value.get();
  }
}
