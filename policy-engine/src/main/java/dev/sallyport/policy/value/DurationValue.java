package dev.sallyport.policy.value;

import java.time.Duration;
import java.util.Optional;

/** A stretch of time in milliseconds, possibly negative. */
public record DurationValue(long millis) implements Value, Comparable<DurationValue> {
  static final long SECOND = 1000;
  static final long MINUTE = 60 * SECOND;
  static final long HOUR = 60 * MINUTE;
  static final long DAY = 24 * HOUR;

  private static final String[] UNITS = {"d", "h", "m", "s", "ms"};
  private static final long[] UNIT_MILLIS = {DAY, HOUR, MINUTE, SECOND, 1};

  /**
   * The same duration; what is finer than a millisecond is cut off.
   *
   * @throws ArithmeticException if it does not fit
   */
  public static DurationValue of(Duration duration) {
    return new DurationValue(duration.toMillis());
  }

  /**
   * Reads {@code -?(Nd)?(Nh)?(Nm)?(Ns)?(Nms)?} with at least one part; empty if it is not that or
   * does not fit.
   */
  public static Optional<DurationValue> parse(String text) {
    boolean negative = text.startsWith("-");
    int at = negative ? 1 : 0;
    if (at == text.length()) {
      return Optional.empty();
    }
    long sum = 0;
    int unit = 0;
    try {
      while (at < text.length()) {
        int digits = at;
        while (at < text.length() && Digits.is(text.charAt(at))) {
          at++;
        }
        int unitStart = at;
        while (at < text.length() && !Digits.is(text.charAt(at))) {
          at++;
        }
        String name = text.substring(unitStart, at);
        while (unit < UNITS.length && !UNITS[unit].equals(name)) {
          unit++;
        }
        if (digits == unitStart || unit == UNITS.length) {
          return Optional.empty();
        }
        long amount = Long.parseLong((negative ? "-" : "") + text.substring(digits, unitStart));
        sum = Math.addExact(sum, Math.multiplyExact(amount, UNIT_MILLIS[unit]));
        unit++;
      }
    } catch (ArithmeticException | NumberFormatException outOfRange) {
      return Optional.empty();
    }
    return Optional.of(new DurationValue(sum));
  }

  public long toSeconds() {
    return millis / SECOND;
  }

  public long toMinutes() {
    return millis / MINUTE;
  }

  public long toHours() {
    return millis / HOUR;
  }

  public long toDays() {
    return millis / DAY;
  }

  @Override
  public int compareTo(DurationValue other) {
    return Long.compare(millis, other.millis);
  }

  /** The duration alone, in milliseconds: {@code 1500ms}. */
  public String text() {
    return millis + "ms";
  }

  @Override
  public String toString() {
    return "duration(\"" + text() + "\")";
  }
}
