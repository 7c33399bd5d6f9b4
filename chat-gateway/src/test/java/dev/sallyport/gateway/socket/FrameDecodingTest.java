package dev.sallyport.gateway.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.protocol.Authenticate;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.Subscribe;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes of a message to a ClientFrame: a frame, or one kind of failure. */
class FrameDecodingTest {
  private static final List<ClientFrame> FRAMES =
      List.of(
          ClientFrame.newBuilder()
              .setRequestId(1)
              .setAuthenticate(Authenticate.newBuilder().setAccessToken("t").setDpopProof("p"))
              .build(),
          ClientFrame.newBuilder()
              .setSubscribe(
                  Subscribe.newBuilder()
                      .addRooms(Cursor.newBuilder().setRoomId("r").setAfterSeq(9)))
              .build(),
          ClientFrame.newBuilder()
              .setSend(
                  Send.newBuilder()
                      .setRoomId("r")
                      .setMlsMessage(ByteString.copyFrom(new byte[50]))
                      .setCommit(
                          CommitDeclaration.newBuilder()
                              .addAdds(DeclaredLeaf.newBuilder().setUserId("u"))))
              .build());

  @Test
  void decode_heapAndDirect_theSame() throws IOException {
    for (ClientFrame frame : FRAMES) {
      byte[] bytes = frame.toByteArray();
      assertThat(Socket.decode(Unpooled.wrappedBuffer(bytes))).isEqualTo(frame);
      var direct = Unpooled.directBuffer().writeBytes(bytes);
      try {
        assertThat(Socket.decode(direct)).isEqualTo(frame);
      } finally {
        direct.release();
      }
    }
  }

  @Test
  void decode_deeperThanOurs_refused() {
    // Field 100 as a group, within itself: unknown, and still bounded.
    byte[] deep = new byte[18 * 2];
    for (int i = 0; i < deep.length; i += 2) {
      boolean opens = i < deep.length / 2;
      deep[i] = (byte) (opens ? 0xa3 : 0xa4);
      deep[i + 1] = 0x06;
    }
    assertThatThrownBy(() -> Socket.decode(Unpooled.wrappedBuffer(deep)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too many levels of nesting");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void decode_mutated_isAFrameOrAnIOException(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = FRAMES.get(random.nextInt(FRAMES.size())).toByteArray();
      if (random.nextInt(5) == 0) {
        bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
      }
      for (int changes = random.nextInt(5); changes > 0 && bytes.length > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        ClientFrame frame = Socket.decode(Unpooled.wrappedBuffer(bytes));
        assertThat(frame.getSerializedSize())
            .as("seed %d, round %d", seed, i)
            .isLessThanOrEqualTo(2 * bytes.length + 64);
      } catch (IOException expected) {
        assertThat(expected).as("seed %d, round %d", seed, i).isNotNull();
      }
    }
  }
}
