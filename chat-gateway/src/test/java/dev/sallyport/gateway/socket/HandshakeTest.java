package dev.sallyport.gateway.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.door.DoorSettings;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CloseCode;
import dev.sallyport.gateway.protocol.Ping;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RawWebSocket;
import dev.sallyport.gateway.testing.RunningGateway;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Date;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both ways into the socket, and everything that is turned away at either. */
class HandshakeTest {
  private static final MovableClock clock = new MovableClock();
  private static FakeAuthServer auth;
  private static RunningGateway gateway;
  private static final String URL = RunningGateway.socketUrl();

  @BeforeAll
  static void start(@TempDir Path data) throws IOException {
    auth = new FakeAuthServer(clock, data);
    auth.activate(1, FakeAuthServer.defaultPolicies());
    gateway =
        RunningGateway.start(auth, clock, data, "--sallyport.pending-sockets-per-address-max=3");
  }

  @AfterAll
  static void stop() {
    gateway.close();
    auth.close();
  }

  @Test
  void handshake_goodHeaders_readyAtOnce() throws IOException {
    Person alice = Person.someone(clock);
    String token = auth.token(alice);
    try (RawWebSocket socket = gateway.byHeaders(token, gateway.proof(alice, token))) {
      assertThat(socket.status()).isEqualTo(101);
      assertThat(socket.header("sec-websocket-protocol")).isEqualTo("sallyport.v1");
      assertThat(socket.header("sec-websocket-extensions")).isEmpty();
      ServerFrame ready = socket.receive();
      assertThat(ready.getReady().getUserId()).isEqualTo(alice.userId());
      assertThat(ready.getReady().getDeviceId()).isEqualTo(alice.deviceId());
      assertThat(ready.getReady().getNonce()).isNotEmpty();
    }
  }

  @Test
  void handshake_firstFrame_challengeThenReady() throws IOException {
    Person bob = Person.someone(clock);
    String token = auth.token(bob);
    try (RawWebSocket socket = gateway.byFirstFrame()) {
      assertThat(socket.status()).isEqualTo(101);
      assertThat(socket.header("sec-websocket-protocol")).isEqualTo("sallyport.v1");
      String nonce = socket.receive().getChallenge().getNonce();
      socket.authenticate(token, bob.key().proof("GET", URL, token, c -> c.claim("nonce", nonce)));
      ServerFrame ready = socket.receive();
      assertThat(ready.getRequestId()).isEqualTo(1);
      assertThat(ready.getReady().getUserId()).isEqualTo(bob.userId());
    }
  }

  @Test
  void handshake_noToken_401WithChallenge() throws IOException {
    try (RawWebSocket socket =
        RawWebSocket.handshake(
            gateway.port(), "/v1/socket", "Sec-WebSocket-Protocol: sallyport.v1")) {
      assertThat(socket.status()).isEqualTo(401);
      assertThat(socket.header("www-authenticate")).startsWith("DPoP algs=\"ES256 ");
      assertThat(socket.header("content-type")).isEqualTo("application/problem+json");
    }
  }

  @Test
  void handshake_tokenInQuery_isIgnored() throws IOException {
    String token = auth.token(Person.someone(clock));
    try (RawWebSocket socket =
        RawWebSocket.handshake(
            gateway.port(),
            "/v1/socket?access_token=" + token,
            "Sec-WebSocket-Protocol: sallyport.v1")) {
      assertThat(socket.status()).isEqualTo(401);
    }
  }

  @Test
  void handshake_foreignOrigin_403_ownOrigin_in() throws IOException {
    try (RawWebSocket socket =
        RawWebSocket.handshake(
            gateway.port(),
            "/v1/socket",
            "Origin: https://evil.test",
            "Sec-WebSocket-Protocol: sallyport.v1, sallyport.v1.first-frame")) {
      assertThat(socket.status()).isEqualTo(403);
      assertThat(socket.body()).contains("origin_refused");
    }
    try (RawWebSocket socket =
        RawWebSocket.handshake(
            gateway.port(),
            "/v1/socket",
            "Origin: " + FakeAuthServer.AUDIENCE,
            "Sec-WebSocket-Protocol: sallyport.v1, sallyport.v1.first-frame")) {
      assertThat(socket.status()).isEqualTo(101);
    }
  }

