package dev.sallyport.auth.session;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an authorization request that waits in a browser wants of the sign-in that it waits for. It
 * travels as the parameter {@value #PARAMETER} of the waiting request. The pages go by it to help
 * the person; whether the wish came true is the authorization endpoint's to check, which knows its
 * own wishes by the seal behind them.
 *
 * @param askedAt when the authorization endpoint sent the browser to sign in
 * @param secondFactor two factors, even from someone who has not enrolled a second yet
 * @param mayStay whether the one who is signed in may go on without signing in again
 * @param username who is expected, as far as the client knows
 */
public record SignInWish(
    Instant askedAt, boolean secondFactor, boolean mayStay, @Nullable String username) {

  /** The name of the parameter. */
  public static final String PARAMETER = "sallyport_sign_in";

  private static final int USERNAME_LENGTH_MAX = 64;

  private static final Pattern TEXT =
      Pattern.compile(
          "([0-9]{1,15})\\.([01])([01])\\.([A-Za-z0-9_-]{0,400})(?:\\.[A-Za-z0-9_-]+)?");

  public SignInWish {
    if (username != null && (username.isEmpty() || username.length() > USERNAME_LENGTH_MAX)) {
      username = null;
    }
  }

  /** As it is written in the parameter, before its seal: only letters, digits, {@code - _ .}. */
  public String text() {
    String name =
        username == null
            ? ""
            : Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(username.getBytes(StandardCharsets.UTF_8));
    return "%d.%d%d.%s"
        .formatted(askedAt.toEpochMilli(), secondFactor ? 1 : 0, mayStay ? 1 : 0, name);
  }

  /** Reads the parameter, with or without a seal; whose it is, is not looked at. */
  public static Optional<SignInWish> parse(String text) {
    Matcher wish = TEXT.matcher(text);
    if (!wish.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new SignInWish(
              Instant.ofEpochMilli(Long.parseLong(wish.group(1))),
              wish.group(2).equals("1"),
              wish.group(3).equals("1"),
              new String(Base64.getUrlDecoder().decode(wish.group(4)), StandardCharsets.UTF_8)));
    } catch (IllegalArgumentException notBase64) {
      return Optional.empty();
    }
  }
}
