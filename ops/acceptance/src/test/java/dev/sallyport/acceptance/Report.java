package dev.sallyport.acceptance;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One line a step, for people who read the test's output. */
final class Report {

  @FormatMethod
  static void step(@FormatString String format, @Nullable Object... values) {
    System.out.println("  " + format.formatted(values));
  }

  static void heading(String text) {
    System.out.println();
    System.out.println(text);
  }

  static String millis(Duration duration) {
    return duration.toMillis() + " ms";
  }

  private Report() {}
}
