package dev.sallyport.policy.value;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record: attributes by name. Names are kept sorted; a look-up first tries identity, which holds
 * whenever both names are literals, then compares.
 */
public final class RecordValue implements Value {
  /** Up to this size a scan beats a binary search. */
  private static final int SCAN_MAX = 8;

  public static final RecordValue EMPTY = new RecordValue(new String[0], new Value[0]);

  private final String[] names;
  private final Value[] values;

  /** Takes the arrays as they are; the names are sorted, and may be those of other records. */
  RecordValue(String[] names, Value[] values) {
    this.names = names;
    this.values = values;
  }

  public static RecordValue of(Map<String, ? extends Value> attributes) {
    if (attributes.isEmpty()) {
      return EMPTY;
    }
    String[] names = attributes.keySet().toArray(String[]::new);
    Arrays.sort(names);
    Value[] values = new Value[names.length];
    for (int i = 0; i < names.length; i++) {
      values[i] = Objects.requireNonNull(attributes.get(names[i]));
    }
    return new RecordValue(names, values);
  }

  public static RecordValue of(String name, Value value) {
    return new RecordValue(new String[] {name}, new Value[] {value});
  }

  public static RecordValue of(String name1, Value value1, String name2, Value value2) {
    return of(Map.of(name1, value1, name2, value2));
  }

  /** These attributes and one more; replaces an attribute of the same name. */
  public RecordValue with(String name, Value value) {
    int place = Arrays.binarySearch(names, name);
    if (place >= 0) {
      Value[] replaced = values.clone();
      replaced[place] = value;
      return new RecordValue(names, replaced);
    }
    int at = -place - 1;
    String[] moreNames = Arrays.copyOf(names, names.length + 1);
    Value[] moreValues = Arrays.copyOf(values, values.length + 1);
    System.arraycopy(names, at, moreNames, at + 1, names.length - at);
    System.arraycopy(values, at, moreValues, at + 1, values.length - at);
    moreNames[at] = name;
    moreValues[at] = value;
    return new RecordValue(moreNames, moreValues);
  }

  /** The attribute, or null if there is none. */
  @SuppressWarnings("ReferenceEquality") // the fast path; equality follows
  public @Nullable Value get(String name) {
    if (names.length > SCAN_MAX) {
      int place = Arrays.binarySearch(names, name);
      return place < 0 ? null : values[place];
    }
    for (int i = 0; i < names.length; i++) {
      if (names[i] == name) {
        return values[i];
      }
    }
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return values[i];
      }
    }
    return null;
  }

  public int size() {
    return names.length;
  }

  /** The names, sorted. */
  public List<String> names() {
    return List.of(names);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof RecordValue that
            && Arrays.equals(names, that.names)
            && Arrays.equals(values, that.values));
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(names) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("{");
    for (int i = 0; i < names.length; i++) {
      out.append(i == 0 ? "" : ", ").append(Escapes.quote(names[i])).append(": ").append(values[i]);
    }
    return out.append('}').toString();
  }
}
