package dev.sallyport.policy.value;

import java.util.Arrays;
import java.util.Objects;

/**
 * Records that have the same attributes, such as the contexts of one kind of request. They share
 * their names, so each costs no more than its values: a host that makes one for each request saves
 * sorting, and the memory that policies would read the names from.
 *
 * <pre>{@code
 * private static final RecordShape SENDING = RecordShape.of("size", "mfa");
 *
 * RecordValue context = SENDING.record(LongValue.of(size), BooleanValue.of(mfa));
 * }</pre>
 *
 * Immutable.
 */
public final class RecordShape {
  private final String[] names;

  /** For each name as given, its place among the sorted ones. */
  private final int[] places;

  private RecordShape(String[] names, int[] places) {
    this.names = names;
    this.places = places;
  }

  /**
   * The records that have just these attributes.
   *
   * @throws IllegalArgumentException if a name stands there twice
   */
  public static RecordShape of(String... names) {
    String[] sorted = Arrays.stream(names).map(String::intern).sorted().toArray(String[]::new);
    int[] places = new int[names.length];
    for (int i = 0; i < names.length; i++) {
      places[i] = Arrays.binarySearch(sorted, names[i]);
      if (i > 0 && sorted[i].equals(sorted[i - 1])) {
        throw new IllegalArgumentException("two attributes `" + sorted[i] + "`");
      }
    }
    return new RecordShape(sorted, places);
  }

  /**
   * The record of these values, in the order in which the names were given.
   *
   * @throws IllegalArgumentException if there are not as many as names
   */
  public RecordValue record(Value... values) {
    if (values.length != names.length) {
      throw new IllegalArgumentException(
          values.length + " values for " + names.length + " attributes");
    }
    Value[] placed = new Value[values.length];
    for (int i = 0; i < values.length; i++) {
      placed[places[i]] = Objects.requireNonNull(values[i]);
    }
    return new RecordValue(names, placed);
  }
}
