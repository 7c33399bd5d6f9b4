package dev.sallyport.gateway.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import dev.sallyport.gateway.mls.MlsHeader;
import dev.sallyport.gateway.mls.MlsMessage;
import dev.sallyport.gateway.protocol.Authenticate;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.ExternalSender;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import dev.sallyport.gateway.room.Gateway;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a socket reads of a client, for Jazzer: a frame, and the clear part of the MLS message in
 * it. An ordinary build runs the seeds; {@code ops/fuzz} searches on.
 */
class FramesFuzzTest {

  private static final String ROOM = "0192f0c1-0000-7000-8000-000000000001";

  static Stream<Arguments> frameSeeds() {
    var leaf = DeclaredLeaf.newBuilder().setUserId("u").setDeviceId("d").setLeafIndex(3);
    return Stream.of(
            ClientFrame.newBuilder()
                .setRequestId(1)
                .setAuthenticate(Authenticate.newBuilder().setAccessToken("t").setDpopProof("p")),
            ClientFrame.newBuilder()
                .setSubscribe(
                    Subscribe.newBuilder()
                        .addRooms(Cursor.newBuilder().setRoomId(ROOM).setAfterSeq(-1))
                        .setInboxAfterSeq(9)),
            ClientFrame.newBuilder()
                .setSend(
                    Send.newBuilder()
                        .setRoomId(ROOM)
                        .setClientMessageId(ByteString.copyFrom(new byte[16]))
                        .setMlsMessage(Gateway.sealed(ROOM, 1, 3, "x"))
                        .setCommit(
                            CommitDeclaration.newBuilder()
                                .addAdds(leaf)
                                .addRemoves(leaf)
                                .addWelcomes(WelcomeDelivery.newBuilder().setDeviceId("d"))
                                .setExternalSender(ExternalSender.newBuilder().setKeyId("k")))))
        .map(frame -> Arguments.of((Object) frame.build().toByteArray()));
  }

  @MethodSource("frameSeeds")
  @FuzzTest
  void clientFrame(byte[] input) throws IOException {
    ClientFrame frame;
    try {
      frame = Socket.decode(Unpooled.wrappedBuffer(input));
    } catch (IOException refused) {
      return;
    }
    // What was taken can be passed on, and says the same there.
    assertEquals(frame, Socket.decode(Unpooled.wrappedBuffer(frame.toByteArray())));
    assertTrue(frame.getSerializedSize() <= 2L * input.length + 64, "it grew");
    MlsHeader.read(frame.getSend().getMlsMessage());
  }

  static Stream<Arguments> mlsSeeds() {
    return Stream.of(
            Gateway.sealed(ROOM, 0, 1, "application"),
            Gateway.sealed(ROOM, 7, 2, "proposal"),
            Gateway.sealed(ROOM, -1, 3, "commit"),
            Gateway.welcome("welcome"),
            ByteString.copyFrom(
                new byte[] {0, 1, 0, 4, 0, 1, 0, 1, 1, 'r', 0, 0, 0, 0, 0, 0, 0, 1}),
            ByteString.copyFrom(new byte[] {0, 1, 0, 1, 1, 'r', 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0}),
            ByteString.copyFrom(new byte[] {0, 1, 0, 5, 0, 1, 0, 1, 32}))
        .map(message -> Arguments.of((Object) message.toByteArray()));
  }

  @MethodSource("mlsSeeds")
  @FuzzTest
  void mlsHeader(byte[] input) {
    var bytes = ByteString.copyFrom(input);
    MlsMessage read = MlsHeader.read(bytes);
    assertEquals(read, MlsHeader.read(bytes));
    if (read instanceof MlsMessage.PrivateMessage(var groupId, long epoch, var type)) {
      assertTrue(groupId.size() <= 255 && epoch >= 0, "beyond its bounds");
      assertTrue(input.length > groupId.size(), "out of nothing");
      // All of it was read: one byte more is another message.
      assertTrue(
          MlsHeader.read(bytes.concat(ByteString.copyFrom(new byte[1])))
              instanceof MlsMessage.Malformed,
          "something may follow");
    }
  }
}
