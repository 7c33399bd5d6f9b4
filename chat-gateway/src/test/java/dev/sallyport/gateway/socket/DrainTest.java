package dev.sallyport.gateway.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
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
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a gateway ends that has sockets. */
@SuppressWarnings("NullAway.Init") // each test starts its own
class DrainTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private final MovableClock clock = new MovableClock();
  private FakeAuthServer auth;
  private RunningGateway gateway;
  private Thread closing;

  private void start(Path data, String... settings) throws IOException {
    auth = new FakeAuthServer(clock, data);
    auth.activate(1, FakeAuthServer.defaultPolicies());
    gateway = RunningGateway.start(auth, clock, data, settings);
  }

  /** As SIGTERM does. */
  private void end() {
    closing = Thread.ofPlatform().start(gateway::close);
  }

  @AfterEach
  void stop() throws InterruptedException {
    closing.join(SOON);
    auth.close();
  }

  private static ClientFrame send(long requestId, String room) {
    return ClientFrame.newBuilder()
        .setRequestId(requestId)
        .setSend(Send.newBuilder().setRoomId(room).setMlsMessage(ByteString.copyFromUtf8("x")))
        .build();
  }

  private int readiness() throws Exception {
    return gateway
        .send(HttpRequest.newBuilder(gateway.uri("/actuator/health/readiness")).build())
        .statusCode();
  }

  @Test
  void socket_isToldToMoveOnlyOnceItsFramesAreAnswered(@TempDir Path data) throws Exception {
    start(data, "--sallyport.drain.answers-max=20s");
    try (RawWebSocket busy = gateway.open(Person.someone(clock));
        RawWebSocket idle = gateway.open(Person.someone(clock))) {
      busy.send(send(1, TestRelay.HELD));
      busy.send(send(2, "room"));
      assertThat(busy.receive().getRequestId()).isEqualTo(2);
      TestRelay relay = gateway.relay();
      end();

      assertThat(idle.awaitClose()).isEqualTo(new RawWebSocket.Closed(1001, "going_away"));
      assertThat(readiness()).isEqualTo(503);
      Person other = Person.someone(clock);
      String token = auth.token(other);
      try (RawWebSocket late = gateway.byHeaders(token, gateway.proof(other, token))) {
        assertThat(late.status()).isEqualTo(503);
        assertThat(late.body()).contains("going_away");
        assertThat(late.header("retry-after")).isEqualTo("1");
      }
      // Sockets are told one after the other, and this one may be the last.
      ServerFrame refused;
      int id = 3;
      do {
        busy.send(send(id, "room"));
        refused = busy.receive();
        assertThat(refused.getRequestId()).isEqualTo(id++);
      } while (!refused.hasRefused());
      assertThat(refused.getRefused().getCode()).isEqualTo("unavailable");
      assertThat(refused.getRefused().getRetryable()).isTrue();
      relay.release(ServerFrame.newBuilder().setAccepted(Accepted.newBuilder().setSeq(77)).build());
      ServerFrame answer = busy.receive();
      assertThat(answer.getRequestId()).isEqualTo(1);
      assertThat(answer.getAccepted().getSeq()).isEqualTo(77);
      assertThat(busy.awaitClose()).isEqualTo(new RawWebSocket.Closed(1001, "going_away"));
    }
  }

  @Test
  void answerThatNeverComes_holdsNothingUp(@TempDir Path data) throws Exception {
    start(data, "--sallyport.drain.answers-max=300ms", "--sallyport.drain.notice=0s");
    try (RawWebSocket busy = gateway.open(Person.someone(clock))) {
      busy.send(send(1, TestRelay.HELD));
      busy.send(send(2, "room"));
      busy.receive();
      end();

      assertThat(busy.awaitClose()).isEqualTo(new RawWebSocket.Closed(1001, "going_away"));
    }
    assertThat(closing.join(SOON)).isTrue();
  }

  @Test
  void sockets_areToldOneAfterTheOther(@TempDir Path data) throws Exception {
    start(data, "--sallyport.drain.notice=0s", "--sallyport.pending-sockets-per-address-max=100");
    List<RawWebSocket> sockets = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      sockets.add(gateway.open(Person.someone(clock)));
    }
    var seen = new HashSet<Integer>();
    var all = gateway.bean(Sockets.class);
    end();
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              seen.add(all.count());
              return all.count() == 0;
            });

    // Not all at once: between 40 and 0 there were many others.
    assertThat(seen).hasSizeGreaterThan(5);
    for (RawWebSocket socket : sockets) {
      assertThat(socket.awaitClose()).isEqualTo(new RawWebSocket.Closed(1001, "going_away"));
      socket.close();
    }
  }

  @Test
  void withoutSockets_itEndsAtOnce(@TempDir Path data) throws Exception {
    start(data, "--sallyport.drain.notice=1h", "--sallyport.drain.answers-max=1h");
    end();

    assertThat(closing.join(SOON)).isTrue();
  }
}
