package dev.sallyport.auth.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What text from outside may be, before any database sees it. */
final class Texts {

  static final String UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
  static final String NUMBER = "[0-9]{1,18}";
  static final String SID = "[A-Za-z0-9_-]{1,64}";

  /** A name in a URL: its UTF-8, base64url. */
  static final String NAME_ID = "[A-Za-z0-9_-]{2,400}";

  private static final Pattern NUMBER_PATTERN = Pattern.compile(NUMBER);

  private static final Instant MOMENT_MAX = Instant.parse("9999-01-01T00:00:00Z");

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

  static String idOfName(String name) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(name.getBytes(UTF_8));
  }

  /** Reads back what {@link #idOfName} wrote, and nothing else. */
  static String nameOfId(String parameter, String id) {
    try {
      String name =
          UTF_8.newDecoder().decode(ByteBuffer.wrap(Base64.getUrlDecoder().decode(id))).toString();
      if (idOfName(name).equals(id)) {
        return parameter(parameter, name);
      }
    } catch (IllegalArgumentException | CharacterCodingException malformed) {
      // said below
    }
    throw RequestRefused.badRequest("`" + parameter + "` is not one that was given out here");
  }

  /** A moment as RFC 3339 has it, in UTC; null where it is absent. */
  static @Nullable Instant moment(String name, @Nullable String value) {
    if (value == null) {
      return null;
    }
    try {
      Instant moment = value.length() <= 40 ? Instant.parse(value) : Instant.MIN;
      if (!moment.isBefore(Instant.EPOCH) && moment.isBefore(MOMENT_MAX)) {
        return moment;
      }
    } catch (DateTimeParseException malformed) {
      // said below
    }
    throw RequestRefused.badRequest("`" + name + "` is a time such as `2026-11-23T10:00:00Z`");
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
