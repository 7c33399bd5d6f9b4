package dev.sallyport.gateway.door;

import java.net.InetAddress;

/** A range of addresses: {@code 10.0.0.0/8}, or one address. */
final class Cidr {

  private final byte[] network;
  private final int prefix;

  private Cidr(byte[] network, int prefix) {
    this.network = network;
    this.prefix = prefix;
  }

  /** Reads a literal; never asks DNS. */
  static Cidr of(String text) {
    int slash = text.indexOf('/');
    InetAddress address = literal(slash < 0 ? text : text.substring(0, slash));
    int bits = address.getAddress().length * 8;
    try {
      int prefix = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
      if (prefix >= 0 && prefix <= bits) {
        return new Cidr(address.getAddress(), prefix);
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw new IllegalArgumentException("`" + text + "` is not a range of addresses");
  }

  private static InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      // Without the cause: this message is the one line that the operator sees.
      throw new IllegalArgumentException("`" + text + "` is not an address");
    }
  }

  boolean contains(InetAddress address) {
    byte[] other = address.getAddress();
    if (other.length != network.length) {
      return false;
    }
    int whole = prefix / 8;
    for (int i = 0; i < whole; i++) {
      if (other[i] != network[i]) {
        return false;
      }
    }
    int rest = prefix % 8;
    return rest == 0 || ((other[whole] ^ network[whole]) & 0xff) >>> (8 - rest) == 0;
  }
}
