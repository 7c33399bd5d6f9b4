package dev.sallyport.policy.value;

import java.util.Optional;

/**
 * A decimal number with four digits after the point.
 *
 * @param tenThousandths the number times 10,000
 */
public record DecimalValue(long tenThousandths) implements Value, Comparable<DecimalValue> {
  private static final int FRACTION_DIGITS = 4;
  private static final long UNIT = 10_000;

  /** Reads {@code -?digits.digits} with one to four digits of fraction; empty if it is not that. */
  public static Optional<DecimalValue> parse(String text) {
    int point = text.indexOf('.');
    int first = text.startsWith("-") ? 1 : 0;
    int fractionDigits = text.length() - point - 1;
    if (point <= first
        || fractionDigits < 1
        || fractionDigits > FRACTION_DIGITS
        || !Digits.all(text, first, point)
        || !Digits.all(text, point + 1, text.length())) {
      return Optional.empty();
    }
    try {
      // The sign goes to both parts, so that the smallest number needs no larger positive one.
      long sign = first == 1 ? -1 : 1;
      long whole = Long.parseLong(text, 0, point, 10);
      long fraction = Long.parseLong(text, point + 1, text.length(), 10);
      for (int i = fractionDigits; i < FRACTION_DIGITS; i++) {
        fraction *= 10;
      }
      return Optional.of(
          new DecimalValue(Math.addExact(Math.multiplyExact(whole, UNIT), sign * fraction)));
    } catch (ArithmeticException | NumberFormatException outOfRange) {
      return Optional.empty();
    }
  }

  @Override
  public int compareTo(DecimalValue other) {
    return Long.compare(tenThousandths, other.tenThousandths);
  }

  /** The number alone, for instance {@code -1.05}: no more zeros at the end than one. */
  public String text() {
    // UNIT in front keeps the zeros behind the point; no formatter, which would write the digits of
    // the default locale.
    String digits =
        Long.toString(UNIT + Math.abs(tenThousandths % UNIT))
            .substring(1)
            .replaceFirst("0{1,3}$", "");
    return (tenThousandths < 0 ? "-" : "") + Math.abs(tenThousandths / UNIT) + "." + digits;
  }

  @Override
  public String toString() {
    return "decimal(\"" + text() + "\")";
  }
}
