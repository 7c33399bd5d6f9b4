package dev.sallyport.auth.web;

import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The addresses whose word is believed about who is asking. Compared as numbers; a name is never
 * looked up.
 */
@Component
final class TrustedProxies {

  /** The first {@code bits} of an address. */
  record Range(byte[] address, int bits) {

    boolean contains(byte[] other) {
      if (other.length != address.length) {
        return false;
      }
      int whole = bits / 8;
      for (int i = 0; i < whole; i++) {
        if (address[i] != other[i]) {
          return false;
        }
      }
      int rest = bits % 8;
      return rest == 0 || ((address[whole] ^ other[whole]) & (0xff00 >> rest) & 0xff) == 0;
    }
  }

  private final List<Range> ranges;

  TrustedProxies(Installation installation) {
    this.ranges = installation.trustedProxies().stream().map(TrustedProxies::range).toList();
  }

  /** Whether this literal address is one of them; false for anything that is no address. */
  boolean contains(@Nullable String address) {
    byte[] bytes = bytes(address);
    return bytes != null && ranges.stream().anyMatch(range -> range.contains(bytes));
  }

  /** Whether this is a literal IPv4 or IPv6 address. */
  static boolean isAddress(String text) {
    return bytes(text) != null;
  }

  private static Range range(String text) {
    int slash = text.indexOf('/');
    byte[] address = bytes(slash < 0 ? text : text.substring(0, slash));
    try {
      if (address != null) {
        int bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
        if (bits >= 0 && bits <= address.length * 8) {
          return new Range(address, bits);
        }
      }
    } catch (NumberFormatException e) {
      // refused below like any other
    }
    throw new SettingRefused(
        "`sallyport.trusted-proxies` must be addresses or CIDR ranges, not `" + text + "`");
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    if (text == null || text.length() > 45) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text).getAddress();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
