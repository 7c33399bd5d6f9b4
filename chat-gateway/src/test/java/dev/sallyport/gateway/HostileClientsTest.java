package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.sallyport.client.RoomCursor;
import dev.sallyport.client.Sent;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.Ping;
import dev.sallyport.gateway.protocol.Refresh;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.room.Gateway;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RawWebSocket;
import dev.sallyport.gateway.testing.RunningGateway;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that mean harm, against a whole gateway: each ends in its own close code or status, while
 * two who behave go on beside them, every message in its place, on the sockets they had. Half-open
 * sockets and first frames that never come are in {@code OpenSocketTest} and {@code HandshakeTest},
 * which move the clock; that would end the two here as well.
 */
class HostileClientsTest {

  private static final MovableClock clock = new MovableClock();
  private static final long SOON_SECONDS = 30;

  private static FakeAuthServer auth;
  private static RunningGateway gateway;
  private static ClientDevice alice;
  private static ClientDevice bob;
  private static String room;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    auth = new FakeAuthServer(clock, data);
    auth.activate(1, FakeAuthServer.defaultPolicies());
    gateway =
        RunningGateway.whole(
            auth,
            clock,
            data,
            "--sallyport.http-head-timeout=1s",
            "--sallyport.http-body-timeout=1s",
            "--sallyport.limits.frames-per-device-burst=400",
            "--sallyport.limits.frames-per-device=200",
            "--sallyport.limits.requests-per-user-burst=40",
            "--sallyport.limits.requests-per-user=5",
            "--sallyport.limits.bytes-per-device-burst=67108864",
            "--sallyport.limits.bytes-per-user-burst=67108864");
    alice = new ClientDevice(auth, gateway, clock).open();
    bob = new ClientDevice(auth, gateway, clock).open();
    room = alice.api.createRoom("the two", "open").id();
    bob.api.join(room);
    bob.connection.follow(room, RoomCursor.beginning());
    ClientDevice.next(bob.entries);
  }

  @AfterAll
  static void stop() {
    alice.close();
    bob.close();
    gateway.close();
    auth.close();
  }

  private interface Attack {
    void run() throws Exception;
  }

  /** While that goes on, alice's messages reach bob, in order and on the same sockets. */
  private static void meanwhile(Attack attack) throws Exception {
    var over = new CompletableFuture<Void>();
    var sent = new ArrayList<CompletableFuture<Sent>>();
    var sender =
        Thread.ofVirtual()
            .start(
                () -> {
                  do {
                    sent.add(
                        alice.connection.send(
                            room,
                            Gateway.sealed(room, 0, 1, "m" + sent.size()).toByteArray(),
                            null));
                    LockSupport.parkNanos(20_000_000);
                  } while (!over.isDone());
                });
    try {
      attack.run();
    } finally {
      over.complete(null);
      sender.join();
      // Also after a failure, so that the next attack begins where this one ended.
      for (var one : sent) {
        long seq = ClientDevice.ok(one.get(SOON_SECONDS, TimeUnit.SECONDS));
        assertThat(ClientDevice.next(bob.entries).getSeq()).isEqualTo(seq);
      }
    }
    assertThat(alice.closed).isEmpty();
    assertThat(bob.closed).isEmpty();
    assertThat(bob.forked).isEmpty();
  }

  private static Person someone() {
    return Person.someone(clock);
  }

  private static void endsWith(CloseCode code, RawWebSocket socket) throws IOException {
    assertThat(socket.awaitClose()).isEqualTo(new RawWebSocket.Closed(code.code(), code.reason()));
  }

  /** Sends until the gateway lets go; what it lets go with is still to be read. */
  private static void flood(RawWebSocket socket, int frames, Frame frame) throws IOException {
    try {
      for (int i = 0; i < frames; i++) {
        frame.send(socket, i);
      }
    } catch (SocketException closedMeanwhile) {
      // The close code has come before that.
    }
  }

  private interface Frame {
    void send(RawWebSocket socket, int number) throws IOException;
  }

  // ------------------------------------------------------------------------------ before the 101

  @Test
  void slowloris_ofHeadersAndBodies_isCutOff() throws Exception {
    meanwhile(
        () -> {
          List<Socket> all = new ArrayList<>();
          for (int i = 0; i < 60; i++) {
            Socket one = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
            String head =
                i % 2 == 0
                    ? "GET /v1/socket HTTP/1.1\r\nHost: a\r\nX: "
                    : "POST /v1/rooms HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n{";
            one.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            all.add(one);
          }
          for (Socket one : all) {
            untilClosed(one);
          }
        });
  }

  /** One byte now and then, until nobody takes it. */
  private static void untilClosed(Socket socket) throws IOException {
    try (socket) {
      socket.setSoTimeout(50);
      int waited = 0;
      while (waited < 400) {
        try {
          if (socket.getInputStream().read() < 0) {
            return;
          }
        } catch (SocketTimeoutException e) {
          waited++;
          socket.getOutputStream().write('x');
        }
      }
    } catch (SocketException reset) {
      return;
    }
    throw new AssertionError("still open");
  }

  @Test
  void bodies_compressed_areNotUnpacked() throws Exception {
    meanwhile(
        () -> {
          var bytes = new ByteArrayOutputStream();
          try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(("{\"name\":\"" + " ".repeat(60_000_000) + "\"}").getBytes());
          }
          assertThat(bytes.size()).isLessThan(256 * 1024);
          Person mallory = someone();
          String token = auth.token(mallory);
          var answer =
              gateway.send(
                  HttpRequest.newBuilder(gateway.uri("/v1/rooms"))
                      .POST(BodyPublishers.ofByteArray(bytes.toByteArray()))
                      .header("Content-Type", "application/json")
                      .header("Content-Encoding", "gzip")
                      .header("Authorization", "DPoP " + token)
                      .header(
                          "DPoP",
                          mallory
                              .key()
                              .proof(
                                  "POST",
                                  FakeAuthServer.AUDIENCE + "/v1/rooms",
                                  token,
                                  c -> c.claim("nonce", gateway.nonce())))
                      .build());
          assertThat(answer.statusCode()).as(answer.body()).isIn(400, 415);
        });
  }

  @Test
  void proofs_replayed_andTokensStolen_openNothing() throws Exception {
    meanwhile(
        () -> {
          Person victim = someone();
          Person thief = someone();
          String token = auth.token(victim);
          String proof = gateway.proof(victim, token);
          try (var first = gateway.byHeaders(token, proof);
              var replayed = gateway.byHeaders(token, proof);
              var otherKey = gateway.byHeaders(token, gateway.proof(thief, token))) {
            assertThat(first.status()).isEqualTo(101);
            assertThat(replayed.status()).isEqualTo(401);
            assertThat(replayed.body()).contains("\"invalid_dpop_proof\"");
            assertThat(otherKey.status()).isEqualTo(401);
            first.receive();
            // A token of another device, or person, is not put on this socket.
            for (int i = 0; i < 5; i++) {
              first.send(
                  ClientFrame.newBuilder()
                      .setRequestId(i + 1)
                      .setRefresh(
                          Refresh.newBuilder().setAccessToken(auth.token(thief)).setDpopProof("x"))
                      .build());
            }
            endsWith(CloseCode.REFRESH_FAILED, first);
          }
        });
  }

  @Test
  void messageIds_replayed_areStoredOnce() throws Exception {
    meanwhile(
        () -> {
          try (var mallory = new ClientDevice(auth, gateway, clock).open()) {
            String own = mallory.api.createRoom("own").id();
            byte[] id = Gateway.sealed(own, 0, 1, "").substring(0, 16).toByteArray();
            byte[] blob = Gateway.sealed(own, 0, 1, "x").toByteArray();
            for (int i = 0; i < 20; i++) {
              assertThat(
                      ClientDevice.ok(
                          mallory.connection.send(own, blob, null, id).get(30, TimeUnit.SECONDS)))
                  .isEqualTo(2);
            }
            assertThat(mallory.api.room(own).lastSeq()).hasValue(2);
          }
        });
  }

  @Test
  void connections_ofOneUser_beyondTheLimit_areTold() throws Exception {
    meanwhile(
        () -> {
          Person mallory = someone();
          int limited = 0;
          for (int i = 0; i < 140; i++) {
            String token = auth.token(mallory);
            try (var socket = gateway.byHeaders(token, gateway.proof(mallory, token))) {
              if (socket.status() != 101) {
                assertThat(socket.status()).isEqualTo(429);
                assertThat(socket.body()).contains("\"rate_limited\"", "\"retry_after_ms\"");
                assertThat(Integer.parseInt(socket.header("retry-after"))).isPositive();
                limited++;
              }
            }
          }
          assertThat(limited).isPositive();
        });
  }

  @Test
  void requests_ofOneUser_beyondTheLimit_areTold() throws Exception {
    meanwhile(
        () -> {
          Person mallory = someone();
          var limited = 0;
          for (int i = 0; i < 900 && limited == 0; i++) {
            var answer = gateway.get(mallory, "/v1/devices", claims -> {});
            if (answer.statusCode() == 429) {
              assertThat(answer.headers().firstValue("Retry-After")).contains("1");
              assertThat(answer.body()).contains("\"rate_limited\"");
              limited++;
            }
          }
          assertThat(limited).isOne();
        });
  }

  // ------------------------------------------------------------------------------- on the socket

  @Test
  void compression_isNotTaken() throws Exception {
    meanwhile(
        () -> {
          Person mallory = someone();
          String token = auth.token(mallory);
          try (var socket =
              RawWebSocket.handshake(
                  gateway.port(),
                  "/v1/socket",
                  "Sec-WebSocket-Protocol: sallyport.v1",
                  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
                  "Authorization: DPoP " + token,
                  "DPoP: " + gateway.proof(mallory, token))) {
            assertThat(socket.status()).isEqualTo(101);
            assertThat(socket.header("sec-websocket-extensions")).isEmpty();
            socket.receive();
            // RSV1, as a compressed message has it (RFC 7692 §6).
            socket.sendFrame(0xc2, new byte[] {1, 2, 3});
            endsWith(CloseCode.PROTOCOL_ERROR, socket);
          }
        });
  }

  @Test
  void messages_tooLarge_wholeOrInPieces_endTheSocket() throws Exception {
    meanwhile(
        () -> {
          try (var whole = gateway.open(someone());
              var said = gateway.open(someone());
              var pieces = gateway.open(someone())) {
            flood(whole, 1, (socket, i) -> socket.sendFrame(0x82, new byte[128 * 1024 + 1]));
            endsWith(CloseCode.TOO_LARGE, whole);
            // A length alone: nobody waits for, or makes room for, an exabyte.
            said.sendBytes(new byte[] {(byte) 0x82, (byte) 0xff, 0x0f, 0, 0, 0, 0, 0, 0, 0});
            endsWith(CloseCode.TOO_LARGE, said);
            pieces.sendFrame(0x02, new byte[60_000]);
            flood(pieces, 3, (socket, i) -> socket.sendFrame(0x00, new byte[60_000]));
            endsWith(CloseCode.TOO_LARGE, pieces);
          }
        });
  }

  @Test
  void fragments_pings_andFrames_flooding_endTheSocket() throws Exception {
    meanwhile(
        () -> {
          try (var fragments = gateway.open(someone());
              var pings = gateway.open(someone());
              var pongs = gateway.open(someone())) {
            fragments.sendFrame(0x02, new byte[] {8});
            flood(fragments, 3_000, (socket, i) -> socket.sendFrame(0x00, new byte[0]));
            endsWith(CloseCode.RATE_LIMITED, fragments);
            flood(pings, 3_000, (socket, i) -> socket.sendFrame(0x89, new byte[125]));
            endsWith(CloseCode.RATE_LIMITED, pings);
            flood(pongs, 3_000, (socket, i) -> socket.sendFrame(0x8a, new byte[0]));
            endsWith(CloseCode.RATE_LIMITED, pongs);
          }
          try (var frames = gateway.open(someone())) {
            var ping = ClientFrame.newBuilder().setPing(Ping.getDefaultInstance());
            flood(frames, 600, (socket, i) -> socket.send(ping.setRequestId(i + 1).build()));
            ServerFrame refused = frames.receive();
            while (!refused.hasRefused()) {
              refused = frames.receive();
            }
            assertThat(refused.getRefused().getCode()).isEqualTo("rate_limited");
            assertThat(refused.getRefused().getRetryable()).isTrue();
            assertThat(refused.getRefused().getRetryAfterMs()).isPositive();
            flood(frames, 3_000, (socket, i) -> socket.send(ping.setRequestId(i + 1).build()));
            endsWith(CloseCode.RATE_LIMITED, frames);
          }
        });
  }

  @Test
  void strangers_floodingBeforeTheirFirstFrame_endAtOnce() throws Exception {
    meanwhile(
        () -> {
          try (var socket = gateway.byFirstFrame()) {
            assertThat(socket.receive().hasChallenge()).isTrue();
            flood(socket, 3_000, (to, i) -> to.sendFrame(0x89, new byte[0]));
            endsWith(CloseCode.RATE_LIMITED, socket);
          }
        });
  }

  @Test
  void subscriptions_flooding_areRefusedAndThenEnd() throws Exception {
    meanwhile(
        () -> {
          var subscribe = Subscribe.newBuilder();
          for (int i = 0; i < 1_000; i++) {
            subscribe.addRooms(Cursor.newBuilder().setRoomId(UUID.randomUUID().toString()));
          }
          var frame = ClientFrame.newBuilder().setSubscribe(subscribe);
          try (var socket = gateway.open(someone())) {
            var reader =
                Thread.ofVirtual()
                    .start(
                        () ->
                            floodUnchecked(
                                socket,
                                1_000,
                                (to, i) -> to.send(frame.setRequestId(i + 1).build())));
            var closed = socket.awaitClose();
            reader.join();
            // Each asks for what 1,000 answers are needed for: it is too fast, or too slow to read.
            assertThat(closed.code())
                .isIn(CloseCode.RATE_LIMITED.code(), CloseCode.SLOW_READER.code());
          }
        });
  }

  private static void floodUnchecked(RawWebSocket socket, int frames, Frame frame) {
    try {
      flood(socket, frames, frame);
    } catch (IOException e) {
      // Closed meanwhile.
    }
  }

  @Test
  void readers_thatDoNotRead_areDropped() throws Exception {
    meanwhile(
        () -> {
          Person sleeper = someone();
          try (var sender = new ClientDevice(auth, gateway, clock).open();
              var asleep = gateway.open(sleeper)) {
            String big = sender.api.createRoom("big", "open").id();
            gateway.ask(
                sleeper, "POST", "/v1/rooms/" + big + "/join", BodyPublishers.noBody(), c -> {});
            asleep.send(
                ClientFrame.newBuilder()
                    .setSubscribe(
                        Subscribe.newBuilder().addRooms(Cursor.newBuilder().setRoomId(big)))
                    .build());
            double before = slowReaders();
            byte[] blob = Gateway.sealed(big, 0, 1, "x".repeat(60_000)).toByteArray();
            for (int i = 0; i < 400 && slowReaders() == before; i++) {
              ClientDevice.ok(sender.connection.send(big, blob, null).get(30, TimeUnit.SECONDS));
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> slowReaders() > before);
          }
        });
  }

  private static double slowReaders() {
    return gateway
        .bean(MeterRegistry.class)
        .counter("sallyport.sockets.closed", "code", CloseCode.SLOW_READER.reason())
        .count();
  }

  @Test
  void garbage_andDeepNesting_endTheSocket_unknownFieldsDoNot() throws Exception {
    meanwhile(
        () -> {
          var random = new Random(7);
          for (int i = 0; i < 20; i++) {
            var bytes = new byte[200];
            random.nextBytes(bytes);
            // Field 0 is no field: whatever follows, this is not protobuf.
            bytes[0] = 0;
            try (var socket = gateway.open(someone())) {
              socket.sendFrame(0x82, bytes);
              endsWith(CloseCode.MALFORMED, socket);
            }
          }
          var deep = ByteString.EMPTY;
          for (int i = 0; i < 100; i++) {
            deep =
                UnknownFieldSet.newBuilder()
                    .addField(
                        100,
                        UnknownFieldSet.Field.newBuilder()
                            .addGroup(UnknownFieldSet.parseFrom(deep))
                            .build())
                    .build()
                    .toByteString();
          }
          var unknown = UnknownFieldSet.newBuilder();
          for (int i = 0; i < 20_000; i++) {
            unknown.mergeField(
                1_000 + i, UnknownFieldSet.Field.newBuilder().addVarint(i % 100).build());
          }
          var ping =
              ClientFrame.newBuilder().setRequestId(9).setPing(Ping.getDefaultInstance()).build();
          try (var nested = gateway.open(someone());
              var newer = gateway.open(someone())) {
            nested.sendFrame(0x82, deep.toByteArray());
            endsWith(CloseCode.MALFORMED, nested);
            newer.sendFrame(
                0x82, unknown.build().toByteString().concat(ping.toByteString()).toByteArray());
            assertThat(newer.receive().hasPong()).isTrue();
          }
        });
  }

  @Test
  void rooms_ofOthers_giveNothing() throws Exception {
    meanwhile(
        () -> {
          try (var socket = gateway.open(someone())) {
            for (int i = 0; i < 100; i++) {
              socket.send(
                  ClientFrame.newBuilder()
                      .setRequestId(i + 1)
                      .setSend(
                          Send.newBuilder()
                              .setRoomId(room)
                              .setClientMessageId(ByteString.copyFrom(new byte[16]))
                              .setMlsMessage(Gateway.sealed(room, 0, 1, "let me in")))
                      .build());
              assertThat(socket.receive().getRefused().getCode())
                  .isIn("not_member", "policy_denied", "not_found");
            }
          }
        });
  }
}
