package dev.sallyport.auth.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.savedrequest.DefaultSavedRequest;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.savedrequest.SavedRequest;

/**
 * What a browser wanted before it was sent to sign in, in a cookie of that browser: path and query
 * of an authorization request, or of a page. It opens nothing that the same link would not open, so
 * it is neither sealed nor signed; that it leads to one of our own pages is checked when it is
 * read.
 *
 * <p>One that is too long for a cookie is not kept, and {@link #getRequest} then finds none:
 * clients push such requests (RFC 9126).
 */
final class WaitingRequests implements RequestCache {

  static final String COOKIE = "SALLYPORT_AUTH_NEXT";

  private static final Duration LIFE = Duration.ofMinutes(15);

  /** Request attribute: what was kept in answer to this very request; empty text: nothing. */
  private static final String KEPT = WaitingRequests.class.getName();

  private static final String AUTHORIZE = "/oauth2/authorize";

  private final OwnCookies cookies;

  WaitingRequests(OwnCookies cookies) {
    this.cookies = cookies;
  }

  @Override
  public void saveRequest(HttpServletRequest request, HttpServletResponse response) {
    String path = request.getRequestURI();
    if (!"GET".equals(request.getMethod()) || !ours(path)) {
      return;
    }
    String query = request.getQueryString();
    String text = asCookie(query == null ? path : path + "?" + query);
    if (text.length() > OwnCookies.VALUE_LENGTH_MAX) {
      request.setAttribute(KEPT, "");
      cookies.forget(response, COOKIE);
      return;
    }
    request.setAttribute(KEPT, text);
    cookies.write(response, COOKIE, text, LIFE);
  }

  @Override
  public @Nullable SavedRequest getRequest(
      HttpServletRequest request, HttpServletResponse response) {
    return waiting(request);
  }

  /** What waits in this browser. */
  @Nullable SavedRequest waiting(HttpServletRequest request) {
    Optional<String> text =
        request.getAttribute(KEPT) instanceof String kept
            ? Optional.of(kept)
            : cookies.read(request, COOKIE);
    return text.map(WaitingRequests::parse).orElse(null);
  }

  /** Never: the sign-in redirects to what waits, and so nothing is replayed unasked. */
  @Override
  public @Nullable HttpServletRequest getMatchingRequest(
      HttpServletRequest request, HttpServletResponse response) {
    return null;
  }

  @Override
  public void removeRequest(HttpServletRequest request, HttpServletResponse response) {
    request.setAttribute(KEPT, "");
    if (cookies.read(request, COOKIE).isPresent()) {
      cookies.forget(response, COOKIE);
    }
  }

  private static boolean ours(String path) {
    return path.equals(AUTHORIZE) || PageSecurity.page(path);
  }

  private static @Nullable SavedRequest parse(String text) {
    int mark = text.indexOf('?');
    String path = mark < 0 ? text : text.substring(0, mark);
    if (!ours(path)) {
      return null;
    }
    DefaultSavedRequest.Builder saved =
        new DefaultSavedRequest.Builder()
            .setMethod("GET")
            .setScheme("http")
            .setServerName("localhost")
            .setServerPort(80)
            .setRequestURI(path)
            .setRequestURL(path)
            .setContextPath("")
            .setServletPath(path);
    if (mark >= 0) {
      String query = text.substring(mark + 1);
      saved.setQueryString(query).setParameters(parameters(query));
    }
    return saved.build();
  }

  private static Map<String, String[]> parameters(String query) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      try {
        values
            .computeIfAbsent(
                URLDecoder.decode(name, StandardCharsets.UTF_8), _ -> new ArrayList<>())
            .add(URLDecoder.decode(value, StandardCharsets.UTF_8));
      } catch (IllegalArgumentException malformed) {
        // whoever reads the request itself refuses it
      }
    }
    Map<String, String[]> parameters = new LinkedHashMap<>();
    values.forEach((name, list) -> parameters.put(name, list.toArray(String[]::new)));
    return parameters;
  }

  /** The few characters that a URL may have and a cookie may not, percent-encoded. */
  private static String asCookie(String url) {
    StringBuilder text = new StringBuilder(url.length());
    for (byte character : url.getBytes(StandardCharsets.UTF_8)) {
      boolean allowed =
          character > ' '
              && character < 0x7f
              && character != '"'
              && character != ','
              && character != ';'
              && character != '\\';
      if (allowed) {
        text.append((char) character);
      } else {
        text.append('%').append("%02X".formatted(character & 0xff));
      }
    }
    return text.toString();
  }
}
