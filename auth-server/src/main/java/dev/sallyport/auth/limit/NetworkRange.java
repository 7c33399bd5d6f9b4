package dev.sallyport.auth.limit;

import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An address or a CIDR range, compared as numbers; a name is never looked up. */
public final class NetworkRange {

  /** An IPv6 address that ends in an IPv4 one. */
  private static final int LITERAL_LENGTH_MAX = 45;

  private final byte[] address;
  private final int bits;

  private NetworkRange(byte[] address, int bits) {
    this.address = address;
    this.bits = bits;
  }

  /** {@code 10.0.0.0/8}, or a literal address for itself alone; empty for anything else. */
  public static Optional<NetworkRange> parse(String text) {
    int slash = text.indexOf('/');
    byte[] address = literal(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      return Optional.empty();
    }
    try {
      int bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
      return bits >= 0 && bits <= address.length * 8
          ? Optional.of(new NetworkRange(address, bits))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Whether this address, as bytes in network order, lies in it. */
  public boolean contains(byte[] other) {
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

  /** The bytes of a literal address, an IPv4 one also where it is mapped into IPv6. */
  public static byte @Nullable [] literal(@Nullable String text) {
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
