package dev.sallyport.acceptance.history;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** MLS messages with a true header around bytes that nobody opens (RFC 9420 §6.3, §12.4.3.1). */
final class Mls {

  private static final int PRIVATE_MESSAGE = 2;
  private static final int WELCOME = 3;
  private static final int CIPHER_SUITE = 1;

  private Mls() {}

  /**
   * @param kind as in {@link Fact.Entry}, which are MLS' content types too
   */
  static byte[] message(String group, long epoch, int kind, byte[] payload) {
    var bytes = head(PRIVATE_MESSAGE);
    vector(bytes, group.getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(epoch).array());
    bytes.write(kind);
    vector(bytes, new byte[0]);
    vector(bytes, new byte[16]);
    vector(bytes, payload);
    return bytes.toByteArray();
  }

  static byte[] welcome(byte[] payload) {
    var bytes = head(WELCOME);
    uint16(bytes, CIPHER_SUITE);
    vector(bytes, new byte[0]);
    vector(bytes, payload);
    return bytes.toByteArray();
  }

  private static ByteArrayOutputStream head(int wireFormat) {
    var bytes = new ByteArrayOutputStream();
    uint16(bytes, 1);
    uint16(bytes, wireFormat);
    return bytes;
  }

  private static void uint16(ByteArrayOutputStream to, int value) {
    to.write(value >> 8);
    to.write(value);
  }

  /** §2.1.2. */
  private static void vector(ByteArrayOutputStream to, byte[] value) {
    int length = value.length;
    if (length < 1 << 6) {
      to.write(length);
    } else if (length < 1 << 14) {
      uint16(to, 1 << 14 | length);
    } else {
      to.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(1 << 31 | length).array());
    }
    to.writeBytes(value);
  }
}
