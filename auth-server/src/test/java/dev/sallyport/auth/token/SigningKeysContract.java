package dev.sallyport.auth.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.client.SharedKeys;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.RealSecurityEvents;
import dev.sallyport.auth.vault.TestVault;
import dev.sallyport.auth.vault.Vault;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the key store promises, on whichever database. */
abstract class SigningKeysContract {

  private static final Duration CREDENTIAL_TTL = Duration.ofDays(30);
  private static final IssuerSettings SETTINGS =
      new IssuerSettings("https://id.example", new IssuerSettings.Gateway("https://gw.example"));
  private static final JWTClaimsSet CLAIMS = new JWTClaimsSet.Builder().subject("x").build();

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final Vault vault = TestVault.create();
  private final TestDatabase database = open();

  abstract TestDatabase open();

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  private StoredSigningKeys node() {
    return node(vault);
  }

  private StoredSigningKeys node(Vault itsVault) {
    return new StoredSigningKeys(
        JdbcClient.create(database.dataSource()),
        itsVault,
        clock,
        new SecureRandom(),
        new KeySettings(Duration.ofDays(90)),
        new CredentialSettings(CREDENTIAL_TTL, 20),
        Duration.ofDays(30),
        RealSecurityEvents.on(new JdbcTemplate(database.dataSource()), clock),
        new JdbcTransactionManager(database.dataSource()));
  }

  private static String kid(String jws) throws Exception {
    return JWSObject.parse(jws).getHeader().getKeyID();
  }

  private static Set<String> kids(SigningKeys keys, KeyPurpose purpose) {
    Set<String> kids = new HashSet<>();
    keys.published(purpose).getKeys().forEach(key -> kids.add(key.getKeyID()));
    return kids;
  }

