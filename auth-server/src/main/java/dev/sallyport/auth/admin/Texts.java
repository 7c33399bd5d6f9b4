package dev.sallyport.auth.admin;

import java.util.regex.Pattern;

/** What text from outside may be, before any database sees it. */
final class Texts {

  static final String UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
  static final String NUMBER = "[0-9]{1,18}";
  static final String SID = "[A-Za-z0-9_-]{1,64}";

  private static final Pattern NUMBER_PATTERN = Pattern.compile(NUMBER);

  private Texts() {}

  /** Whether a database can hold it: no NUL, no half of a surrogate pair. */
  static boolean storable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isLowSurrogate(c)) {
        return false;
      }
      if (Character.isHighSurrogate(c)) {
        i++;
        if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
          return false;
        }
      }
    }
    return true;
  }

  /** A parameter of the query: short and storable. */
  static String parameter(String name, String value) {
    if (value.length() > 255 || !storable(value)) {
      throw RequestRefused.badRequest("`" + name + "` is not a value that can be looked for");
    }
    return value;
  }

  static long number(String name, String value, long min, long max) {
    if (NUMBER_PATTERN.matcher(value).matches()) {
      long number = Long.parseLong(value);
      if (number >= min && number <= max) {
        return number;
      }
    }
    throw RequestRefused.badRequest("`" + name + "` is a number from " + min + " to " + max);
  }
}
