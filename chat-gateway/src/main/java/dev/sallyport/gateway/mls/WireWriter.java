package dev.sallyport.gateway.mls;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;

/**
 * Writes the TLS presentation language with MLS's vectors (RFC 9420 §2.1.2), as {@link Wire} reads.
 */
final class WireWriter {

  private ByteString written = ByteString.EMPTY;

  WireWriter uint8(int value) {
    return bytes(ByteString.copyFrom(new byte[] {(byte) value}));
  }

  WireWriter uint16(int value) {
    return bytes(ByteString.copyFrom(ByteBuffer.allocate(2).putShort((short) value).flip()));
  }

  WireWriter uint32(int value) {
    return bytes(ByteString.copyFrom(ByteBuffer.allocate(4).putInt(value).flip()));
  }

  WireWriter uint64(long value) {
    return bytes(ByteString.copyFrom(ByteBuffer.allocate(8).putLong(value).flip()));
  }

  /** A vector of at most 16,383 bytes. */
  WireWriter vector(ByteString value) {
    if (value.size() >= 1 << 14) {
      throw new IllegalArgumentException("a vector of " + value.size() + " bytes");
    }
    return (value.size() < 1 << 6 ? uint8(value.size()) : uint16(1 << 14 | value.size()))
        .bytes(value);
  }

  WireWriter bytes(ByteString value) {
    written = written.concat(value);
    return this;
  }

  ByteString written() {
    return written;
  }
}
