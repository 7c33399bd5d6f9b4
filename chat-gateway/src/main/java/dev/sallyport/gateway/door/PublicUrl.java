package dev.sallyport.gateway.door;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/**
 * URLs as {@code htu} compares them (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3): scheme and host in
 * lower case, default port left out, percent-encoding normalized, without query and fragment.
 */
final class PublicUrl {
  private static final int CHARS_MAX = 2048;
  private static final String UNRESERVED = "-._~";

  private PublicUrl() {}

  /** The normal form; empty if it is not an http or https URL. */
  static Optional<String> normalize(String text) {
    if (text.length() > CHARS_MAX) {
      return Optional.empty();
    }
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
    if (uri.getScheme() == null || uri.getHost() == null || uri.getRawUserInfo() != null) {
      return Optional.empty();
    }
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    int defaultPort =
        switch (scheme) {
          case "http" -> 80;
          case "https" -> 443;
          default -> -1;
        };
    if (defaultPort < 0) {
      return Optional.empty();
    }
    String port = uri.getPort() < 0 || uri.getPort() == defaultPort ? "" : ":" + uri.getPort();
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return Optional.of(
        scheme + "://" + uri.getHost().toLowerCase(Locale.ROOT) + port + percentNormal(path));
  }

  /** Escapes of unreserved characters are decoded, all others written in upper case. */
  private static String percentNormal(String path) {
    if (path.indexOf('%') < 0) {
      return path;
    }
    StringBuilder normal = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '%') {
        normal.append(c);
        continue;
      }
      // java.net.URI has seen to it that two hexadecimal digits follow.
      String digits = path.substring(i + 1, i + 3);
      char decoded = (char) Integer.parseInt(digits, 16);
      boolean unreserved =
          decoded < 0x80
              && (Character.isLetterOrDigit(decoded) || UNRESERVED.indexOf(decoded) >= 0);
      if (unreserved) {
        normal.append(decoded);
      } else {
        normal.append('%').append(digits.toUpperCase(Locale.ROOT));
      }
      i += 2;
    }
    return normal.toString();
  }
}
