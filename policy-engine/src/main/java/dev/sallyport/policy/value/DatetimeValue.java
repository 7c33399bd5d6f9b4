package dev.sallyport.policy.value;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;

/**
 * A moment, in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
 *
 * @param epochMillis any 64-bit number, far beyond what the text form can say
 */
public record DatetimeValue(long epochMillis) implements Value, Comparable<DatetimeValue> {

  /**
   * The datetime of an instant; what is finer than a millisecond is cut off.
   *
   * @throws ArithmeticException if it does not fit
   */
  public static DatetimeValue of(Instant instant) {
    return new DatetimeValue(instant.toEpochMilli());
  }

  /**
   * Reads {@code YYYY-MM-DD}, or with a time {@code Thh:mm:ss} or {@code Thh:mm:ss.SSS} and an
   * offset {@code Z}, {@code +hhmm} or {@code -hhmm}; empty if it is not one of these.
   */
  public static Optional<DatetimeValue> parse(String text) {
    if (!matches(text, 0, "dddd-dd-dd")) {
      return Optional.empty();
    }
    long millis;
    try {
      millis =
          LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)).toEpochDay()
              * DurationValue.DAY;
    } catch (DateTimeException noSuchDay) {
      return Optional.empty();
    }
    if (text.length() == 10) {
      return Optional.of(new DatetimeValue(millis));
    }
    if (!matches(text, 10, "Tdd:dd:dd")) {
      return Optional.empty();
    }
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, 19);
    if (hour > 23 || minute > 59 || second > 59) {
      return Optional.empty();
    }
    millis +=
        hour * DurationValue.HOUR + minute * DurationValue.MINUTE + second * DurationValue.SECOND;
    int zone = 19;
    if (matches(text, zone, ".ddd")) {
      millis += number(text, 20, 23);
      zone = 23;
    }
    String offset = text.substring(zone);
    if (offset.equals("Z")) {
      return Optional.of(new DatetimeValue(millis));
    }
    if (offset.length() != 5 || !Digits.all(offset, 1, 5)) {
      return Optional.empty();
    }
    int offsetHour = number(offset, 1, 3);
    int offsetMinute = number(offset, 3, 5);
    if (offsetHour > 23 || offsetMinute > 59) {
      return Optional.empty();
    }
    long distance = offsetHour * DurationValue.HOUR + offsetMinute * DurationValue.MINUTE;
    return switch (offset.charAt(0)) {
      case '+' -> Optional.of(new DatetimeValue(millis - distance));
      case '-' -> Optional.of(new DatetimeValue(millis + distance));
      default -> Optional.empty();
    };
  }

  /** Whether the text goes on at {@code from} as the pattern says, {@code d} being any digit. */
  private static boolean matches(String text, int from, String pattern) {
    if (text.length() < from + pattern.length()) {
      return false;
    }
    for (int i = 0; i < pattern.length(); i++) {
      char c = text.charAt(from + i);
      char p = pattern.charAt(i);
      if (p == 'd' ? !Digits.is(c) : c != p) {
        return false;
      }
    }
    return true;
  }

  private static int number(String text, int from, int to) {
    return Integer.parseInt(text, from, to, 10);
  }

  /**
   * This datetime, that much later.
   *
   * @throws ArithmeticException if it does not fit
   */
  public DatetimeValue offset(DurationValue duration) {
    return new DatetimeValue(Math.addExact(epochMillis, duration.millis()));
  }

  /**
   * How much later this is than the other.
   *
   * @throws ArithmeticException if it does not fit
   */
  public DurationValue durationSince(DatetimeValue other) {
    return new DurationValue(Math.subtractExact(epochMillis, other.epochMillis));
  }

  /**
   * The start of this day, UTC.
   *
   * @throws ArithmeticException if it does not fit
   */
  public DatetimeValue toDate() {
    return new DatetimeValue(
        Math.multiplyExact(Math.floorDiv(epochMillis, DurationValue.DAY), DurationValue.DAY));
  }

  /** The time since the start of this day, UTC. */
  public DurationValue toTime() {
    return new DurationValue(Math.floorMod(epochMillis, DurationValue.DAY));
  }

  @Override
  public int compareTo(DatetimeValue other) {
    return Long.compare(epochMillis, other.epochMillis);
  }

  @Override
  public String toString() {
    String text = Instant.ofEpochMilli(epochMillis).toString();
    if (text.length() <= 24 && Character.isDigit(text.charAt(0))) {
      String millis = text.length() == 20 ? text.substring(0, 19) + ".000Z" : text;
      return "datetime(\"" + millis + "\")";
    }
    return "datetime(\"1970-01-01\").offset(duration(\"" + epochMillis + "ms\"))";
  }
}
