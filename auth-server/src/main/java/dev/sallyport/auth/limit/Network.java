package dev.sallyport.auth.limit;

import java.net.InetAddress;

/**
 * What counts as one asker: an IPv4 address, or an IPv6 network of 64 bits, since that is what one
 * customer is given at least.
 */
public final class Network {

  private static final int PREFIX_BYTES = 8;

  private Network() {}

  /** The key of the network of this literal address. Text that is none is its own key. */
  public static String of(String address) {
    byte[] bytes;
    try {
      bytes = InetAddress.ofLiteral(address).getAddress();
    } catch (IllegalArgumentException e) {
      return address;
    }
    int length = bytes.length == 4 ? 4 : PREFIX_BYTES;
    StringBuilder key = new StringBuilder(2 * length + 1).append(length == 4 ? '4' : '6');
    for (int i = 0; i < length; i++) {
      key.append(Character.forDigit((bytes[i] >> 4) & 0xf, 16));
      key.append(Character.forDigit(bytes[i] & 0xf, 16));
    }
    return key.toString();
  }
}
