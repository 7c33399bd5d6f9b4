package dev.sallyport.benchmarks.policy;

import java.time.Duration;
import java.time.Instant;

/** The rules beyond the ordinary ones: the data of each, and its text in Cedar. */
final class Extras {
  static final Duration WINDOW = Duration.ofMinutes(30);
  static final int SIZE_MAX = 1_024;

  private static final Instant FIRST_WINDOW = Instant.parse("2026-11-01T00:00:00Z");

  private Extras() {}

  /** The first three octets of the range that rule {@code i} forbids. */
  static String network(int i) {
    return "172." + (16 + i / 256) + "." + i % 256;
  }

  /** When maintenance {@code i} begins. */
  static Instant window(int i) {
    return FIRST_WINDOW.plus(Duration.ofHours(i));
  }

  static String infix(int i) {
    return "-wargame-" + i + "-";
  }

  static String tag(int i) {
    return "recall-" + i;
  }

  static String department(int i) {
    return "unit-" + i;
  }

  static String cedar(Scenario.Extra extra, int i) {
    return switch (extra) {
      case NONE, UNSCOPED_GRANT -> "";
      case IP ->
          """

          @id("range-%1$d")
          forbid (principal, action, resource)
          when { context.ip.isInRange(ip("%2$s.0/24")) };
          """
              .formatted(i, network(i));
      case DATE ->
          """

          @id("maintenance-%1$d")
          forbid (principal, action, resource)
          when { context.now >= datetime("%2$s") && context.now < datetime("%3$s") };
          """
              .formatted(i, window(i), window(i).plus(WINDOW));
      case LIKE ->
          """

          @id("wargame-%1$d")
          forbid (principal, action, resource)
          when { resource.name like "*%2$s*" };
          """
              .formatted(i, infix(i));
      case SET ->
          """

          @id("recall-%1$d")
          forbid (principal, action, resource)
          when { resource.tags.containsAny(["%2$s", "%2$s-again"]) };
          """
              .formatted(i, tag(i));
      case UNSCOPED ->
          """

          @id("unit-%1$d")
          forbid (principal, action, resource)
          when { principal.department == "%2$s" && context.size > %3$d };
          """
              .formatted(i, department(i), SIZE_MAX);
    };
  }
}
