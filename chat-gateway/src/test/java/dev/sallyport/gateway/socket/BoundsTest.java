package dev.sallyport.gateway.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.Pong;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.ServerFrame;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What a socket may hold, and the catalogue of how it ends. */
class BoundsTest {

  private static int offeredUntilFull(EncodedFrame frame) {
    // Its event loop runs nothing unless told to: a reader that reads nothing.
    var channel = new EmbeddedChannel();
    var outgoing = new Outgoing(channel);
    int queued = 0;
    while (outgoing.offer(frame) == Outgoing.Offered.QUEUED) {
      queued++;
      assertThat(queued).isLessThan(100_000);
    }
    outgoing.shut();
    assertThat(outgoing.offer(frame)).isEqualTo(Outgoing.Offered.SHUT);
    var _ = channel.close();
    return queued;
  }

  @Test
  void queue_boundedByFramesAndByBytes() {
    var small =
        EncodedFrame.of(ServerFrame.newBuilder().setPong(Pong.getDefaultInstance()).build());
    var large =
        EncodedFrame.of(
            ServerFrame.newBuilder()
                .setRoomEntry(
                    RoomEntry.newBuilder().setMlsMessage(ByteString.copyFrom(new byte[60_000])))
                .build());
    assertThat(offeredUntilFull(small)).isEqualTo(Outgoing.FRAMES_MAX);
    assertThat(offeredUntilFull(large)).isEqualTo(Outgoing.BYTES_MAX / large.size());
  }

  @Test
  void pending_boundedInAllAndPerNetwork_placesComeBack() {
    var pending = new PendingSockets(3, 2);
    var one = InetAddress.ofLiteral("192.0.2.1");
    assertThat(pending.enter(one)).isTrue();
    assertThat(pending.enter(one)).isTrue();
    assertThat(pending.enter(one)).as("too many from one place").isFalse();
    assertThat(pending.enter(InetAddress.ofLiteral("192.0.2.2"))).isTrue();
    assertThat(pending.enter(InetAddress.ofLiteral("192.0.2.3"))).as("too many in all").isFalse();
    pending.leave(one);
    assertThat(pending.count()).isEqualTo(2);
    assertThat(pending.enter(InetAddress.ofLiteral("2001:db8::1"))).isTrue();
    pending.leave(one);
    assertThat(pending.enter(InetAddress.ofLiteral("2001:db8::2"))).isTrue();
    pending.leave(InetAddress.ofLiteral("192.0.2.2"));
    assertThat(pending.enter(InetAddress.ofLiteral("2001:db8::ffff:1")))
        .as("one /64 is one place")
        .isFalse();
  }

  @Test
  void closeCodes_areThoseOfTheReadme() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    for (CloseCode code : CloseCode.values()) {
      assertThat(readme)
          .contains("| " + code.code() + " | `" + code.reason() + "` | " + code.meaning() + " | ");
    }
  }
}
