package dev.sallyport.auth.fetch;

import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.limit.NetworkRange;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Where calls may go. A name is resolved here, once for each connection, and the connection goes to
 * an address that was looked at: a name that leads elsewhere a moment later gains nothing.
 */
final class Destinations implements DnsResolver {

  /** What is not the public internet, though its addresses look like it (RFC 6890, IANA). */
  private static final List<NetworkRange> SPECIAL =
      Stream.of(
              "0.0.0.0/8",
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "172.16.0.0/12",
              "192.0.0.0/24",
              "192.0.2.0/24",
              "192.88.99.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "224.0.0.0/4",
              "240.0.0.0/4",
              // of global unicast: what carries IPv4 inside, documentation
              "2001::/23",
              "2001:db8::/32",
              "2002::/16",
              "3fff::/20")
          .map(text -> NetworkRange.parse(text).orElseThrow())
          .toList();

  /** All of IPv6 that is the public internet. */
  private static final NetworkRange GLOBAL_UNICAST = NetworkRange.parse("2000::/3").orElseThrow();

  private final List<NetworkRange> allowed;

  Destinations(List<String> allow) {
    this.allowed =
        allow.stream()
            .map(
                text ->
                    NetworkRange.parse(text)
                        .orElseThrow(
                            () ->
                                new SettingRefused(
                                    "`sallyport.fetch.allow` must be addresses or CIDR ranges, not"
                                        + " `"
                                        + text
                                        + "`")))
            .toList();
  }

  /** What speaks against this URL before any name is looked up. */
  Optional<String> fault(URI uri) {
    String host = uri.getHost();
    if (host == null || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
      return Optional.of("the URL is not one of a web server");
    }
    // resolve() lets `localhost` lead nowhere but to loopback, and only where that is allowed
    boolean permitted =
        "https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && loopbackName(host));
    return permitted ? Optional.empty() : Optional.of("the URL must be https");
  }

  private static boolean loopbackName(String host) {
    if (host.equalsIgnoreCase("localhost")) {
      return true;
    }
    byte[] literal = NetworkRange.literal(host.replaceAll("^\\[|]$", ""));
    try {
      return literal != null && InetAddress.getByAddress(literal).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    InetAddress[] permitted =
        Arrays.stream(InetAddress.getAllByName(host))
            .filter(address -> permitted(address))
            .filter(address -> !host.equalsIgnoreCase("localhost") || address.isLoopbackAddress())
            .toArray(InetAddress[]::new);
    if (permitted.length == 0) {
      throw new UnknownHostException("the host leads to no address that may be called");
    }
    return permitted;
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }

  boolean permitted(InetAddress address) {
    byte[] bytes = address.getAddress();
    return allowed.stream().anyMatch(range -> range.contains(bytes))
        || ((bytes.length == 4 || GLOBAL_UNICAST.contains(bytes))
            && SPECIAL.stream().noneMatch(range -> range.contains(bytes)));
  }
}
