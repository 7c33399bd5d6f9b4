package dev.sallyport.policy.value;

import java.util.Objects;

/** A string of Unicode scalar values. */
public record StringValue(String value) implements Value {
  public StringValue {
    Objects.requireNonNull(value);
  }

  public static StringValue of(String value) {
    return new StringValue(value);
  }

  @Override
  public String toString() {
    return Escapes.quote(value);
  }
}