  @Test
  void handshake_bearerSchemeOrTwoTokens_refused() throws IOException {
    Person alice = Person.someone(clock);
    String token = auth.token(alice);
    try (RawWebSocket socket =
        RawWebSocket.handshake(
            gateway.port(),
            "/v1/socket",
            "Sec-WebSocket-Protocol: sallyport.v1",
            "Authorization: Bearer " + token)) {
      assertThat(socket.status()).isEqualTo(401);
      assertThat(socket.header("www-authenticate")).contains("error=\"invalid_token\"");
    }
    try (RawWebSocket socket =
        RawWebSocket.handshake(
            gateway.port(),
            "/v1/socket",
            "Sec-WebSocket-Protocol: sallyport.v1",
            "Authorization: DPoP " + token,
            "Authorization: DPoP " + token,
            "DPoP: " + alice.key().proof("GET", URL, token))) {
      assertThat(socket.status()).isEqualTo(400);
      assertThat(socket.header("www-authenticate")).isEmpty();
      assertThat(socket.body()).contains("invalid_request");
    }
  }

  @Test
  void handshake_twoProofs_refused() throws IOException {
    Person alice = Person.someone(clock);
    String token = auth.token(alice);
    try (RawWebSocket socket =
        RawWebSocket.handshake(
            gateway.port(),
            "/v1/socket",
            "Sec-WebSocket-Protocol: sallyport.v1",
            "Authorization: DPoP " + token,
            "DPoP: " + alice.key().proof("GET", URL, token),
            "DPoP: " + alice.key().proof("GET", URL, token))) {
      assertThat(socket.status()).isEqualTo(400);
      assertThat(socket.body()).contains("invalid_request");
    }
  }

  @Test
  void byFirstFrame_anythingElseFirst_closed() throws IOException {
    for (ClientFrame frame :
        new ClientFrame[] {
          ClientFrame.newBuilder().setPing(Ping.getDefaultInstance()).build(),
          ClientFrame.newBuilder().setSend(Send.newBuilder().setRoomId("room")).build(),
          ClientFrame.getDefaultInstance()
        }) {
      try (RawWebSocket socket = gateway.byFirstFrame()) {
        socket.receive();
        socket.send(frame);
        assertThat(socket.awaitClose())
            .isEqualTo(
                new RawWebSocket.Closed(
                    CloseCode.AUTHENTICATION_EXPECTED.code(), "authentication_expected"));
      }
    }
  }

  @Test
  void handshake_noWebSocketAsked_426() throws Exception {
    Person alice = Person.someone(clock);
    assertThat(gateway.get(alice, "/v1/socket", c -> {}).statusCode()).isEqualTo(426);
  }

  /** What is wrong, and how it is answered before 101 and after a first frame. */
  record Case(String name, Bad bad, int status, String error, CloseCode closeCode) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** Makes the token and the proof of a case. */
  @FunctionalInterface
  private interface Bad {
    String[] make(Person person, Consumer<JWTClaimsSet.Builder> nonce);
  }

  private static Bad token(Consumer<JWTClaimsSet.Builder> change) {
    return (person, nonce) -> with(person, auth.token(person, change), nonce);
  }

  private static Bad proof(Consumer<JWTClaimsSet.Builder> change) {
    return (person, nonce) -> with(person, auth.token(person), nonce.andThen(change));
  }

  private static String[] with(
      Person person, String token, Consumer<JWTClaimsSet.Builder> proofChange) {
    return new String[] {token, person.key().proof("GET", URL, token, proofChange)};
  }

