package dev.sallyport.gateway.socket;

import com.google.protobuf.CodedOutputStream;
import dev.sallyport.gateway.protocol.ServerFrame;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * One ServerFrame as the bytes that go on the wire, WebSocket header included (RFC 6455 §5.2:
 * final, binary, unmasked). Made once and shared among all receivers of a fan-out. Immutable,
 * thread-safe; nothing to release.
 *
 * <p>The bytes lie on the heap: copying some hundred of them into the direct buffer in which a
 * socket gathers its batch costs less than counting references to a shared buffer from several
 * event loops.
 */
public final class EncodedFrame {
  private static final int FINAL_BINARY = 0x82;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;

  private final byte[] wire;

  private EncodedFrame(byte[] wire) {
    this.wire = wire;
  }

  /** Encodes the frame. */
  public static EncodedFrame of(ServerFrame frame) {
    int length = frame.getSerializedSize();
    int header = length < LENGTH_16 ? 2 : length <= 0xffff ? 4 : 10;
    byte[] wire = new byte[header + length];
    wire[0] = (byte) FINAL_BINARY;
    switch (header) {
      case 2 -> wire[1] = (byte) length;
      case 4 -> {
        wire[1] = LENGTH_16;
        wire[2] = (byte) (length >>> 8);
        wire[3] = (byte) length;
      }
      default -> {
        wire[1] = LENGTH_64;
        for (int i = 0; i < 4; i++) {
          wire[6 + i] = (byte) (length >>> (24 - 8 * i));
        }
      }
    }
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(wire, header, length);
      frame.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new EncodedFrame(wire);
  }

  /** Bytes on the wire. */
  public int size() {
    return wire.length;
  }

  void writeTo(ByteBuf out) {
    out.writeBytes(wire);
  }

  @Override
  public String toString() {
    return "EncodedFrame[" + wire.length + " bytes]";
  }
}
