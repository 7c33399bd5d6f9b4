package dev.sallyport.auth.web;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Plain words for what people read on the pages. */
final class Words {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter EXACT_TIME =
      DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm:ss 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private Words() {}

  static String time(Instant instant) {
    return TIME.format(instant);
  }

  /** Where two of the same minute must be told apart. */
  static String exactTime(Instant instant) {
    return EXACT_TIME.format(instant);
  }

  /** Rounded up, so that nobody is told to come back too early. */
  static String duration(Duration duration) {
    long seconds = Math.max(1, duration.plusNanos(999_999_999).toSeconds());
    if (seconds < 60) {
      return seconds == 1 ? "1 second" : seconds + " seconds";
    }
    long minutes = (seconds + 59) / 60;
    if (minutes < 120) {
      return minutes == 1 ? "1 minute" : minutes + " minutes";
    }
    return (minutes + 59) / 60 + " hours";
  }

  /** What a browser called itself, as its owner would call it. */
  static String browser(String userAgent) {
    String name =
        userAgent.contains("Edg/")
            ? "Edge"
            : userAgent.contains("OPR/")
                ? "Opera"
                : userAgent.contains("Chrome/")
                    ? "Chrome"
                    : userAgent.contains("Firefox/")
                        ? "Firefox"
                        : userAgent.contains("Safari/") ? "Safari" : "Another browser";
    String system =
        userAgent.contains("Android")
            ? " on Android"
            : userAgent.contains("iPhone") || userAgent.contains("iPad")
                ? " on iOS"
                : userAgent.contains("Mac OS X")
                    ? " on macOS"
                    : userAgent.contains("Windows")
                        ? " on Windows"
                        : userAgent.contains("Linux") ? " on Linux" : "";
    return name + system;
  }
}
