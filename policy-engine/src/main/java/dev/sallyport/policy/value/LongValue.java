package dev.sallyport.policy.value;

import org.jspecify.annotations.Nullable;

/** A 64-bit signed integer. */
public record LongValue(long value) implements Value, Comparable<LongValue> {
  /** Numbers that attributes mostly are: sizes of small things, levels, counts. */
  private static final int SHARED_MIN = -128;

  private static final LongValue[] SHARED = new LongValue[1_152];

  static {
    for (int i = 0; i < SHARED.length; i++) {
      SHARED[i] = new LongValue(SHARED_MIN + i);
    }
  }

  /** The value; small ones are shared. */
  public static LongValue of(long value) {
    return value >= SHARED_MIN && value < SHARED_MIN + SHARED.length
        ? SHARED[(int) value - SHARED_MIN]
        : new LongValue(value);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LongValue(long number) && value == number;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  /** Hash tables use it where hashes collide by someone's design. */
  @Override
  public int compareTo(LongValue other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
