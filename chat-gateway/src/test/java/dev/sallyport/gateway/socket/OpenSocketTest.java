package dev.sallyport.gateway.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.util.JSONObjectUtils;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.Ping;
import dev.sallyport.gateway.protocol.Refresh;
import dev.sallyport.gateway.protocol.Refused;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RawWebSocket;
import dev.sallyport.gateway.testing.RunningGateway;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens on a socket that is open: frames, refreshes, signals, and every way it ends. */
class OpenSocketTest {
  private static final MovableClock clock = new MovableClock();
  private static final String URL = RunningGateway.socketUrl();
  private static FakeAuthServer auth;
  private static RunningGateway gateway;
  private static long version = 1;

  @BeforeAll
  static void start(@TempDir Path data) throws IOException {
    auth = new FakeAuthServer(clock, data);
    auth.activate(version, FakeAuthServer.defaultPolicies());
    gateway = RunningGateway.start(auth, clock, data);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    auth.close();
  }

  /** Moves the clock, and lets the gateway hear that nothing was missed meanwhile. */
  private static void advance(Duration by) {
    clock.advance(by);
    auth.announce(version);
    await().atMost(Duration.ofSeconds(20)).until(() -> gateway.health() == 200);
  }

  /** A token that ends soon. */
  private static java.util.function.Consumer<com.nimbusds.jwt.JWTClaimsSet.Builder> ending(
      Duration in) {
    return claims -> claims.expirationTime(java.util.Date.from(clock.instant().plus(in)));
  }

  private static ClientFrame send(long requestId) {
    return ClientFrame.newBuilder()
        .setRequestId(requestId)
        .setSend(Send.newBuilder().setRoomId("room").setMlsMessage(ByteString.copyFromUtf8("x")))
        .build();
  }

  private static ServerFrame answerTo(RawWebSocket socket, ClientFrame frame) throws IOException {
    socket.send(frame);
    return socket.receive();
  }

