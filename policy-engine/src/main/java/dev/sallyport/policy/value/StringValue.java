package dev.sallyport.policy.value;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A string of Unicode scalar values. */
public record StringValue(String value) implements Value, Comparable<StringValue> {
  public StringValue {
    Objects.requireNonNull(value);
  }

  public static StringValue of(String value) {
    return new StringValue(value);
  }

  // Written out, as those of the other values that policies compare most: those of records are
  // linked at run time, which the JVM seldom inlines whole.

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StringValue(String text) && value.equals(text);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  /** Hash tables use it where hashes collide by someone's design. */
  @Override
  public int compareTo(StringValue other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return Escapes.quote(value);
  }
}
