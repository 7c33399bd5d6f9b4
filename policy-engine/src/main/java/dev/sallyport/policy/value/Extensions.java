package dev.sallyport.policy.value;

import java.util.Optional;

/** The functions that make extension values from text. */
public final class Extensions {
  private Extensions() {}

  /**
   * What the constructor makes of the text; empty if it is not of its form, or if there is no such
   * constructor.
   *
   * @param constructor {@code ip}, {@code decimal}, {@code datetime} or {@code duration}
   */
  public static Optional<? extends Value> construct(String constructor, String text) {
    return switch (constructor) {
      case "ip" -> IpValue.parse(text);
      case "decimal" -> DecimalValue.parse(text);
      case "datetime" -> DatetimeValue.parse(text);
      case "duration" -> DurationValue.parse(text);
      default -> Optional.empty();
    };
  }
}
