package dev.sallyport.auth.web;

import dev.sallyport.auth.installation.Installation;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.stereotype.Component;

/**
 * What is kept in a browser and not with us, since whoever asks for a page could otherwise fill our
 * disk: unread by scripts, not sent along by other sites' forms, and with TLS under a {@code
 * __Host-} name, which neither a sibling domain nor a plain connection can set (RFC 6265bis
 * §4.1.3).
 */
@Component
class OwnCookies {

  /** Browsers keep no more than 4,096 bytes of name and value. */
  static final int VALUE_LENGTH_MAX = 3900;

  private final boolean https;

  OwnCookies(Installation installation) {
    this.https = installation.https();
  }

  /** The cookie's name as browsers know it. */
  String name(String name) {
    return https ? "__Host-" + name : name;
  }

  boolean https() {
    return https;
  }

  Optional<String> read(HttpServletRequest request, String name) {
    Cookie[] cookies = request.getCookies();
    if (cookies != null) {
      for (Cookie cookie : cookies) {
        if (cookie.getName().equals(name(name)) && cookie.getValue() != null) {
          return Optional.of(cookie.getValue()).filter(value -> !value.isEmpty());
        }
      }
    }
    return Optional.empty();
  }

  /** The value must consist of characters that cookies may have. */
  void write(HttpServletResponse response, String name, String value, Duration life) {
    response.addHeader(
        HttpHeaders.SET_COOKIE,
        ResponseCookie.from(name(name), value)
            .path("/")
            .httpOnly(true)
            .secure(https)
            .sameSite("Lax")
            .maxAge(life)
            .build()
            .toString());
  }

  void forget(HttpServletResponse response, String name) {
    write(response, name, "", Duration.ZERO);
  }
}
