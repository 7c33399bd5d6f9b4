package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.bundle.PolicyBundles;
import dev.sallyport.gateway.issuer.StartRefused;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.Person;
import dev.sallyport.gateway.testing.RawWebSocket;
import dev.sallyport.gateway.testing.RunningGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On what a gateway opens, and when it shuts: bundle, keys and signals on disk, with and without
 * the auth-server.
 */
class TrustTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final MovableClock clock = new MovableClock();
  @TempDir Path data;
  private FakeAuthServer auth;

  @BeforeEach
  void authServer() throws IOException {
    auth = new FakeAuthServer(clock, data);
  }

  @AfterEach
  void end() {
    auth.close();
  }

  private int handshake(RunningGateway gateway, Person person) throws IOException {
    return handshake(gateway, person, auth.token(person));
  }

  private static int handshake(RunningGateway gateway, Person person, String token)
      throws IOException {
    try (RawWebSocket socket = gateway.byHeaders(token, gateway.proof(person, token))) {
      return socket.status();
    }
  }

  @Test
  void restart_authServerAway_opensOnDiskUntilSixtySecondsOfSilence() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    Person revoked = Person.someone(clock);
    Person alice = Person.someone(clock);
    try (RunningGateway first = RunningGateway.start(auth, clock, data)) {
      try (RawWebSocket socket = first.open(revoked)) {
        auth.revokeSession(revoked.userId(), revoked.sid());
        socket.awaitClose();
      }
    }
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(data.resolve("client-key.json"))))
        .isEqualTo("rw-------");
    auth.goAway();

    try (RunningGateway second = RunningGateway.start(auth, clock, data)) {
      assertThat(handshake(second, alice)).isEqualTo(101);
      assertThat(handshake(second, revoked)).isEqualTo(401);
      try (RawWebSocket open = second.open(alice)) {
        clock.advance(Duration.ofSeconds(61));
        assertThat(second.health()).isEqualTo(503);
        assertThat(handshake(second, Person.someone(clock))).isEqualTo(503);
        try (RawWebSocket pending = second.byFirstFrame()) {
          String nonce = pending.receive().getChallenge().getNonce();
          String token = auth.token(alice);
          pending.authenticate(
              token,
              alice
                  .key()
                  .proof("GET", RunningGateway.socketUrl(), token, c -> c.claim("nonce", nonce)));
          assertThat(pending.awaitClose().reason()).isEqualTo("cannot_hear");
        }
        // Whoever is in stays, until the token ends.
        open.sendFrame(0x8a, new byte[0]);
        clock.advance(Duration.ofSeconds(60));
        open.sendFrame(0x8a, new byte[0]);
        clock.advance(Duration.ofMinutes(3));
        assertThat(open.awaitClose().reason()).isIn("token_expired", "idle_timeout");
      }
      auth.comeBack();
      await().atMost(LONG).until(() -> second.health() == 200);
      assertThat(handshake(second, Person.someone(clock))).isEqualTo(101);
    }
  }

  @Test
  void restart_keepsRevocationsClaimsAndTheRecordOfDecisions() throws Exception {
    auth.activate(
        1,
        FakeAuthServer.defaultPolicies()
            + "@id(\"frozen\") @message(\"no new rooms\")"
            + " forbid (principal, action == Chat::Action::\"room.create\", resource);");
    Person alice = Person.someone(clock);
    Person lost = Person.someone(clock);
    Person stolen = Person.someone(clock);
    String before = auth.token(lost);
    Person ended = Person.someone(clock);
    String decision;
    try (RunningGateway first = RunningGateway.start(auth, clock, data)) {
      try (RawWebSocket user = first.open(lost);
          RawWebSocket device = first.open(stolen);
          RawWebSocket grant = first.open(ended, c -> c.claim("grant_id", "family"))) {
        auth.changeClaims(alice.userId(), List.of("auditor"), List.of(), Map.of());
        auth.revokeUser(lost.userId());
        auth.revokeGrant(ended.userId(), "family");
        auth.revokeDevice(stolen.userId(), stolen.deviceId());
        user.awaitClose();
        device.awaitClose();
        grant.awaitClose();
      }
      var refused =
          first.ask(
              alice,
              "POST",
              "/v1/rooms",
              HttpRequest.BodyPublishers.ofString("{}"),
              claims -> claims.issueTime(Date.from(clock.instant().minusSeconds(2))));
      assertThat(refused.statusCode()).isEqualTo(403);
      decision =
          (String) Objects.requireNonNull(JSONObjectUtils.parse(refused.body()).get("decision_id"));
    }
    auth.goAway();

    try (RunningGateway second = RunningGateway.start(auth, clock, data)) {
      assertThat(handshake(second, lost, before)).isEqualTo(401);
      // Sign-out everywhere ends what was issued up to then; who signs in again is let in.
      assertThat(
              handshake(
                  second,
                  lost,
                  auth.token(lost, c -> c.issueTime(Date.from(clock.instant().plusSeconds(1))))))
          .isEqualTo(101);
      assertThat(handshake(second, stolen)).isEqualTo(401);
      assertThat(handshake(second, ended, auth.token(ended, c -> c.claim("grant_id", "family"))))
          .isEqualTo(401);
      assertThat(handshake(second, ended, auth.token(ended, c -> c.claim("grant_id", "next"))))
          .isEqualTo(101);
      try (RawWebSocket socket =
          second.open(
              alice, claims -> claims.issueTime(Date.from(clock.instant().minusSeconds(30))))) {
        assertThat(socket.status()).isEqualTo(101);
        assertThat(Objects.requireNonNull(second.relay().callers.get(alice.userId())).roles())
            .containsExactly("auditor");
      }
      var found =
          second.get(
              Person.someone(clock),
              "/v1/decisions/" + decision,
              c -> c.claim("scope", "admin").claim("roles", List.of("admin")));
      assertThat(found.statusCode()).as(found.body()).isEqualTo(200);
      assertThat(JSONObjectUtils.parse(found.body()))
          .containsEntry("determining", List.of("frozen"))
          .containsEntry("messages", List.of("no new rooms"))
          .containsEntry("action", "room.create")
          .containsEntry("user_id", alice.userId())
          .containsEntry("version", 1L);
    }
  }

  @Test
  void restart_bundleOnDiskReplacedByALowerOne_isRefused() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    Path onDisk = data.resolve("trust/bundle.jws");
    String old;
    try (RunningGateway first = RunningGateway.start(auth, clock, data)) {
      old = Files.readString(onDisk);
      auth.activate(2, FakeAuthServer.defaultPolicies());
      await().atMost(LONG).until(() -> first.bean(PolicyBundles.class).version() == 2);
    }
    auth.goAway();
    String tampered = Files.readString(onDisk);
    int at = tampered.indexOf('.') + 40;
    String other = tampered.charAt(at) == 'A' ? "B" : "A";
    for (String bad :
        List.of(old, tampered.substring(0, at) + other + tampered.substring(at + 1))) {
      Files.writeString(onDisk, bad);
      assertThatThrownBy(
              () -> RunningGateway.start(auth, clock, data, "--sallyport.bundle-wait=300ms"))
          .hasRootCauseInstanceOf(StartRefused.class);
    }
    assertThat(Files.readString(data.resolve("trust/bundle.json")))
        .contains("lower_version")
        .contains("untrusted");
  }

  @Test
  void restart_afterAMinuteOfSilence_admitsNobody() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    RunningGateway.start(auth, clock, data).close();
    auth.goAway();
    clock.advance(Duration.ofSeconds(61));
    try (RunningGateway second = RunningGateway.start(auth, clock, data)) {
      assertThat(handshake(second, Person.someone(clock))).isEqualTo(503);
    }
  }

  @Test
  void restart_signalsOnDiskDamaged_refused() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    RunningGateway.start(auth, clock, data).close();
    Files.writeString(data.resolve("trust/signals.json"), "{\"sessions\":1}");
    assertThatThrownBy(() -> RunningGateway.start(auth, clock, data))
        .hasStackTraceContaining("cannot know what is revoked");
  }

  @Test
  void start_noBundleAnywhere_refusedWithOneLine() {
    assertThatThrownBy(
            () -> RunningGateway.start(auth, clock, data, "--sallyport.bundle-wait=300ms"))
        .hasRootCauseInstanceOf(StartRefused.class)
        .rootCause()
        .hasMessageContaining("no policy bundle");
  }

  @Test
  void start_settingWrong_refused() {
    assertThatThrownBy(
            () -> RunningGateway.start(auth, clock, data, "--sallyport.trusted-proxies=nonsense"))
        .rootCause()
        .hasMessageContaining("not an address");
  }

  @Test
  void bundle_bad_refusedReportedAndTheLastGoodOneStays() throws Exception {
    auth.activate(5, FakeAuthServer.defaultPolicies());
    try (RunningGateway gateway = RunningGateway.start(auth, clock, data)) {
      PolicyBundles bundles = gateway.bean(PolicyBundles.class);
      assertThat(bundles.version()).isEqualTo(5);
      String good = FakeAuthServer.defaultPolicies();
      offered(
          bundles,
          auth.bundleClaims(4, good).build(),
          "policy-bundle+jwt",
          auth.bundleKey,
          4,
          "lower_version");
      offered(
          bundles,
          auth.bundleClaims(5, good + "\n// and more\n").build(),
          "policy-bundle+jwt",
          auth.bundleKey,
          6, // as the ETag, or the gateway's own would be answered with 304
          "same_version");
      offered(
          bundles, auth.bundleClaims(6, good).build(), "at+jwt", auth.bundleKey, 6, "untrusted");
      offered(
          bundles,
          auth.bundleClaims(7, good).build(),
          "policy-bundle+jwt",
          auth.tokenKey,
          7,
          "untrusted");
      offered(
          bundles,
          auth.bundleClaims(8, good).audience("http://other.test").build(),
          "policy-bundle+jwt",
          auth.bundleKey,
          8,
          "untrusted");
      offered(
          bundles,
          auth.bundleClaims(9, good).issuer("http://other.test").build(),
          "policy-bundle+jwt",
          auth.bundleKey,
          9,
          "untrusted");
      offered(
          bundles,
          auth.bundleClaims(10, "permit (principal, action").build(),
          "policy-bundle+jwt",
          auth.bundleKey,
          10,
          "invalid");
      offered(
          bundles,
          auth.bundleClaims(11, "permit (principal, action, resource) when { principal.nothing };")
              .build(),
          "policy-bundle+jwt",
          auth.bundleKey,
          11,
          "invalid");
      assertThat(handshake(gateway, Person.someone(clock))).isEqualTo(101);

      auth.activate(12, good);
      await().atMost(LONG).until(() -> bundles.version() == 12);
    }
    assertThat(Files.readString(data.resolve("trust/bundle.json"))).contains("lower_version");
  }

  private void offered(
      PolicyBundles bundles, JWTClaimsSet claims, String typ, ECKey key, long version, String code)
      throws IOException {
    Path state = data.resolve("trust/bundle.json");
    int before = count(Files.readString(state), code);
    auth.serve(claims, typ, key, version);
    auth.announce(version);
    await().atMost(LONG).until(() -> count(Files.readString(state), code) > before);
    assertThat(bundles.version()).isEqualTo(5);
  }

  private static int count(String text, String part) {
    return text.split(part, -1).length - 1;
  }

  @Test
  void bundle_notConfirmedForADay_shutsEverything() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    try (RunningGateway gateway = RunningGateway.start(auth, clock, data)) {
      PolicyBundles bundles = gateway.bean(PolicyBundles.class);
      assertThat(bundles.current()).isNotNull();
      auth.goAway();
      clock.advance(Duration.ofHours(24).plusSeconds(1));
      assertThat(bundles.current()).isNull();
      assertThat(gateway.health()).isEqualTo(503);
    }
  }

  @Test
  void bundle_confirmedMeanwhile_isGoodForADayFromThen_alsoAfterARestart() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    try (RunningGateway gateway = RunningGateway.start(auth, clock, data)) {
      PolicyBundles bundles = gateway.bean(PolicyBundles.class);
      clock.advance(Duration.ofHours(23));
      assertThat(bundles.age()).isGreaterThan(Duration.ofHours(22));
      // Told of the version it has, it asks, and hears that there is no other.
      auth.announce(1);
      await().atMost(LONG).until(() -> bundles.age().compareTo(Duration.ofHours(1)) < 0);
      auth.goAway();
      clock.advance(Duration.ofHours(23));
      assertThat(bundles.current()).isNotNull();
    }
    try (RunningGateway again = RunningGateway.start(auth, clock, data)) {
      PolicyBundles bundles = again.bean(PolicyBundles.class);
      assertThat(bundles.age()).isBetween(Duration.ofHours(22), Duration.ofHours(24));
      assertThat(bundles.current()).isNotNull();
      clock.advance(Duration.ofHours(2));
      assertThat(bundles.current()).isNull();
    }
  }

  @Test
  void bundle_clockSetBackByMoreThanADay_shutsEverything() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    try (RunningGateway gateway = RunningGateway.start(auth, clock, data)) {
      PolicyBundles bundles = gateway.bean(PolicyBundles.class);
      auth.goAway();
      clock.advance(Duration.ofHours(-23));
      assertThat(bundles.current()).isNotNull();
      clock.advance(Duration.ofHours(-2));
      assertThat(bundles.current()).isNull();
    }
  }

  @Test
  void signal_thatIsNotBelieved_isNeverPassedOver() throws Exception {
    auth.activate(1, FakeAuthServer.defaultPolicies());
    try (RunningGateway gateway = RunningGateway.start(auth, clock, data)) {
      Person alice = Person.someone(clock);
      try (RawWebSocket socket = gateway.open(alice)) {
        auth.emitRaw(
            FakeAuthServer.sign(
                new JWTClaimsSet.Builder()
                    .issuer(auth.issuer())
                    .audience(FakeAuthServer.AUDIENCE)
                    .issueTime(java.util.Date.from(clock.instant()))
                    .build(),
                "secevent+jwt",
                auth.tokenKey));
        clock.advance(Duration.ofSeconds(61));
        await().atMost(LONG).until(() -> gateway.health() == 503);
        assertThat(handshake(gateway, Person.someone(clock))).isEqualTo(503);
        auth.withdrawLast();
        auth.revokeSession(alice.userId(), alice.sid());
        assertThat(socket.awaitClose().reason()).isEqualTo("session_revoked");
      }
    }
  }
}
