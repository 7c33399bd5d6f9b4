package dev.sallyport.auth.admin;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * {@code If-Match} (RFC 9110 §13.1.1): a change names the version it was made from, so that none is
 * lost. {@code *} says that any will do.
 */
final class Precondition {

  private static final Pattern TAG = Pattern.compile("\"(" + Texts.NUMBER + ")\"");

  private static final Pattern STATE = Pattern.compile("\"([A-Za-z0-9_-]{43})\"");

  private Precondition() {}

  /** The version expected; null for {@code *}. */
  static @Nullable Long expected(@Nullable String ifMatch) {
    if (ifMatch == null) {
      throw new RequestRefused(
          HttpStatus.PRECONDITION_REQUIRED,
          "precondition_required",
          "name the version that you change in `If-Match`: its `ETag`, or `*` for any");
    }
    String tag = ifMatch.strip();
    if (tag.equals("*")) {
      return null;
    }
    Matcher matcher = TAG.matcher(tag);
    if (!matcher.matches()) {
      throw stale("`If-Match` is not the `ETag` of the present version");
    }
    return Long.parseLong(matcher.group(1));
  }

  /** As {@link #expected}, of a state that is no number. */
  static @Nullable String expectedState(@Nullable String ifMatch) {
    if (ifMatch == null || ifMatch.strip().equals("*")) {
      expected(ifMatch);
      return null;
    }
    Matcher matcher = STATE.matcher(ifMatch.strip());
    if (!matcher.matches()) {
      throw stale("`If-Match` is not the `ETag` of the present state");
    }
    return matcher.group(1);
  }

  static RequestRefused stale(String detail) {
    return new RequestRefused(HttpStatus.PRECONDITION_FAILED, "changed_meanwhile", detail);
  }

  static String tag(long version) {
    return "\"" + version + "\"";
  }
}
