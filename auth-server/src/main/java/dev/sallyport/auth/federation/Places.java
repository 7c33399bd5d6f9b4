package dev.sallyport.auth.federation;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/**
 * The rule of issuers and endpoints: https, or http on a loopback address that needs no look-up.
 * Where calls may really go is {@code fetch}'s to say.
 */
final class Places {

  static final int URL_CHARS_MAX = 500;

  private static final Pattern LITERAL = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.]+\\]");

  private Places() {}

  /** Whether this may be an issuer. */
  static boolean issuer(URI uri) {
    return uri.getHost() != null
        && uri.getRawUserInfo() == null
        && uri.getRawQuery() == null
        && uri.getRawFragment() == null
        && uri.toString().length() <= URL_CHARS_MAX
        && (https(uri) || loopback(uri));
  }

  /**
   * Whether a provider of this issuer may name this as an endpoint: by the rule of issuers, and
   * loopback only for one that is there itself. Otherwise its metadata could send a client secret
   * out in the clear, or this server's requests to itself.
   */
  static boolean endpoint(URI issuer, String endpoint) {
    URI uri;
    try {
      uri = new URI(endpoint);
    } catch (URISyntaxException e) {
      return false;
    }
    return uri.getHost() != null
        && uri.getRawUserInfo() == null
        && uri.getRawFragment() == null
        && endpoint.length() <= URL_CHARS_MAX
        && (loopback(issuer) ? https(uri) || loopback(uri) : https(uri) && !local(uri));
  }

  /** Names and addresses of this machine, whatever the scheme. */
  private static boolean local(URI uri) {
    String host = uri.getHost();
    return host.equals("localhost")
        || (LITERAL.matcher(host).matches() && ofThisMachine(address(host)));
  }

  private static boolean ofThisMachine(InetAddress address) {
    return address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || address.isLinkLocalAddress();
  }

  private static boolean https(URI uri) {
    return "https".equals(uri.getScheme());
  }

  /** Only names and addresses that need no look-up. */
  private static boolean loopback(URI uri) {
    String host = uri.getHost();
    return "http".equals(uri.getScheme())
        && (host.equals("localhost")
            || (host.matches("[0-9.]+|\\[[0-9a-fA-F:]+\\]") && address(host).isLoopbackAddress()));
  }

  private static InetAddress address(String literal) {
    return InetAddress.ofLiteral(literal.replaceAll("[\\[\\]]", ""));
  }
}
