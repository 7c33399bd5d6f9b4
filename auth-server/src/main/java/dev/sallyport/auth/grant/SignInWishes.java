package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Macs;
import dev.sallyport.auth.client.SharedKeys;
import dev.sallyport.auth.session.SignInWish;
import dev.sallyport.auth.token.Hashes;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * What this endpoint wants of a sign-in, sealed into the request that waits for it: so that the
 * request is known for one that was sent to sign in when it comes back, and when that was, without
 * a row for every stranger. A seal is good for that one request only, and for as long as requests
 * wait.
 */
@Component
final class SignInWishes {

  /** For as long as {@code web} keeps what waits. */
  private static final Duration LIFE = Duration.ofMinutes(15);

  private final SharedKeys keys;
  private final Clock clock;

  SignInWishes(SharedKeys keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /** The request as it is to wait: with this wish, in place of any that it came with. */
  HttpServletRequest waiting(HttpServletRequest request, SignInWish wish) {
    String query = own(request.getQueryString());
    String text = wish.text();
    String marked =
        (query.isEmpty() ? "" : query + "&")
            + SignInWish.PARAMETER
            + "="
            + text
            + "."
            + seal(query, text);
    return new HttpServletRequestWrapper(request) {
      @Override
      public String getQueryString() {
        return marked;
      }
    };
  }

  /** The wish with which this request was sent to sign in, if it was. */
  Optional<SignInWish> of(HttpServletRequest request) {
    String[] values = request.getParameterValues(SignInWish.PARAMETER);
    if (values == null || values.length != 1) {
      return Optional.empty();
    }
    int dot = values[0].lastIndexOf('.');
    if (dot < 0) {
      return Optional.empty();
    }
    String text = values[0].substring(0, dot);
    return Hashes.same(values[0].substring(dot + 1), seal(own(request.getQueryString()), text))
        ? SignInWish.parse(text).filter(wish -> clock.instant().isBefore(wish.askedAt().plus(LIFE)))
        : Optional.empty();
  }

  private String seal(String query, String text) {
    // decoded, since what waits in a cookie is escaped there
    return Macs.hmacSha256(keys.hmac("sign-in-wish"), Hashes.sha256(decoded(query)) + "." + text);
  }

  private static String decoded(String query) {
    try {
      return URLDecoder.decode(query, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return query;
    }
  }

  /** The query as the client wrote it. */
  private static String own(@Nullable String query) {
    return query == null
        ? ""
        : Arrays.stream(query.split("&"))
            .filter(pair -> !pair.startsWith(SignInWish.PARAMETER + "="))
            .collect(Collectors.joining("&"));
  }
}
