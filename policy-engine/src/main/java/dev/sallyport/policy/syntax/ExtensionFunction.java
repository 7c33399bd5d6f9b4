package dev.sallyport.policy.syntax;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The functions and methods of the extension types. */
public enum ExtensionFunction {
  IP("ip", false, 1),
  DECIMAL("decimal", false, 1),
  DATETIME("datetime", false, 1),
  DURATION("duration", false, 1),
  IS_IPV4("isIpv4", true, 1),
  IS_IPV6("isIpv6", true, 1),
  IS_LOOPBACK("isLoopback", true, 1),
  IS_MULTICAST("isMulticast", true, 1),
  IS_IN_RANGE("isInRange", true, 2),
  LESS_THAN("lessThan", true, 2),
  LESS_THAN_OR_EQUAL("lessThanOrEqual", true, 2),
  GREATER_THAN("greaterThan", true, 2),
  GREATER_THAN_OR_EQUAL("greaterThanOrEqual", true, 2),
  OFFSET("offset", true, 2),
  DURATION_SINCE("durationSince", true, 2),
  TO_DATE("toDate", true, 1),
  TO_TIME("toTime", true, 1),
  TO_MILLISECONDS("toMilliseconds", true, 1),
  TO_SECONDS("toSeconds", true, 1),
  TO_MINUTES("toMinutes", true, 1),
  TO_HOURS("toHours", true, 1),
  TO_DAYS("toDays", true, 1);

  private static final Map<String, ExtensionFunction> BY_TEXT =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(ExtensionFunction::text, Function.identity()));

  private final String text;
  private final boolean method;
  private final int arity;

  ExtensionFunction(String text, boolean method, int arity) {
    this.text = text;
    this.method = method;
    this.arity = arity;
  }

  public static @Nullable ExtensionFunction of(String text) {
    return BY_TEXT.get(text);
  }

  public String text() {
    return text;
  }

  /** Whether it is written {@code x.f(…)}. */
  public boolean isMethod() {
    return method;
  }

  /** Whether it makes an extension value from a string. */
  public boolean isConstructor() {
    return !method;
  }

  /** The number of arguments, the receiver included. */
  public int arity() {
    return arity;
  }
}