  @Test
  void frames_pingAndSend_answeredWithTheirRequestIds() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      ServerFrame pong =
          answerTo(
              socket,
              ClientFrame.newBuilder().setRequestId(7).setPing(Ping.getDefaultInstance()).build());
      assertThat(pong.hasPong()).isTrue();
      assertThat(pong.getRequestId()).isEqualTo(7);
      ServerFrame accepted = answerTo(socket, send(8));
      assertThat(accepted.hasAccepted()).isTrue();
      assertThat(accepted.getRequestId()).isEqualTo(8);
    }
  }

  @Test
  void frames_bodyUnknown_refusedMalformedAndStaysOpen() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      ServerFrame refused = answerTo(socket, ClientFrame.newBuilder().setRequestId(5).build());
      assertThat(refused.getRefused().getCode()).isEqualTo("malformed");
      assertThat(refused.getRequestId()).isEqualTo(5);
      assertThat(answerTo(socket, send(6)).hasAccepted()).isTrue();
    }
  }

  @Test
  void frames_fragmented_putTogether() throws IOException {
    byte[] bytes = send(9).toByteArray();
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.sendFrame(0x02, java.util.Arrays.copyOf(bytes, 3));
      socket.sendFrame(0x80, java.util.Arrays.copyOfRange(bytes, 3, bytes.length));
      assertThat(socket.receive().getRequestId()).isEqualTo(9);
    }
  }

  @Test
  void frames_garbage_closedMalformed() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.sendFrame(0x82, new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff});
      assertThat(socket.awaitClose())
          .isEqualTo(new RawWebSocket.Closed(CloseCode.MALFORMED.code(), "malformed"));
    }
  }

  @Test
  void frames_text_closedUnsupported() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.sendFrame(0x81, new byte[] {'h', 'i'});
      assertThat(socket.awaitClose().code()).isEqualTo(1003);
    }
  }

  @Test
  void frames_oversize_closedTooLargeAndTold() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.sendFrame(0x82, new byte[Socket.MESSAGE_BYTES_MAX + 1]);
      assertThat(socket.awaitClose().code()).isEqualTo(1009);
      assertThat(socket.atEnd()).isTrue();
    }
  }

  @Test
  void frames_fragmentsOversize_closedTooLarge() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.sendFrame(0x02, new byte[100_000]);
      socket.sendFrame(0x00, new byte[100_000]);
      assertThat(socket.awaitClose().code()).isEqualTo(1009);
    }
  }

  @Test
  void frames_unmasked_closedProtocolError() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.sendBytes(new byte[] {(byte) 0x82, 1, 0});
      assertThat(socket.awaitClose().code()).isEqualTo(1002);
    }
  }

  @Test
  void frames_randomBytes_neverHarmOthers() throws IOException {
    long seed = 20261123;
    Random random = new Random(seed);
    try (RawWebSocket bystander = gateway.open(Person.someone(clock))) {
      for (int i = 0; i < 200; i++) {
        byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
          if (random.nextBoolean()) {
            socket.sendFrame(0x82, bytes);
          } else {
            socket.sendBytes(bytes);
          }
        }
        assertThat(answerTo(bystander, send(i + 1)).getRequestId())
            .as("seed " + seed + ", round " + i)
            .isEqualTo(i + 1);
      }
    }
  }

  @Test
  void slowReader_closedAndOthersGoOn() throws IOException {
    Person slow = Person.someone(clock);
    try (RawWebSocket socket = gateway.open(slow);
        RawWebSocket other = gateway.open(Person.someone(clock))) {
      Outbox outbox = Objects.requireNonNull(gateway.relay().outboxes.get(slow.userId()));
      EncodedFrame frame =
          EncodedFrame.of(
              ServerFrame.newBuilder()
                  .setRoomEntry(
                      RoomEntry.newBuilder().setMlsMessage(ByteString.copyFrom(new byte[60_000])))
                  .build());
      int offered = 0;
      while (outbox.offer(frame)) {
        offered++;
        assertThat(offered).isLessThan(10_000);
      }
      assertThat(outbox.closed()).isTrue();
      assertThat(answerTo(other, send(1)).hasAccepted()).isTrue();
      // What was under way arrives whole; then the close frame says why.
      assertThat(socket.awaitClose())
          .isEqualTo(new RawWebSocket.Closed(CloseCode.SLOW_READER.code(), "slow_reader"));
    }
  }

  @Test
  void backlog_pacedByWhenWritable_neverSlow() throws Exception {
    Person reader = Person.someone(clock);
    try (RawWebSocket socket = gateway.open(reader)) {
      Outbox outbox = Objects.requireNonNull(gateway.relay().outboxes.get(reader.userId()));
      int pages = 100;
      java.util.concurrent.atomic.AtomicInteger sent =
          new java.util.concurrent.atomic.AtomicInteger();
      EncodedFrame frame =
          EncodedFrame.of(
              ServerFrame.newBuilder()
                  .setRoomEntry(
                      RoomEntry.newBuilder().setMlsMessage(ByteString.copyFrom(new byte[50_000])))
                  .build());
      Runnable page =
          new Runnable() {
            @Override
            public void run() {
              if (sent.getAndIncrement() < pages) {
                assertThat(outbox.offer(frame)).isTrue();
                outbox.whenWritable(this);
              }
            }
          };
      outbox.whenWritable(page);
      for (int i = 0; i < pages; i++) {
        assertThat(socket.receive().hasRoomEntry()).isTrue();
      }
    }
  }

  private static ClientFrame refresh(Person person, String token, String nonce) {
    return ClientFrame.newBuilder()
        .setRequestId(3)
        .setRefresh(
            Refresh.newBuilder()
                .setAccessToken(token)
                .setDpopProof(person.key().proof("GET", URL, token, c -> c.claim("nonce", nonce))))
        .build();
  }

  @Test
  void refresh_sameKeyUserDevice_extendsTheSocket() throws IOException {
    Person alice = Person.someone(clock);
    String token = auth.token(alice, ending(Duration.ofSeconds(60)));
    try (RawWebSocket socket = gateway.byHeaders(token, gateway.proof(alice, token))) {
      ServerFrame first = socket.receive();
      advance(Duration.ofSeconds(30));
      String next = auth.token(alice);
      ServerFrame ready = answerTo(socket, refresh(alice, next, first.getReady().getNonce()));
      assertThat(ready.getRequestId()).isEqualTo(3);
      assertThat(ready.getReady().getTokenExpiresAtMs())
          .isGreaterThan(first.getReady().getTokenExpiresAtMs());
      assertThat(ready.getReady().getNonce()).isNotEqualTo(first.getReady().getNonce());
      advance(Duration.ofSeconds(40));
      assertThat(answerTo(socket, send(4)).hasAccepted()).isTrue();
    }
  }

  private static java.util.function.Consumer<com.nimbusds.jwt.JWTClaimsSet.Builder> limited(
      String room, String action) {
    return claims ->
        claims.claim(
            "authorization_details",
            List.of(
                Map.of("type", "sallyport_room", "identifier", room, "actions", List.of(action))));
  }

  @Test
  void limitedToken_isGoodForItsRoomAndActionsOnly() throws IOException {
    Person alice = Person.someone(clock);
    for (var beyond :
        List.of(limited("room", "message.read"), limited("elsewhere", "message.send"))) {
      try (RawWebSocket socket = gateway.open(alice, beyond)) {
        Refused refused = answerTo(socket, send(4)).getRefused();
        assertThat(refused.getCode()).isEqualTo("insufficient_authorization");
        assertThat(refused.getDecisionId()).isEmpty();
      }
    }
    try (RawWebSocket socket = gateway.open(alice, limited("room", "message.send"))) {
      assertThat(answerTo(socket, send(4)).hasAccepted()).isTrue();
    }
  }

  @Test
  void refresh_fromLimitedToUnlimitedOrBack_refusedAndStaysAsItWas() throws IOException {
    Person alice = Person.someone(clock);
    String limited = auth.token(alice, limited("elsewhere", "message.send"));
    String unlimited = auth.token(alice);
    for (boolean first : new boolean[] {true, false}) {
      String token = first ? limited : unlimited;
      try (RawWebSocket socket = gateway.byHeaders(token, gateway.proof(alice, token))) {
        String nonce = socket.receive().getReady().getNonce();
        Refused refused =
            answerTo(socket, refresh(alice, first ? unlimited : limited, nonce)).getRefused();
        assertThat(refused.getCode()).isEqualTo("invalid_token");
        assertThat(answerTo(socket, send(4)).hasAccepted()).isEqualTo(!first);
      }
    }
  }

  @Test
  void refresh_limitedOtherwise_countsFromTheNextFrame() throws IOException {
    Person alice = Person.someone(clock);
    String here = auth.token(alice, limited("room", "message.send"));
    try (RawWebSocket socket = gateway.byHeaders(here, gateway.proof(alice, here))) {
      String nonce = socket.receive().getReady().getNonce();
      assertThat(answerTo(socket, send(4)).hasAccepted()).isTrue();
      String elsewhere = auth.token(alice, limited("elsewhere", "message.send"));
      assertThat(answerTo(socket, refresh(alice, elsewhere, nonce)).hasReady()).isTrue();
      assertThat(answerTo(socket, send(5)).getRefused().getCode())
          .isEqualTo("insufficient_authorization");
    }
  }

  @Test
  void refresh_otherDeviceOrOldNonce_refusedAndStaysOpen() throws IOException {
    Person alice = Person.someone(clock);
    String token = auth.token(alice);
    try (RawWebSocket socket = gateway.byHeaders(token, gateway.proof(alice, token))) {
      String nonce = socket.receive().getReady().getNonce();
      Person elsewhere =
          new Person(alice.userId(), Person.someone(clock).deviceId(), alice.sid(), alice.key());
      Refused other = answerTo(socket, refresh(alice, auth.token(elsewhere), nonce)).getRefused();
      assertThat(other.getCode()).isEqualTo("invalid_token");
      Refused stale = answerTo(socket, refresh(alice, auth.token(alice), "stale")).getRefused();
      assertThat(stale.getCode()).isEqualTo("use_dpop_nonce");
      assertThat(answerTo(socket, send(4)).hasAccepted()).isTrue();
    }
  }

  @Test
  void refresh_ofAnotherUserOrKey_refused_andTheFifthRefusalCloses() throws IOException {
    Person alice = Person.someone(clock);
    Person mallory = Person.someone(clock);
    // Whatever she shows is good in itself, but none of it is what opened this socket.
    Person otherUser = new Person(mallory.userId(), alice.deviceId(), alice.sid(), alice.key());
    Person otherKey = new Person(alice.userId(), alice.deviceId(), alice.sid(), mallory.key());
    String token = auth.token(alice);
    try (RawWebSocket socket = gateway.byHeaders(token, gateway.proof(alice, token))) {
      String nonce = socket.receive().getReady().getNonce();
      for (Person other : List.of(otherUser, otherKey, otherUser, otherKey)) {
        Refused refused = answerTo(socket, refresh(other, auth.token(other), nonce)).getRefused();
        assertThat(refused.getCode()).isEqualTo("invalid_token");
        assertThat(refused.getMessage()).contains("another user, device or key");
      }
      // The fifth is answered by the close alone: nothing goes out after the decision to close.
      socket.send(refresh(otherUser, auth.token(otherUser), nonce));
      assertThat(socket.awaitClose())
          .isEqualTo(new RawWebSocket.Closed(CloseCode.REFRESH_FAILED.code(), "refresh_failed"));
    }
  }

  @Test
  void authenticate_onAnOpenSocket_refusedAndStaysOpen() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.authenticate("x", "y");
      assertThat(socket.receive().getRefused().getCode()).isEqualTo("malformed");
      assertThat(answerTo(socket, send(2)).hasAccepted()).isTrue();
    }
  }

  @Test
  void frames_deep_closedMalformed() throws IOException {
    // Groups of an unknown field, each within the one before: 0xa3 0x06 opens field 100.
    byte[] deep = new byte[200];
    for (int i = 0; i < deep.length; i += 2) {
      deep[i] = (byte) 0xa3;
      deep[i + 1] = 0x06;
    }
    byte[] shallow = {(byte) 0xa3, 0x06, (byte) 0xa4, 0x06};
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      socket.sendFrame(0x82, shallow);
      assertThat(socket.receive().getRefused().getCode()).isEqualTo("malformed");
      socket.sendFrame(0x82, deep);
      assertThat(socket.awaitClose().code()).isEqualTo(CloseCode.MALFORMED.code());
    }
  }

  @Test
  void sessionRevoked_otherSessionOfTheSameUser_staysOpen() throws IOException {
    Person phone = Person.someone(clock);
    Person laptop =
        new Person(
            phone.userId(),
            Person.someone(clock).deviceId(),
            Person.someone(clock).sid(),
            Person.someone(clock).key());
    try (RawWebSocket lost = gateway.open(phone);
        RawWebSocket kept = gateway.open(laptop)) {
      auth.revokeSession(phone.userId(), phone.sid());
      assertThat(lost.awaitClose().code()).isEqualTo(CloseCode.SESSION_REVOKED.code());
      assertThat(answerTo(kept, send(1)).hasAccepted()).isTrue();
    }
  }

  @Test
  void expiry_closesWithItsCode() throws IOException {
    try (RawWebSocket socket =
        gateway.open(Person.someone(clock), ending(Duration.ofSeconds(30)))) {
      advance(Duration.ofSeconds(31));
      assertThat(socket.awaitClose())
          .isEqualTo(new RawWebSocket.Closed(CloseCode.TOKEN_EXPIRED.code(), "token_expired"));
    }
  }

  @Test
  void sessionRevoked_closesThatSessionOnly_andItsTokensAreRefused() throws IOException {
    Person alice = Person.someone(clock);
    try (RawWebSocket socket = gateway.open(alice);
        RawWebSocket other = gateway.open(Person.someone(clock))) {
      auth.revokeSession(alice.userId(), alice.sid());
      assertThat(socket.awaitClose().code()).isEqualTo(CloseCode.SESSION_REVOKED.code());
      assertThat(answerTo(other, send(1)).hasAccepted()).isTrue();
      String token = auth.token(alice);
      try (RawWebSocket again = gateway.byHeaders(token, gateway.proof(alice, token))) {
        assertThat(again.status()).isEqualTo(401);
        assertThat(again.header("www-authenticate")).contains("revoked");
      }
    }
  }

  /** A refresh token that was replayed or revoked ends its whole family, and nothing beside it. */
  @Test
  void grantRevoked_closesTheSocketsOfThatFamilyOnly_andItsTokensAreRefused() throws IOException {
    Person alice = Person.someone(clock);
    try (RawWebSocket hers = gateway.open(alice, c -> c.claim("grant_id", "stolen"));
        RawWebSocket kept = gateway.open(alice, c -> c.claim("grant_id", "hers"))) {
      auth.revokeGrant(alice.userId(), "stolen");
      assertThat(hers.awaitClose())
          .isEqualTo(new RawWebSocket.Closed(CloseCode.GRANT_REVOKED.code(), "grant_revoked"));
      assertThat(answerTo(kept, send(1)).hasAccepted()).isTrue();
      String token = auth.token(alice, c -> c.claim("grant_id", "stolen"));
      try (RawWebSocket again = gateway.byHeaders(token, gateway.proof(alice, token))) {
        assertThat(again.status()).isEqualTo(401);
        assertThat(again.header("www-authenticate")).contains("invalid_token").contains("ended");
      }
    }
  }

  /** One device cannot take the places of all others; the newest of its sockets stay. */
  @Test
  void socketsOfOneDevice_beyondItsShare_replaceTheOldest() throws IOException {
    Person alice = Person.someone(clock);
    try (RawWebSocket first = gateway.open(alice);
        RawWebSocket second = gateway.open(alice);
        RawWebSocket third = gateway.open(alice);
        RawWebSocket fourth = gateway.open(alice);
        RawWebSocket other = gateway.open(Person.someone(clock))) {
      try (RawWebSocket fifth = gateway.open(alice)) {
        assertThat(first.awaitClose())
            .isEqualTo(new RawWebSocket.Closed(CloseCode.REPLACED.code(), "replaced"));
        for (RawWebSocket kept : List.of(second, third, fourth, fifth, other)) {
          assertThat(answerTo(kept, send(1)).hasAccepted()).isTrue();
        }
      }
    }
  }

  @Test
  void userAndDeviceRevoked_close() throws IOException {
    Person alice = Person.someone(clock);
    Person bob = Person.someone(clock);
    try (RawWebSocket hers = gateway.open(alice);
        RawWebSocket his = gateway.open(bob)) {
      auth.revokeUser(alice.userId());
      assertThat(hers.awaitClose().code()).isEqualTo(CloseCode.SESSION_REVOKED.code());
      auth.revokeDevice(bob.userId(), bob.deviceId());
      assertThat(his.awaitClose().code()).isEqualTo(CloseCode.DEVICE_REVOKED.code());
    }
  }

  @Test
  void policyAndClaimsChange_actOnTheOpenSocket_andTheRefusalIsOnRecord() throws Exception {
    Person bob = Person.someone(clock);
    try (RawWebSocket socket = gateway.open(bob)) {
      assertThat(answerTo(socket, send(1)).hasAccepted()).isTrue();
      String policies =
          FakeAuthServer.defaultPolicies()
              + """

              @id("contractors")
              @message("contractors may not write")
              forbid (principal, action == Chat::Action::"message.send", resource)
              when { principal has department && principal.department == "contractor" };
              """;
      auth.activate(++version, policies);
      auth.changeClaims(bob.userId(), List.of(), List.of(), Map.of("department", "contractor"));
      await().atMost(Duration.ofSeconds(10)).until(() -> answerTo(socket, send(2)).hasRefused());
      Refused refused = answerTo(socket, send(3)).getRefused();
      assertThat(refused.getCode()).isEqualTo("policy_denied");
      assertThat(refused.getMessage()).isEqualTo("contractors may not write");

      String path = "/v1/decisions/" + refused.getDecisionId();
      HttpResponse<String> seen =
          gateway.get(
              Person.someone(clock),
              path,
              c -> c.claim("scope", "admin").claim("roles", List.of("admin")));
      assertThat(seen.statusCode()).as(seen.body()).isEqualTo(200);
      Map<String, Object> decision = JSONObjectUtils.parse(seen.body());
      assertThat(decision.get("determining")).isEqualTo(List.of("contractors"));
      assertThat(decision.get("action")).isEqualTo("message.send");
      assertThat(decision.get("user_id")).isEqualTo(bob.userId());

      assertThat(
              gateway.get(Person.someone(clock), path, c -> c.claim("scope", "admin")).statusCode())
          .isEqualTo(403);
      assertThat(
              gateway
                  .get(Person.someone(clock), path, c -> c.claim("roles", List.of("admin")))
                  .body())
          .contains("insufficient_scope");

      auth.changeClaims(bob.userId(), List.of(), List.of(), Map.of());
      await().atMost(Duration.ofSeconds(10)).until(() -> answerTo(socket, send(4)).hasAccepted());
    }
  }

  @Test
  void claimsChange_beforeTheTokenIsShown_countsToo() throws IOException {
    Person carol = Person.someone(clock);
    String token = auth.token(carol);
    auth.changeClaims(carol.userId(), List.of("auditor"), List.of(), Map.of());
    Person marker = Person.someone(clock);
    try (RawWebSocket marked = gateway.open(marker)) {
      // The stream is in order: once this one is closed, the change before it was heard.
      auth.revokeSession(marker.userId(), marker.sid());
      marked.awaitClose();
    }
    try (RawWebSocket socket = gateway.byHeaders(token, gateway.proof(carol, token))) {
      socket.receive();
      await()
          .ignoreExceptions()
          .untilAsserted(
              () -> {
                Caller caller = Objects.requireNonNull(gateway.relay().callers.get(carol.userId()));
                assertThat(caller.roles()).containsExactly("auditor");
              });
    }
  }

  @Test
  void idle_pingedThenClosed() throws IOException {
    try (RawWebSocket socket = gateway.open(Person.someone(clock))) {
      advance(Duration.ofSeconds(76));
      assertThat(socket.awaitClose().code()).isEqualTo(CloseCode.IDLE_TIMEOUT.code());
    }
  }

  @Test
  void http_withoutToken_401_andUnknownPathsToo() throws Exception {
    var anonymous = java.net.http.HttpRequest.newBuilder(gateway.uri("/v1/decisions/x")).build();
    HttpResponse<String> refused = gateway.send(anonymous);
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("DPoP ");
    assertThat(
            gateway
                .send(java.net.http.HttpRequest.newBuilder(gateway.uri("/actuator/env")).build())
                .statusCode())
        .isEqualTo(401);
    assertThat(gateway.health()).isEqualTo(200);
  }
}
