package dev.sallyport.policy.schema;

import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A resolved type. {@code toString} is Cedar's schema syntax. */
public sealed interface Type {
  /** A boolean; the checker also knows booleans that are certain. */
  enum Bool implements Type {
    ANY,
    TRUE,
    FALSE;

    @Override
    public String toString() {
      return this == ANY ? "Bool" : this == TRUE ? "True" : "False";
    }
  }

  enum Primitive implements Type {
    LONG("Long"),
    STRING("String"),
    DECIMAL("decimal"),
    IP("ipaddr"),
    DATETIME("datetime"),
    DURATION("duration");

    private final String text;

    Primitive(String text) {
      this.text = text;
    }

    public boolean isExtension() {
      return this != LONG && this != STRING;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** An entity of that type. */
  record Entity(String name) implements Type {
    @Override
    public String toString() {
      return name;
    }
  }

  record SetOf(Type element) implements Type {
    @Override
    public String toString() {
      return "Set<" + element + ">";
    }
  }

  /** A record with these attributes and no others, sorted by name. */
  record RecordOf(SortedMap<String, Attribute> attributes) implements Type {
    public static final RecordOf EMPTY = new RecordOf(java.util.Collections.emptySortedMap());

    public @Nullable Attribute get(String name) {
      return attributes.get(name);
    }

    @Override
    public String toString() {
      return attributes.entrySet().stream()
          .map(RecordOf::text)
          .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String text(Map.Entry<String, Attribute> entry) {
      Attribute attribute = entry.getValue();
      return entry.getKey() + (attribute.required() ? ": " : "?: ") + attribute.type();
    }
  }

  record Attribute(Type type, boolean required) {}
}
