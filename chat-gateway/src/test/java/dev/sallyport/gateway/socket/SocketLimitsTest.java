package dev.sallyport.gateway.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.gateway.protocol.Accepted;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RawWebSocket;
import dev.sallyport.gateway.testing.RunningGateway;
import dev.sallyport.gateway.testing.TestRelay;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many sockets there may be, and how much one may ask at once. */
class SocketLimitsTest {
  private static final MovableClock clock = new MovableClock();
  private static FakeAuthServer auth;
  private static RunningGateway gateway;

  @BeforeAll
  static void start(@TempDir Path data) throws IOException {
    auth = new FakeAuthServer(clock, data);
    auth.activate(1, FakeAuthServer.defaultPolicies());
    gateway = RunningGateway.start(auth, clock, data, "--sallyport.sockets-max=3");
  }

  @AfterAll
  static void stop() {
    gateway.close();
    auth.close();
  }

  private static RawWebSocket handshake() throws IOException {
    Person person = Person.someone(clock);
    String token = auth.token(person);
    return gateway.byHeaders(token, gateway.proof(person, token));
  }

  @Test
  void sockets_beyondTheMost_areRefusedUntilOneCloses() throws IOException {
    try (RawWebSocket first = gateway.open(Person.someone(clock));
        RawWebSocket second = gateway.open(Person.someone(clock))) {
      try (RawWebSocket last = gateway.open(Person.someone(clock))) {
        try (RawWebSocket tooMany = handshake();
            RawWebSocket browser = gateway.byFirstFrame()) {
          assertThat(tooMany.status()).isEqualTo(503);
          assertThat(tooMany.body()).contains("\"too_many_sockets\"");
          assertThat(tooMany.header("retry-after")).isEqualTo("5");
          assertThat(browser.status()).isEqualTo(503);
        }
        assertThat(List.of(first.status(), second.status(), last.status())).containsOnly(101);
      }
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                try (RawWebSocket again = handshake()) {
                  return again.status() == 101;
                }
              });
    }
  }

  private static BinaryWebSocketFrame held(int requestId) {
    return new BinaryWebSocketFrame(
        Unpooled.wrappedBuffer(
            ClientFrame.newBuilder()
                .setRequestId(requestId)
                .setSend(Send.newBuilder().setRoomId(TestRelay.HELD))
                .build()
                .toByteArray()));
  }

  private static List<ServerFrame> answers(EmbeddedChannel channel) throws IOException {
    channel.runPendingTasks();
    channel.flushOutbound();
    var answers = new ArrayList<ServerFrame>();
    for (Object out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      // What leaves is encoded already (RFC 6455 §5.2): unmasked, and short here.
      var bytes = (ByteBuf) out;
      while (bytes.isReadable()) {
        assertThat(bytes.readByte()).isEqualTo((byte) 0x82);
        int length = bytes.readUnsignedByte();
        answers.add(
            ServerFrame.parseFrom(
                bytes.readSlice(length == 126 ? bytes.readUnsignedShort() : length).nioBuffer()));
      }
      bytes.release();
    }
    return answers;
  }

  /** All that one read brought is decoded, however early reading stops: so it is counted, too. */
  @Test
  void frames_beyondTheMostInFlight_areRefused_andReadingStopsBefore() throws IOException {
    Person alice = Person.someone(clock);
    try (RawWebSocket socket = gateway.open(alice)) {
      assertThat(socket.status()).isEqualTo(101);
      var relay = gateway.relay();
      var caller = Objects.requireNonNull(relay.callers.get(alice.userId()));
      var channel = new EmbeddedChannel();
      channel
          .pipeline()
          .addLast(
              Socket.admitted(
                  gateway.bean(Sockets.class), channel, InetAddress.getLoopbackAddress(), caller));
      assertThat(answers(channel)).extracting(ServerFrame::hasReady).containsExactly(true);

      for (int i = 1; i <= 127; i++) {
        channel.writeInbound(held(i));
      }
      assertThat(channel.config().isAutoRead()).isTrue();
      for (int i = 128; i <= 260; i++) {
        channel.writeInbound(held(i));
      }
      assertThat(channel.config().isAutoRead()).isFalse();
      var refused = answers(channel);
      assertThat(refused)
          .extracting(ServerFrame::getRequestId)
          .containsExactly(257L, 258L, 259L, 260L);
      assertThat(refused)
          .allSatisfy(
              frame -> {
                assertThat(frame.getRefused().getCode()).isEqualTo("rate_limited");
                assertThat(frame.getRefused().getRetryable()).isTrue();
              });

      relay.release(ServerFrame.newBuilder().setAccepted(Accepted.newBuilder().setSeq(9)).build());

      assertThat(answers(channel)).hasSize(256).allMatch(ServerFrame::hasAccepted);
      assertThat(channel.config().isAutoRead()).isTrue();
      channel.writeInbound(held(300));
      assertThat(answers(channel)).extracting(ServerFrame::hasAccepted).containsExactly(true);
      var _ = channel.close();
    }
  }
}
