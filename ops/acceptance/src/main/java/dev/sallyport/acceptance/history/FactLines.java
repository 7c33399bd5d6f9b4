package dev.sallyport.acceptance.history;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Facts as lines of JSON, and back. What a reader does not know, it must not skip: it fails. */
final class FactLines {

  /** Raised whenever a reader of the one before would misunderstand a line. */
  static final int VERSION = 1;

  private static final Map<Class<?>, Shape> SHAPES = new ConcurrentHashMap<>();
  private static final Map<String, Class<?>> TYPES = new TreeMap<>();

  static {
    for (var type : Fact.class.getPermittedSubclasses()) {
      TYPES.put(snake(type.getSimpleName()), type);
    }
  }

  private FactLines() {}

  /** A line of a history cannot be read. */
  static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unreadable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private record Part(String name, Type type, MethodHandle getter) {}

  private record Shape(List<Part> parts, MethodHandle constructor) {
    static Shape of(Class<?> type) {
      try {
        var lookup = MethodHandles.lookup();
        var parts = new ArrayList<Part>();
        var types = new ArrayList<Class<?>>();
        for (RecordComponent component : type.getRecordComponents()) {
          types.add(component.getType());
          parts.add(
              new Part(
                  snake(component.getName()),
                  component.getGenericType(),
                  lookup.unreflect(component.getAccessor())));
        }
        return new Shape(
            parts,
            lookup.unreflectConstructor(
                type.getDeclaredConstructor(types.toArray(Class<?>[]::new))));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** {@code acceptedAtMs} to {@code accepted_at_ms}. */
  private static String snake(String name) {
    var text = new StringBuilder();
    for (char c : name.toCharArray()) {
      if (Character.isUpperCase(c) && !text.isEmpty()) {
        text.append('_');
      }
      text.append(Character.toLowerCase(c));
    }
    return text.toString();
  }

  static String line(Fact fact) {
    var json = new StringBuilder(256).append("{\"type\":\"");
    json.append(snake(fact.getClass().getSimpleName())).append('"');
    members(json, fact, false);
    return json.append('}').toString();
  }

  private static void members(StringBuilder json, Object of, boolean first) {
    boolean comma = !first;
    for (var part : SHAPES.computeIfAbsent(of.getClass(), Shape::of).parts()) {
      if (comma) {
        json.append(',');
      }
      comma = true;
      json.append('"').append(part.name()).append("\":");
      try {
        value(json, part.getter().invoke(of));
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void value(StringBuilder json, @Nullable Object value) {
    switch (value) {
      case String text -> text(json, text);
      case Number number -> json.append(number);
      case Boolean truth -> json.append(truth);
      case List<?> list -> {
        json.append('[');
        for (int i = 0; i < list.size(); i++) {
          if (i > 0) {
            json.append(',');
          }
          value(json, list.get(i));
        }
        json.append(']');
      }
      case Map<?, ?> map -> {
        json.append('{');
        String separator = "";
        for (var entry : new TreeMap<>(map).entrySet()) {
          json.append(separator);
          separator = ",";
          text(json, String.valueOf(entry.getKey()));
          value(json.append(':'), entry.getValue());
        }
        json.append('}');
      }
      case Record inner -> {
        json.append('{');
        members(json, inner, true);
        json.append('}');
      }
      case null, default -> throw new IllegalStateException("no JSON for " + value);
    }
  }

  private static void text(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }

  /**
   * Reads one line.
   *
   * @throws Unreadable when it is not a fact of this version
   */
  static Fact read(String line) {
    try {
      var json = JSONObjectUtils.parse(line);
      var type = TYPES.get(String.valueOf(json.get("type")));
      if (type == null) {
        throw new Unreadable("a fact of type `" + json.get("type") + "` is unknown", null);
      }
      return (Fact) record(type, json, 1);
    } catch (ParseException e) {
      throw new Unreadable("a line is no JSON object", e);
    }
  }

  private static Object record(Class<?> type, Map<?, ?> json, int more) {
    var shape = SHAPES.computeIfAbsent(type, Shape::of);
    var arguments = new ArrayList<@Nullable Object>();
    for (var part : shape.parts()) {
      arguments.add(parsed(part.type(), json.get(part.name()), part.name()));
    }
    if (json.size() != arguments.size() + more) {
      throw new Unreadable("a `" + snake(type.getSimpleName()) + "` has other members", null);
    }
    try {
      return shape.constructor().invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new Unreadable("a `" + snake(type.getSimpleName()) + "` cannot be read", e);
    }
  }

  private static Object parsed(Type type, @Nullable Object json, String name) {
    if (type == long.class && json instanceof Number number) {
      return number.longValue();
    }
    if (type == int.class && json instanceof Number number) {
      return number.intValue();
    }
    if (type == boolean.class && json instanceof Boolean truth) {
      return truth;
    }
    if (type == String.class && json instanceof String text) {
      return text;
    }
    if (type instanceof Class<?> inner && inner.isRecord() && json instanceof Map<?, ?> map) {
      return record(inner, map, 0);
    }
    if (type instanceof ParameterizedType generic) {
      if (json instanceof List<?> list) {
        var element = generic.getActualTypeArguments()[0];
        return list.stream().map(one -> parsed(element, one, name)).toList();
      }
      if (json instanceof Map<?, ?> map) {
        var values = new TreeMap<String, Long>();
        map.forEach(
            (key, value) ->
                values.put(String.valueOf(key), (Long) parsed(long.class, value, name)));
        return values;
      }
    }
    throw new Unreadable(
        "the member `%s` is missing or wrong".formatted(name.toLowerCase(Locale.ROOT)), null);
  }
}
