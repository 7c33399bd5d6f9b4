package dev.sallyport.gateway.mls;

import com.google.protobuf.ByteString;

/**
 * Reads the TLS presentation language with MLS's vectors (RFC 9420 §2.1.2). Sticky: after the first
 * fault everything read is empty or zero, and {@link #failed} says so; callers check once, at the
 * end. Copies nothing.
 */
final class Wire {

  private final ByteString bytes;
  private int at;
  private boolean failed;

  Wire(ByteString bytes) {
    this.bytes = bytes;
  }

  int uint8() {
    return (int) unsigned(1);
  }

  int uint16() {
    return (int) unsigned(2);
  }

  long uint32() {
    return unsigned(4);
  }

  /** As it is: values over 2^63-1 show as negative. */
  long uint64() {
    return unsigned(8);
  }

  private long unsigned(int size) {
    if (failed || bytes.size() - at < size) {
      failed = true;
      return 0;
    }
    long value = 0;
    for (int i = 0; i < size; i++) {
      value = (value << 8) | (bytes.byteAt(at++) & 0xff);
    }
    return value;
  }

  /** A vector of bytes; its length is written in the shortest of three forms (RFC 9000 §16). */
  ByteString vector() {
    int first = uint8();
    long length =
        switch (first >>> 6) {
          case 0 -> first;
          case 1 -> (long) (first & 0x3f) << 8 | uint8();
          case 2 -> (long) (first & 0x3f) << 24 | (long) uint8() << 16 | uint16();
          default -> -1;
        };
    boolean shortest =
        switch (first >>> 6) {
          case 0 -> true;
          case 1 -> length >= 1 << 6;
          case 2 -> length >= 1 << 14;
          default -> false;
        };
    if (failed || !shortest || length > bytes.size() - at) {
      failed = true;
      return ByteString.EMPTY;
    }
    var vector = bytes.substring(at, at + (int) length);
    at += (int) length;
    return vector;
  }

  /** Steps over what is of no interest. */
  Wire skipVector() {
    vector();
    return this;
  }

  void fail() {
    failed = true;
  }

  boolean failed() {
    return failed;
  }

  boolean atEnd() {
    return !failed && at == bytes.size();
  }
}
