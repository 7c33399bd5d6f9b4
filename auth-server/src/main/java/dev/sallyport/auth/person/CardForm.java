package dev.sallyport.auth.person;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.IllformedLocaleException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The permitted form of every claim on a card: applications are told it as it is. */
final class CardForm {

  private static final Set<String> WORDS =
      Set.of("given_name", "family_name", "middle_name", "nickname", "gender");

  private static final Set<String> URLS = Set.of("profile", "picture", "website");

  static final Set<String> ADDRESS =
      Set.of("formatted", "street_address", "locality", "region", "postal_code", "country");

  /** Where lines may be broken (§5.1.1). */
  private static final Set<String> LINES = Set.of("formatted", "street_address");

  /** E.164 as §5.1 recommends it, with the usual separators and an extension (RFC 3966). */
  private static final Pattern PHONE =
      Pattern.compile("\\+[1-9][0-9 ().-]{3,30}(;ext=[0-9]{1,10})?");

  private static final Pattern YEAR = Pattern.compile("[0-9]{4}");

  /** §5.1: the year may be left out. */
  private static final String NO_YEAR = "0000-";

  private static final int WORD_MAX = 128;
  private static final int LINES_MAX = 500;
  private static final int URL_MAX = 500;

  private CardForm() {}

  /** Why this is no card, in one sentence; empty when it is one. */
  static Optional<String> fault(Map<String, Object> claims) {
    for (Map.Entry<String, Object> claim : claims.entrySet()) {
      String name = claim.getKey();
      if (!PersonCards.CLAIMS.contains(name)) {
        return Optional.of("`" + cut(name) + "` is not on a card");
      }
      if (!permitted(name, claim.getValue())) {
        return Optional.of("`" + name + "` " + expected(name));
      }
    }
    return claims.containsKey("phone_number_verified") && !claims.containsKey("phone_number")
        ? Optional.of("`phone_number_verified` goes with `phone_number`")
        : Optional.empty();
  }

  private static boolean permitted(String name, Object value) {
    if (name.equals("phone_number_verified")) {
      return value instanceof Boolean;
    }
    if (name.equals("address")) {
      return value instanceof Map<?, ?> address && !address.isEmpty() && address(address);
    }
    if (!(value instanceof String text)) {
      return false;
    }
    if (WORDS.contains(name)) {
      return line(text, WORD_MAX);
    }
    if (URLS.contains(name)) {
      return url(text);
    }
    return switch (name) {
      case "birthdate" -> birthdate(text);
      case "zoneinfo" -> ZoneId.getAvailableZoneIds().contains(text);
      case "locale" -> locale(text);
      case "phone_number" -> PHONE.matcher(text).matches();
      default -> false;
    };
  }

  private static String expected(String name) {
    if (URLS.contains(name)) {
      return "must be an https or http URL of at most 500 characters";
    }
    return switch (name) {
      case "phone_number_verified" -> "must be true or false";
      case "address" ->
          "must be an object with some of formatted, street_address, locality, region,"
              + " postal_code, country, each a text";
      case "birthdate" -> "must be a date like 1815-12-10, 0000-12-10 without a year, or a year";
      case "zoneinfo" -> "must be a zone like Europe/Paris";
      case "locale" -> "must be a language tag like en-GB";
      case "phone_number" -> "must be a number like +44 20 7946 0000";
      default -> "must be one line of 1 to 128 characters";
    };
  }

  private static boolean address(Map<?, ?> address) {
    return address.entrySet().stream()
        .allMatch(
            part ->
                part.getKey() instanceof String name
                    && ADDRESS.contains(name)
                    && part.getValue() instanceof String text
                    && (LINES.contains(name)
                        ? !text.isBlank()
                            && text.length() <= LINES_MAX
                            && clean(text.replace("\r\n", " ").replace('\n', ' '))
                        : line(text, WORD_MAX)));
  }

  private static boolean line(String text, int max) {
    return !text.isBlank() && text.length() <= max && clean(text);
  }

  private static boolean clean(String text) {
    return text.codePoints()
        .noneMatch(
            point ->
                Character.isISOControl(point) || Character.getType(point) == Character.SURROGATE);
  }

  private static boolean url(String text) {
    try {
      URI uri = new URI(text);
      return text.length() <= URL_MAX
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()));
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static boolean birthdate(String text) {
    if (YEAR.matcher(text).matches()) {
      return true;
    }
    try {
      // a leap year, so that people born on its day may leave out theirs
      LocalDate.parse(text.startsWith(NO_YEAR) ? "2000-" + text.substring(5) : text);
      return text.length() == 10;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static boolean locale(String text) {
    try {
      return !text.isEmpty()
          && text.length() <= 35
          && !new Locale.Builder().setLanguageTag(text).build().getLanguage().isEmpty();
    } catch (IllformedLocaleException e) {
      return false;
    }
  }

  private static String cut(String text) {
    return text.substring(0, Math.min(text.length(), 64));
  }
}