  @Test
  void firstStart_ofSixNodesAtOnce_makesOneKeyOfEachKind() throws Exception {
    CyclicBarrier together = new CyclicBarrier(6);
    List<Set<String>> seen = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Set<String>>> nodes = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        nodes.add(
            threads.submit(
                () -> {
                  StoredSigningKeys node = node();
                  together.await(30, TimeUnit.SECONDS);
                  Set<String> all = new HashSet<>();
                  for (KeyPurpose purpose : KeyPurpose.values()) {
                    all.addAll(kids(node, purpose));
                    all.add(kid(node.sign(purpose, "t", CLAIMS)));
                  }
                  return all;
                }));
      }
      for (Future<Set<String>> node : nodes) {
        seen.add(node.get(60, TimeUnit.SECONDS));
      }
    }
    // four ES256 keys, and RS256 for tokens
    assertThat(seen).allMatch(kids -> kids.size() == 5).containsOnly(seen.getFirst());
  }

  @Test
  void sign_verifiesWithThePublishedKeyOfItsPurposeOnly() throws Exception {
    StoredSigningKeys keys = node();
    JWSObject jws = JWSObject.parse(keys.sign(KeyPurpose.SIGNAL, "secevent+jwt", CLAIMS));
    assertThat(jws.getHeader().getType().getType()).isEqualTo("secevent+jwt");
    JWK key = keys.published(KeyPurpose.SIGNAL, jws.getHeader().getKeyID()).orElseThrow();
    assertThat(jws.verify(new ECDSAVerifier(key.toECKey()))).isTrue();
    assertThat(keys.published(KeyPurpose.TOKEN, jws.getHeader().getKeyID())).isEmpty();
    assertThat(keys.published(KeyPurpose.TOKEN).getKeys()).noneMatch(JWK::isPrivate);
    JWSObject text = JWSObject.parse(keys.sign(KeyPurpose.BUNDLE, "b", "{\"é\":1}"));
    assertThat(text.getPayload().toString()).isEqualTo("{\"é\":1}");
  }

  @Test
  void rotate_publishesFirst_signsLater_keepsTheOldOne() throws Exception {
    StoredSigningKeys one = node();
    StoredSigningKeys two = node();
    String before = kid(one.sign(KeyPurpose.TOKEN, "t", CLAIMS));
    one.rotate(KeyPurpose.TOKEN);
    two.rotate(KeyPurpose.TOKEN);
    assertThat(one.published(KeyPurpose.TOKEN).getKeys()).hasSize(4);
    assertThat(kid(one.sign(KeyPurpose.TOKEN, "t", CLAIMS))).isEqualTo(before);

    clock.pass(Duration.ofMinutes(10));
    String after = kid(one.sign(KeyPurpose.TOKEN, "t", CLAIMS));
    assertThat(after).isNotEqualTo(before);
    assertThat(kid(two.sign(KeyPurpose.TOKEN, "t", CLAIMS))).isEqualTo(after);
    assertThat(kids(two, KeyPurpose.TOKEN)).contains(before, after);

    clock.pass(Duration.ofDays(1).plusSeconds(1));
    assertThat(kids(one, KeyPurpose.TOKEN)).contains(after).doesNotContain(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PS256", "EdDSA"})
  void lateKey_isMadeWhenItFirstSigns_andSeenByOtherNodesAtOnce(String name) throws Exception {
    JWSAlgorithm alg = JWSAlgorithm.parse(name);
    StoredSigningKeys one = node();
    StoredSigningKeys two = node();
    assertThat(two.published(KeyPurpose.TOKEN).getKeys())
        .noneMatch(key -> alg.equals(key.getAlgorithm()));
    JWSObject jws = JWSObject.parse(one.sign(KeyPurpose.TOKEN, alg, "JWT", CLAIMS));
    String kid = jws.getHeader().getKeyID();
    assertThat(kids(two, KeyPurpose.TOKEN)).contains(kid);
    JWK key = node().published(KeyPurpose.TOKEN, kid).orElseThrow();
    JWSVerifier verifier =
        key instanceof OctetKeyPair okp
            ? new Ed25519Verifier(okp)
            : new RSASSAVerifier(key.toRSAKey());
    assertThat(jws.verify(verifier)).isTrue();
    assertThat(kid(two.sign(KeyPurpose.TOKEN, alg, "JWT", CLAIMS))).isEqualTo(kid);
    two.rotate(KeyPurpose.TOKEN);
    clock.pass(Duration.ofMinutes(10));
    assertThat(kid(one.sign(KeyPurpose.TOKEN, alg, "JWT", CLAIMS))).isNotEqualTo(kid);
    assertThat(kids(one, KeyPurpose.TOKEN)).contains(kid);
  }

  @Test
  void sign_byAnAlgorithmOfNoSlot_isABug() {
    StoredSigningKeys keys = node();
    assertThatThrownBy(() -> keys.sign(KeyPurpose.TOKEN, JWSAlgorithm.HS256, "JWT", CLAIMS))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> keys.sign(KeyPurpose.DEVICE, JWSAlgorithm.PS256, "JWT", CLAIMS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rotate_deviceKey_staysPublishedAsLongAsItsCredentials() throws Exception {
    StoredSigningKeys keys = node();
    String before = kid(keys.sign(KeyPurpose.DEVICE, "t", CLAIMS));
    keys.rotate(KeyPurpose.DEVICE);
    clock.pass(Duration.ofMinutes(10).plus(CREDENTIAL_TTL));
    keys.tend();
    assertThat(kids(node(), KeyPurpose.DEVICE)).contains(before);
    clock.pass(Duration.ofDays(1).plusSeconds(1));
    keys.tend();
    assertThat(kids(node(), KeyPurpose.DEVICE)).hasSize(1).doesNotContain(before);
  }

  @Test
  void tend_afterNinetyDays_rotates() throws Exception {
    StoredSigningKeys keys = node();
    String before = kid(keys.sign(KeyPurpose.SIGNAL, "t", CLAIMS));
    keys.tend();
    clock.pass(Duration.ofDays(90).plusSeconds(1));
    keys.tend();
    clock.pass(Duration.ofMinutes(10));
    assertThat(kid(keys.sign(KeyPurpose.SIGNAL, "t", CLAIMS))).isNotEqualTo(before);
  }

  @Test
  void anotherMasterKey_opensNothing_andNothingLiesOpen() {
    node().sign(KeyPurpose.TOKEN, "t", CLAIMS);
    assertThatThrownBy(() -> node(TestVault.create()).sign(KeyPurpose.TOKEN, "t", CLAIMS))
        .isInstanceOf(Vault.SealBroken.class);
    assertThat(
            JdbcClient.create(database.dataSource())
                .sql("select sealed_jwk from signing_key")
                .query(String.class)
                .list()
                .toString())
        .doesNotContain("\"d\"");
  }

  @Test
  void sharedKeys_ofTwoNodes_areTheSame() {
    JdbcClient jdbc = JdbcClient.create(database.dataSource());
    SharedKeys one = sharedKeys(jdbc);
    SharedKeys two = sharedKeys(jdbc);
    assertThat(one.hmac("a")).isEqualTo(two.hmac("a")).isNotEqualTo(one.hmac("b"));
    assertThat(new ServerNonces(two, clock).valid(new ServerNonces(one, clock).fresh())).isTrue();
  }

  @Test
  void sharedKey_madeInWhatIsRolledBack_isStillThatOfAllNodes() {
    JdbcClient jdbc = JdbcClient.create(database.dataSource());
    SharedKeys one = sharedKeys(jdbc);
    new TransactionTemplate(new JdbcTransactionManager(database.dataSource()))
        .executeWithoutResult(
            status -> {
              one.hmac("a");
              status.setRollbackOnly();
            });
    assertThat(sharedKeys(jdbc).hmac("a")).isEqualTo(one.hmac("a"));
  }

  private SharedKeys sharedKeys(JdbcClient jdbc) {
    return new SharedKeys(
        jdbc, vault, new SecureRandom(), new JdbcTransactionManager(database.dataSource()));
  }

  @Test
  void rotate_onOneNode_isPublishedByTheOtherWithinASecond() {
    StoredSigningKeys one = node();
    StoredSigningKeys two = node();
    assertThat(kids(two, KeyPurpose.TOKEN)).isEqualTo(kids(one, KeyPurpose.TOKEN));
    one.rotate(KeyPurpose.TOKEN);
    clock.pass(Duration.ofMillis(1001));
    assertThat(kids(two, KeyPurpose.TOKEN)).hasSize(4).isEqualTo(kids(one, KeyPurpose.TOKEN));
  }

  @Test
  void singleUse_manyAtOnce_oneIsFirst() throws Exception {
    SingleUse singleUse = new SingleUse(JdbcClient.create(database.dataSource()), clock);
    CyclicBarrier together = new CyclicBarrier(12);
    int first = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> uses = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        uses.add(
            threads.submit(
                () -> {
                  together.await(30, TimeUnit.SECONDS);
                  return singleUse.first("c", "v", clock.instant().plusSeconds(60));
                }));
      }
      for (Future<Boolean> use : uses) {
        first += use.get(60, TimeUnit.SECONDS) ? 1 : 0;
      }
    }
    assertThat(first).isEqualTo(1);
    assertThat(singleUse.first("other", "v", clock.instant().plusSeconds(60))).isTrue();
    clock.pass(Duration.ofSeconds(61));
    singleUse.forget();
    assertThat(singleUse.first("c", "v", clock.instant().plusSeconds(60))).isTrue();
  }

  private static String idToken(StoredSigningKeys keys) {
    return keys.sign(
        KeyPurpose.TOKEN,
        IdTokenHints.TYP,
        new JWTClaimsSet.Builder()
            .issuer("https://id.example")
            .subject("someone")
            .audience("client")
            .expirationTime(new Date(0))
            .build());
  }

  @Test
  void hint_isKnownAfterItsKeyIsPublishedNoLonger_untilSessionsOfItsTimeAreOver() {
    StoredSigningKeys keys = node();
    IdTokenHints hints = new IdTokenHints(node(), SETTINGS);
    String hint = idToken(keys);
    keys.rotate(KeyPurpose.TOKEN);
    clock.pass(Duration.ofDays(2));
    keys.tend();
    assertThat(keys.published(KeyPurpose.TOKEN).getKeys()).hasSize(2);
    assertThat(hints.read(hint)).isPresent();
    clock.pass(Duration.ofDays(31));
    assertThat(hints.read(hint)).isEmpty();
  }

  @Test
  void revoke_activeKey_anotherSignsAtOnceOnEveryNode_andNothingOfItIsKnown() throws Exception {
    StoredSigningKeys one = node();
    StoredSigningKeys two = node();
    IdTokenHints hints = new IdTokenHints(two, SETTINGS);
    String hint = idToken(one);
    String stolen = kid(hint);
    assertThat(hints.read(hint)).isPresent();
    long version = one.version();
    assertThat(one.revoke(stolen, version - 1, Actor.admin("a")))
        .isEqualTo(new KeyRing.Change.Stale());
    assertThat(one.revoke(stolen, version, Actor.admin("a"))).isEqualTo(new KeyRing.Change.Done());
    assertThat(one.version()).isGreaterThan(version);
    clock.pass(Duration.ofMillis(1001));
    for (StoredSigningKeys node : List.of(one, two)) {
      assertThat(kid(idToken(node))).isNotEqualTo(stolen);
      assertThat(kids(node, KeyPurpose.TOKEN)).doesNotContain(stolen);
    }
    assertThat(kid(idToken(one))).isEqualTo(kid(idToken(two)));
    assertThat(hints.read(hint)).isEmpty();
    assertThat(
            JdbcClient.create(database.dataSource())
                .sql("select sealed_jwk from signing_key where kid = ?")
                .param(stolen)
                .query(String.class)
                .single())
        .isEmpty();
    assertThat(one.revoke(stolen, null, Actor.admin("a")))
        .isEqualTo(new KeyRing.Change.NoSuchKey());
    // a new node finds the same
    assertThat(kid(idToken(node()))).isEqualTo(kid(idToken(one)));
  }

  @Test
  void revoke_withASuccessorMade_theSuccessorSigns() throws Exception {
    StoredSigningKeys keys = node();
    String stolen = kid(idToken(keys));
    keys.rotate(KeyPurpose.TOKEN);
    Set<String> known = kids(keys, KeyPurpose.TOKEN);
    keys.revoke(stolen, null, Actor.admin("a"));
    assertThat(known).contains(kid(idToken(keys)));
  }

  @Test
  void revoke_supersededKey_leavesTheActiveOne() throws Exception {
    StoredSigningKeys keys = node();
    String before = kid(idToken(keys));
    keys.rotate(KeyPurpose.TOKEN);
    clock.pass(Duration.ofMinutes(11));
    String after = kid(idToken(keys));
    assertThat(keys.retire(after, null, Actor.admin("a"))).isEqualTo(new KeyRing.Change.Signing());
    keys.revoke(before, null, Actor.admin("a"));
    assertThat(kid(idToken(keys))).isEqualTo(after);
    assertThat(kids(keys, KeyPurpose.TOKEN)).doesNotContain(before).contains(after);
  }

  @Test
  void retire_supersededKey_isPublishedNoLonger_andKnownToHints() throws Exception {
    StoredSigningKeys keys = node();
    IdTokenHints hints = new IdTokenHints(keys, SETTINGS);
    String hint = idToken(keys);
    keys.rotate(KeyPurpose.TOKEN);
    clock.pass(Duration.ofMinutes(11));
    assertThat(keys.retire(kid(hint), null, Actor.admin("a"))).isEqualTo(new KeyRing.Change.Done());
    assertThat(kids(keys, KeyPurpose.TOKEN)).doesNotContain(kid(hint));
    assertThat(hints.read(hint)).isPresent();
    // found out later that it was stolen
    assertThat(keys.revoke(kid(hint), null, Actor.admin("a"))).isEqualTo(new KeyRing.Change.Done());
    assertThat(hints.read(hint)).isEmpty();
  }

  @Test
  void revoke_manyAtOnce_oneKeyFollows() throws Exception {
    StoredSigningKeys one = node();
    StoredSigningKeys two = node();
    String stolen = kid(idToken(one));
    CyclicBarrier together = new CyclicBarrier(4);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<KeyRing.Change>> runs = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        StoredSigningKeys node = i % 2 == 0 ? one : two;
        runs.add(
            threads.submit(
                () -> {
                  together.await();
                  return node.revoke(stolen, null, Actor.admin("a"));
                }));
      }
      List<KeyRing.Change> changes = new ArrayList<>();
      for (Future<KeyRing.Change> run : runs) {
        changes.add(run.get());
      }
      assertThat(changes)
          .containsOnlyOnce(new KeyRing.Change.Done())
          .containsOnly(new KeyRing.Change.Done(), new KeyRing.Change.NoSuchKey());
    }
    assertThat(
            one.ring().keys().stream()
                .filter(key -> key.purpose() == KeyPurpose.TOKEN && key.alg().equals("ES256"))
                .map(KeyRing.Entry::state))
        .containsExactlyInAnyOrder(KeyRing.State.ACTIVE, KeyRing.State.REVOKED);
  }

  /** What a failed transaction spent can be spent by the next. */
  @Test
  void singleUse_withinATransaction_isSpentWithIt() {
    SingleUse once = new SingleUse(JdbcClient.create(database.dataSource()), clock);
    TransactionTemplate transaction =
        new TransactionTemplate(new JdbcTransactionManager(database.dataSource()));
    Instant until = clock.instant().plusSeconds(60);
    transaction.executeWithoutResult(
        status -> {
          assertThat(once.firstWithin("logout", "jti", until)).isTrue();
          status.setRollbackOnly();
        });
    transaction.executeWithoutResult(
        _ -> assertThat(once.firstWithin("logout", "jti", until)).isTrue());
    transaction.executeWithoutResult(
        status -> {
          assertThat(once.firstWithin("logout", "jti", until)).isFalse();
          status.setRollbackOnly();
        });
  }
}
