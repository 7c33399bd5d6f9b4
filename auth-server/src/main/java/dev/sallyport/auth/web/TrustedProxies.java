package dev.sallyport.auth.web;

import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.limit.NetworkRange;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The addresses whose word is believed about who is asking. Compared as numbers; a name is never
 * looked up.
 */
@Component
final class TrustedProxies {

  private final List<NetworkRange> ranges;

  TrustedProxies(Installation installation) {
    this.ranges = installation.trustedProxies().stream().map(TrustedProxies::range).toList();
  }

  /** Whether this literal address is one of them; false for anything that is no address. */
  boolean contains(@Nullable String address) {
    byte[] bytes = NetworkRange.literal(address);
    return bytes != null && ranges.stream().anyMatch(range -> range.contains(bytes));
  }

  /**
   * One spelling for each address, an IPv4 one also where it was mapped into IPv6; empty for what
   * is no literal address.
   */
  static Optional<String> canonical(String text) {
    byte[] bytes = NetworkRange.literal(text);
    try {
      return bytes == null
          ? Optional.empty()
          : Optional.of(InetAddress.getByAddress(bytes).getHostAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of neither 4 nor 16 bytes", e);
    }
  }

  private static NetworkRange range(String text) {
    return NetworkRange.parse(text)
        .orElseThrow(
            () ->
                new SettingRefused(
                    "`sallyport.trusted-proxies` must be addresses or CIDR ranges, not `"
                        + text
                        + "`"));
  }
}
