package dev.sallyport.policy.value;

import java.net.InetAddress;
import java.util.Optional;

/**
 * An IP address with a prefix length, that is, an address or a range. Two are equal if version,
 * address as written and prefix are.
 *
 * @param v4 whether it is IPv4; then {@code high} is 0 and {@code low} holds 32 bits
 * @param high the first 64 bits of an IPv6 address
 * @param low the last 64 bits
 * @param prefix 0 to 32 or 128
 */
public record IpValue(boolean v4, long high, long low, int prefix)
    implements Value, Comparable<IpValue> {
  /** The longest text there is: eight groups and a prefix of three digits. */
  private static final int TEXT_LENGTH_MAX = 43;

  private static final IpValue LOOPBACK_4 = new IpValue(true, 0, 0x7f00_0000L, 8);
  private static final IpValue LOOPBACK_6 = new IpValue(false, 0, 1, 128);
  private static final IpValue MULTICAST_4 = new IpValue(true, 0, 0xe000_0000L, 4);
  private static final IpValue MULTICAST_6 = new IpValue(false, 0xff00L << 48, 0, 8);

  /** The single address, without a range. */
  public static IpValue of(InetAddress address) {
    byte[] bytes = address.getAddress();
    long high = 0;
    long low = 0;
    for (byte b : bytes) {
      high = high << 8 | low >>> 56;
      low = low << 8 | (b & 0xff);
    }
    return bytes.length == 4 ? new IpValue(true, 0, low, 32) : new IpValue(false, high, low, 128);
  }

  /** Reads an address with or without {@code /prefix}; empty if it is none. */
  public static Optional<IpValue> parse(String text) {
    if (text.length() > TEXT_LENGTH_MAX) {
      return Optional.empty();
    }
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    boolean v4 = address.indexOf(':') < 0;
    if (!v4 && address.indexOf('.') >= 0) {
      return Optional.empty();
    }
    int prefixMax = v4 ? 32 : 128;
    int prefix = slash < 0 ? prefixMax : prefix(text.substring(slash + 1), prefixMax);
    if (prefix < 0) {
      return Optional.empty();
    }
    return v4 ? parse4(address, prefix) : parse6(address, prefix);
  }

  /** The prefix length, or -1: no sign, no needless zero, no other digits than ours. */
  private static int prefix(String text, int max) {
    if (text.isEmpty()
        || text.length() > 3
        || (text.length() > 1 && text.charAt(0) == '0')
        || !Digits.all(text, 0, text.length())) {
      return -1;
    }
    int prefix = Integer.parseInt(text);
    return prefix > max ? -1 : prefix;
  }

  private static Optional<IpValue> parse4(String text, int prefix) {
    String[] octets = text.split("\\.", -1);
    if (octets.length != 4) {
      return Optional.empty();
    }
    long address = 0;
    for (String octet : octets) {
      int value = prefix(octet, 255);
      if (value < 0) {
        return Optional.empty();
      }
      address = address << 8 | value;
    }
    return Optional.of(new IpValue(true, 0, address, prefix));
  }

  private static Optional<IpValue> parse6(String text, int prefix) {
    int gap = text.indexOf("::");
    String[] head = groups(gap < 0 ? text : text.substring(0, gap));
    String[] tail = gap < 0 ? new String[0] : groups(text.substring(gap + 2));
    int count = head.length + tail.length;
    if (gap < 0 ? count != 8 : count > 7) {
      return Optional.empty();
    }
    long[] halves = new long[2];
    for (int i = 0; i < 8; i++) {
      String group =
          i < head.length ? head[i] : i >= 8 - tail.length ? tail[i - 8 + tail.length] : "0";
      int value = group(group);
      if (value < 0) {
        return Optional.empty();
      }
      halves[i / 4] = halves[i / 4] << 16 | value;
    }
    return Optional.of(new IpValue(false, halves[0], halves[1], prefix));
  }

  private static String[] groups(String text) {
    return text.isEmpty() ? new String[0] : text.split(":", -1);
  }

  private static int group(String text) {
    if (text.isEmpty() || text.length() > 4) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  public boolean isLoopback() {
    return isInRange(v4 ? LOOPBACK_4 : LOOPBACK_6);
  }

  public boolean isMulticast() {
    return isInRange(v4 ? MULTICAST_4 : MULTICAST_6);
  }

  /** Whether every address of this range is in that one; never across versions. */
  public boolean isInRange(IpValue range) {
    return v4 == range.v4
        && prefix >= range.prefix
        && ((high ^ range.high) & range.highMask()) == 0
        && ((low ^ range.low) & range.lowMask()) == 0;
  }

  /** The bits of {@link #high} that all addresses of this range have in common. */
  public long highMask() {
    return v4 ? 0 : highBits(Math.min(prefix, 64));
  }

  /** The bits of {@link #low} that all addresses of this range have in common. */
  public long lowMask() {
    return highBits(v4 ? prefix + 32 : Math.max(prefix - 64, 0));
  }

  private static long highBits(int count) {
    return count == 0 ? 0 : -1L << (64 - count);
  }

  /** The address alone; with its prefix if it is a range. */
  public String text() {
    StringBuilder out = new StringBuilder();
    if (v4) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        out.append(shift == 24 ? "" : ".").append(low >>> shift & 0xff);
      }
    } else {
      for (int i = 0; i < 8; i++) {
        long half = i < 4 ? high : low;
        out.append(i == 0 ? "" : ":")
            .append(Long.toHexString(half >>> (48 - 16 * (i % 4)) & 0xffff));
      }
    }
    return prefix == (v4 ? 32 : 128) ? out.toString() : out.append('/').append(prefix).toString();
  }

  /** An order of its own. Hash tables use it where hashes collide by someone's design. */
  @Override
  public int compareTo(IpValue other) {
    int order = Boolean.compare(v4, other.v4);
    order = order != 0 ? order : Long.compareUnsigned(high, other.high);
    order = order != 0 ? order : Long.compareUnsigned(low, other.low);
    return order != 0 ? order : Integer.compare(prefix, other.prefix);
  }

  @Override
  public String toString() {
    return "ip(\"" + text() + "\")";
  }
}