  static Stream<Case> refused() {
    return Stream.of(
        new Case(
            "expired",
            token(
                c ->
                    c.issueTime(Date.from(clock.instant().minusSeconds(301)))
                        .expirationTime(Date.from(clock.instant().minusSeconds(1)))),
            401,
            "invalid_token",
            CloseCode.TOKEN_EXPIRED),
        new Case(
            "from the future",
            token(
                c ->
                    c.issueTime(Date.from(clock.instant().plusSeconds(90)))
                        .expirationTime(Date.from(clock.instant().plusSeconds(300)))),
            401,
            "invalid_token",
            CloseCode.TOKEN_NOT_YET_VALID),
        new Case(
            "lives too long",
            token(c -> c.expirationTime(Date.from(clock.instant().plusSeconds(3600)))),
            401,
            "invalid_token",
            CloseCode.TOKEN_MALFORMED),
        new Case(
            "other audience",
            token(c -> c.audience("http://other.test")),
            401,
            "invalid_token",
            CloseCode.TOKEN_WRONG_AUDIENCE),
        new Case(
            "other issuer",
            token(c -> c.issuer("http://other.test")),
            401,
            "invalid_token",
            CloseCode.TOKEN_WRONG_ISSUER),
        new Case(
            "other key",
            (person, nonce) ->
                with(person, auth.token(person, "at+jwt", FakeAuthServer.key(), c -> {}), nonce),
            401,
            "invalid_token",
            CloseCode.TOKEN_UNKNOWN_KEY),
        new Case(
            "key of another purpose",
            (person, nonce) ->
                with(person, auth.token(person, "at+jwt", auth.signalKey, c -> {}), nonce),
            401,
            "invalid_token",
            CloseCode.TOKEN_UNKNOWN_KEY),
        new Case(
            "other typ",
            (person, nonce) ->
                with(person, auth.token(person, "JWT", auth.tokenKey, c -> {}), nonce),
            401,
            "invalid_token",
            CloseCode.TOKEN_MALFORMED),
        new Case(
            "tampered",
            (person, nonce) -> {
              String[] parts = auth.token(person).split("\\.", -1);
              String other = auth.token(person, c -> c.claim("roles", java.util.List.of("admin")));
              return with(
                  person, parts[0] + "." + other.split("\\.", -1)[1] + "." + parts[2], nonce);
            },
            401,
            "invalid_token",
            CloseCode.TOKEN_BAD_SIGNATURE),
        new Case(
            "not a token",
            (person, nonce) -> with(person, "abc", nonce),
            401,
            "invalid_token",
            CloseCode.TOKEN_MALFORMED),
        new Case(
            "not bound to a key",
            token(c -> c.claim("cnf", null)),
            401,
            "invalid_token",
            CloseCode.TOKEN_MALFORMED),
        new Case(
            "no device",
            token(c -> c.claim("device_id", null)),
            401,
            "invalid_token",
            CloseCode.DEVICE_MISSING),
        new Case(
            "no scope",
            token(c -> c.claim("scope", "openid")),
            403,
            "insufficient_scope",
            CloseCode.INSUFFICIENT_SCOPE),
        new Case(
            "proof by another key",
            token(c -> c.claim("cnf", Map.of("jkt", "A".repeat(43)))),
            401,
            "invalid_dpop_proof",
            CloseCode.PROOF_OTHER_KEY),
        new Case(
            "proof for another method",
            proof(c -> c.claim("htm", "POST")),
            401,
            "invalid_dpop_proof",
            CloseCode.PROOF_INVALID),
        new Case(
            "proof for another URL",
            proof(c -> c.claim("htu", "http://other.test/v1/socket")),
            401,
            "invalid_dpop_proof",
            CloseCode.PROOF_INVALID),
        new Case(
            "proof for another token",
            proof(c -> c.claim("ath", "A".repeat(43))),
            401,
            "invalid_dpop_proof",
            CloseCode.PROOF_INVALID),
        new Case(
            "proof too old",
            proof(c -> c.issueTime(Date.from(clock.instant().minusSeconds(62)))),
            401,
            "invalid_dpop_proof",
            CloseCode.PROOF_INVALID),
        new Case(
            "proof from the future",
            proof(c -> c.issueTime(Date.from(clock.instant().plusSeconds(62)))),
            401,
            "invalid_dpop_proof",
            CloseCode.PROOF_INVALID),
        new Case(
            "proof with a foreign nonce",
            proof(c -> c.claim("nonce", "foreign")),
            401,
            "use_dpop_nonce",
            CloseCode.PROOF_NONCE),
        new Case(
            "not a proof",
            (person, nonce) -> new String[] {auth.token(person), "abc"},
            401,
            "invalid_dpop_proof",
            CloseCode.PROOF_INVALID));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void byHeaders_refused_withItsOAuthError(Case example) throws IOException {
    String[] made =
        example.bad().make(Person.someone(clock), c -> c.claim("nonce", gateway.nonce()));
    try (RawWebSocket socket = gateway.byHeaders(made[0], made[1])) {
      assertThat(socket.status()).isEqualTo(example.status());
      assertThat(socket.header("www-authenticate"))
          .startsWith("DPoP ")
          .contains("error=\"" + example.error() + "\"");
      assertThat(socket.body()).contains("\"code\":\"" + example.error() + "\"");
      if (example.error().equals("use_dpop_nonce")) {
        assertThat(socket.header("dpop-nonce")).isNotEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void byFirstFrame_refused_withItsCloseCode(Case example) throws IOException {
    try (RawWebSocket socket = gateway.byFirstFrame()) {
      String nonce = socket.receive().getChallenge().getNonce();
      String[] made = example.bad().make(Person.someone(clock), c -> c.claim("nonce", nonce));
      socket.authenticate(made[0], made[1]);
      RawWebSocket.Closed closed = socket.awaitClose();
      assertThat(closed.code()).isEqualTo(example.closeCode().code());
      assertThat(closed.reason()).isEqualTo(example.closeCode().reason());
    }
  }

  @Test
  void byHeaders_proofUsedTwice_refused() throws IOException {
    Person alice = Person.someone(clock);
    String token = auth.token(alice);
    String proof = gateway.proof(alice, token);
    gateway.byHeaders(token, proof).close();
    try (RawWebSocket again = gateway.byHeaders(token, proof)) {
      assertThat(again.status()).isEqualTo(401);
      assertThat(again.header("www-authenticate"))
          .contains("invalid_dpop_proof")
          .contains("used before");
    }
  }

  @Test
  void byHeaders_withoutANonce_isGivenOneAndTaken() throws IOException {
    assertThat(gateway.bean(DoorSettings.class).dpopNonceRequired()).as("by default").isTrue();
    Person alice = Person.someone(clock);
    String token = auth.token(alice);
    String nonce;
    try (RawWebSocket socket = gateway.byHeaders(token, alice.key().proof("GET", URL, token))) {
      assertThat(socket.status()).isEqualTo(401);
      assertThat(socket.header("www-authenticate")).contains("error=\"use_dpop_nonce\"");
      nonce = socket.header("dpop-nonce");
    }
    try (RawWebSocket socket =
        gateway.byHeaders(
            token, alice.key().proof("GET", URL, token, c -> c.claim("nonce", nonce)))) {
      assertThat(socket.status()).isEqualTo(101);
    }
  }

  @Test
  void byFirstFrame_withoutTheNonce_closed() throws IOException {
    Person alice = Person.someone(clock);
    String token = auth.token(alice);
    try (RawWebSocket socket = gateway.byFirstFrame()) {
      socket.receive();
      socket.authenticate(token, alice.key().proof("GET", URL, token));
      assertThat(socket.awaitClose().code()).isEqualTo(CloseCode.PROOF_NONCE.code());
      assertThat(socket.atEnd()).isTrue();
    }
  }

  @Test
  void byFirstFrame_tooManyPending_503_andThePlacesComeBack() throws IOException {
    RawWebSocket first = gateway.byFirstFrame();
    RawWebSocket second = gateway.byFirstFrame();
    RawWebSocket third = gateway.byFirstFrame();
    try (RawWebSocket fourth = gateway.byFirstFrame()) {
      assertThat(fourth.status()).isEqualTo(503);
      assertThat(fourth.body()).contains("too_many_pending");
    }
    clock.advance(Duration.ofSeconds(5));
    for (RawWebSocket pending : new RawWebSocket[] {first, second, third}) {
      assertThat(pending.awaitClose().code()).isEqualTo(CloseCode.FIRST_FRAME_TIMEOUT.code());
      assertThat(pending.atEnd()).isTrue();
      pending.close();
    }
    org.awaitility.Awaitility.await()
        .until(
            () -> {
              try (RawWebSocket fifth = gateway.byFirstFrame()) {
                return fifth.status() == 101;
              }
            });
  }
}
