package dev.sallyport.auth.web;

import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
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

  /** The first {@code bits} of an address. */
  private static final class Range {
    private final byte[] address;
    private final int bits;

    Range(byte[] address, int bits) {
      this.address = address;
      this.bits = bits;
    }

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

  /** An IPv6 address that ends in an IPv4 one. */
  private static final int LITERAL_LENGTH_MAX = 45;

  private final List<Range> ranges;

  TrustedProxies(Installation installation) {
    this.ranges = installation.trustedProxies().stream().map(TrustedProxies::range).toList();
  }

  /** Whether this literal address is one of them; false for anything that is no address. */
  boolean contains(@Nullable String address) {
    byte[] bytes = bytes(address);
    return bytes != null && ranges.stream().anyMatch(range -> range.contains(bytes));
  }

  /**
   * One spelling for each address, an IPv4 one also where it was mapped into IPv6; empty for what
   * is no literal address.
   */
  static Optional<String> canonical(String text) {
    byte[] bytes = bytes(text);
    try {
      return bytes == null
          ? Optional.empty()
          : Optional.of(InetAddress.getByAddress(bytes).getHostAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of neither 4 nor 16 bytes", e);
    }
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
    if (text == null || text.length() > LITERAL_LENGTH_MAX) {
      return null;
    }
    // the JDK also takes `10.1` for 10.0.0.1
    if (text.indexOf(':') < 0 && text.chars().filter(character -> character == '.').count() != 3) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(text).getAddress();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
