package dev.sallyport.policy.entity;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.json.Json;
import dev.sallyport.policy.syntax.Names;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.DatetimeValue;
import dev.sallyport.policy.value.DurationValue;
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

  /** Leaves a reading at its first problem. */
  public static final class JsonException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Problem problem;

    public JsonException(String message, String path) {
      super(message, null, false, false);
      this.problem =
          new Problem(
              ProblemCode.UNEXPECTED_JSON,
              path.isEmpty() ? message : message + " at `" + path + "`",
              null);
    }

    public Problem problem() {
      return problem;
    }
  }

  private JsonValues() {}

  public static Value value(Json json, Expected expected, String path) throws JsonException {
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
          values.add(value(elements.get(i), expected.element(), path + "[" + i + "]"));
        }
        yield SetValue.of(values);
      }
      case Json.Obj object -> object(object, expected, path);
      case Json.Null() -> throw new JsonException("there is no null", path);
      case Json.OtherNumber(_) ->
          throw new JsonException(json.kind() + " is no integer of 64 bits", path);
    };
  }

  private static Value object(Json.Obj object, Expected expected, String path)
      throws JsonException {
    Map<String, Json> members = object.members();
    if (members.size() == 1) {
      Json entity = members.get("__entity");
      if (entity != null) {
        return uid(entity, path + ".__entity");
      }
      Json extension = members.get("__extn");
      if (extension != null) {
        return extension(extension, path + ".__extn");
      }
      if (members.containsKey("__expr")) {
        throw new JsonException("the escape `__expr` is no longer part of the language", path);
      }
    }
    if (expected.isEntity()) {
      return uid(object, path);
    }
    if (expected.constructor() != null) {
      return extension(object, path);
    }
    return record(object, expected, path);
  }

  /** A record; no escape is looked for at its own level. */
  public static RecordValue record(Json.Obj object, Expected expected, String path)
      throws JsonException {
    Map<String, Value> values = LinkedHashMap.newLinkedHashMap(object.members().size());
    for (var member : object.members().entrySet()) {
      String name = member.getKey();
      values.put(name, value(member.getValue(), expected.attribute(name), path + "." + name));
    }
    return RecordValue.of(values);
  }

  /** An entity's name: {@code {"type", "id"}}, with or without the escape around it. */
  public static EntityUid uid(Json json, String path) throws JsonException {
    if (json instanceof Json.Obj(Map<String, Json> members)) {
      Json inner = members.get("__entity");
      if (inner != null && members.size() == 1) {
        return uid(inner, path + ".__entity");
      }
      if (members.get("type") instanceof Json.Text(String type)
          && members.get("id") instanceof Json.Text(String id)
          && members.size() == 2) {
        if (!Names.isPath(type)) {
          throw new JsonException("`" + type + "` is no name of an entity type", path + ".type");
        }
        return EntityUid.of(type.intern(), id);
      }
    }
    throw new JsonException(
        "expected an entity such as `{\"type\": \"User\", \"id\": \"alice\"}`, found "
            + json.kind(),
        path);
  }

  private static Value extension(Json json, String path) throws JsonException {
    if (json instanceof Json.Obj(Map<String, Json> members)
        && members.get("fn") instanceof Json.Text(String function)
        && members.size() == 2) {
      if (members.get("arg") instanceof Json.Text(String argument)) {
        return constructed(function, argument, path);
      }
      if (function.equals("offset")
          && members.get("args") instanceof Json.Array(List<Json> arguments)
          && arguments.size() == 2
          && value(arguments.get(0), Expected.NOTHING, path) instanceof DatetimeValue datetime
          && value(arguments.get(1), Expected.NOTHING, path) instanceof DurationValue duration) {
        try {
          return datetime.offset(duration);
        } catch (ArithmeticException overflow) {
          throw new JsonException("the datetime does not fit 64 bits", path);
        }
      }
    }
    throw new JsonException(
        "expected an extension value such as `{\"fn\": \"ip\", \"arg\": \"10.0.0.1\"}`", path);
  }

  private static Value constructed(String constructor, String text, String path)
      throws JsonException {
    Optional<? extends Value> value = Extensions.construct(constructor, text);
    if (value.isEmpty()) {
      throw new JsonException("`" + text + "` is no " + constructor, path);
    }
    return value.get();
  }
}
