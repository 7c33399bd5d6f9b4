package dev.sallyport.policy.value;

/** A 64-bit signed integer. */
public record LongValue(long value) implements Value {
  public static LongValue of(long value) {
    return new LongValue(value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
