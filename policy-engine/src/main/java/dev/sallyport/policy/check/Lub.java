package dev.sallyport.policy.check;

import dev.sallyport.policy.schema.Type;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The least upper bound of two types in strict mode: only booleans are ever widened. */
final class Lub {
  private Lub() {}

  static @Nullable Type of(Type a, Type b) {
    return switch (a) {
      case Type.Bool x when b instanceof Type.Bool y -> x == y ? x : Type.Bool.ANY;
      case Type.SetOf(Type x) when b instanceof Type.SetOf(Type y) -> {
        Type element = of(x, y);
        yield element == null ? null : new Type.SetOf(element);
      }
      case Type.RecordOf x when b instanceof Type.RecordOf y -> ofRecords(x, y);
      default -> a.equals(b) ? a : null;
    };
  }

  private static @Nullable Type ofRecords(Type.RecordOf a, Type.RecordOf b) {
    if (!a.attributes().keySet().equals(b.attributes().keySet())) {
      return null;
    }
    SortedMap<String, Type.Attribute> attributes = new TreeMap<>();
    for (var entry : a.attributes().entrySet()) {
      Type.Attribute other = b.get(entry.getKey());
      Type type = other == null ? null : of(entry.getValue().type(), other.type());
      if (other == null || type == null || entry.getValue().required() != other.required()) {
        return null;
      }
      attributes.put(entry.getKey(), new Type.Attribute(type, other.required()));
    }
    return new Type.RecordOf(Collections.unmodifiableSortedMap(attributes));
  }
}
