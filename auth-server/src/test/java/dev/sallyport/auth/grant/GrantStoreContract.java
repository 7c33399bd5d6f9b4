package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.signal.RealSecurityEvents;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.SingleUse;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** What the store of codes and refresh tokens promises to many at once, on whichever database. */
abstract class GrantStoreContract {

  private static final int AT_ONCE = 20;
  private static final String JKT = "k".repeat(43);
  private static final Client CHAT =
      new Client(
          "c",
          "c",
          SecurityProfile.CHAT,
          ClientAuthentication.NONE,
          null,
          Set.of("http://127.0.0.1/callback"),
          Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
          Set.of("openid"),
          "ES256",
          false);

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final TestDatabase database = open();
  private final JdbcClient jdbc = JdbcClient.create(database.dataSource());
  private final TransactionTemplate transaction =
      new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
  private final Authorizations authorizations =
      new Authorizations(
          jdbc, RealSecurityEvents.on(new JdbcTemplate(database.dataSource()), clock), clock);
  private final RefreshTokens refreshTokens =
      new RefreshTokens(jdbc, authorizations, clock, new SecureRandom());

  abstract TestDatabase open();

  @AfterEach
  void close() {
    database.close();
  }

  private void insert(String id, String code) {
    jdbc.sql(
            """
            INSERT INTO oauth_authorization (id, client_id, principal_name, account_id, sid,
              auth_time_ms, acr, amr, request, scopes, code_hash, code_expires_at_ms, expires_at_ms)
            VALUES (?, 'c', 'p', 'a', 's', 0, 'acr', 'pwd', ?, 'openid', ?, ?, ?)
            """)
        .params(
            id,
            new AuthorizationRequest("http://localhost", null, null, Set.of("openid"), Map.of())
                .toJson(),
            Hashes.sha256(code),
            clock.millis() + 60_000,
            clock.millis() + 60_000)
        .update();
  }

  private static <T> List<T> together(Callable<T> work) throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(AT_ONCE);
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        futures.add(
            threads.submit(
                () -> {
                  barrier.await(30, TimeUnit.SECONDS);
                  return work.call();
                }));
      }
      for (Future<T> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
    }
    return results;
  }

  /** As the grant does: without the lock first, then under it. */
  private RefreshTokens.Use use(String token, SingleUse.@Nullable Once once) {
    for (int turn = 0; turn < 4; turn++) {
      boolean locked = turn > 0;
      RefreshTokens.Use use = transaction.execute(status -> attempt(token, once, locked, status));
      if (use != null && !(use instanceof RefreshTokens.Use.Overtaken)) {
        return use;
      }
    }
    throw new AssertionError("overtaken again and again");
  }

  private RefreshTokens.@Nullable Use attempt(
      String token, SingleUse.@Nullable Once once, boolean locked, TransactionStatus status) {
    return switch (refreshTokens.look(token, CHAT, JKT, locked)) {
      case RefreshTokens.Look.Good good -> {
        RefreshTokens.Use use = refreshTokens.use(good, once);
        if (!(use instanceof RefreshTokens.Use.Done)) {
          status.setRollbackOnly();
        }
        yield use;
      }
      case RefreshTokens.Look.Spent() -> null;
      case RefreshTokens.Look other -> throw new AssertionError(other.toString());
    };
  }

  private String family() {
    insert("1", "code");
    authorizations.redeem("1", JKT);
    return refreshTokens.first("1");
  }

  private RefreshTokens.Look look(String token, boolean locked) {
    RefreshTokens.Look look =
        transaction.execute(status -> refreshTokens.look(token, CHAT, JKT, locked));
    if (look == null) {
      throw new AssertionError();
    }
    return look;
  }

  private RefreshTokens.Use use(RefreshTokens.Look look) {
    RefreshTokens.Use use =
        transaction.execute(
            status -> {
              RefreshTokens.Use done = refreshTokens.use((RefreshTokens.Look.Good) look, null);
              if (!(done instanceof RefreshTokens.Use.Done)) {
                status.setRollbackOnly();
              }
              return done;
            });
    if (use == null) {
      throw new AssertionError();
    }
    return use;
  }

  private long liveTokens() {
    return jdbc.sql("SELECT COUNT(*) FROM refresh_token WHERE spent_at_ms IS NULL AND NOT replaced")
        .query(Long.class)
        .single();
  }

  @Test
  void client_thatIsNoMore_takesItsFamiliesAlong() {
    insert("family", "code");
    assertThat(ended("another")).isZero();
    assertThat(authorizations.live("family")).isTrue();
    assertThat(ended("c")).isEqualTo(1);
    assertThat(authorizations.live("family")).isFalse();
    assertThat(authorizations.redeem("family", JKT)).isFalse();
    // gateways hear of it
    assertThat(
            jdbc.sql("SELECT data FROM security_event WHERE type = 'grant-revoked'")
                .query((row, n) -> row.getString(1))
                .single())
        .contains("family", "client_removed");
  }

  private Integer ended(String clientId) {
    return transaction.execute(_ -> new FamiliesOfClients(jdbc, authorizations).ended(clientId));
  }

  @Test
  void redeem_manyAtOnce_oneWins() throws Exception {
    insert("1", "code");
    List<Boolean> won =
        together(
            () ->
                Boolean.TRUE.equals(
                    transaction.execute(status -> authorizations.redeem("1", JKT))));
    assertThat(won.stream().filter(w -> w)).hasSize(1);
    assertThat(authorizations.byCode("code").orElseThrow().redeemed()).isTrue();
  }

  @Test
  void use_sameTokenManyAtOnce_leavesOneToGoOnWith() throws Exception {
    String token = family();
    assertThat(together(() -> use(token, null))).allMatch(RefreshTokens.Use.Done.class::isInstance);
    assertThat(liveTokens()).isEqualTo(1);
  }

  @Test
  void use_sameTokenAndProofManyAtOnce_isOneUse() throws Exception {
    String token = family();
    SingleUse.Once once = SingleUse.once("dpop:" + JKT, "jti", clock.instant().plusSeconds(60));
    List<RefreshTokens.Use> uses = together(() -> use(token, once));
    assertThat(uses).filteredOn(RefreshTokens.Use.Done.class::isInstance).hasSize(1);
    assertThat(uses).filteredOn(RefreshTokens.Use.ProofUsed.class::isInstance).hasSize(AT_ONCE - 1);
    assertThat(liveTokens()).isEqualTo(1);
  }

  @Test
  void use_proofOfAnotherUse_changesNothing() {
    String token = family();
    SingleUse.Once once = SingleUse.once("dpop:" + JKT, "jti", clock.instant().plusSeconds(60));
    assertThat(new SingleUse(jdbc, clock).first(once)).isTrue();
    assertThat(use(token, once)).isInstanceOf(RefreshTokens.Use.ProofUsed.class);
    assertThat(look(token, false))
        .isInstanceOfSatisfying(
            RefreshTokens.Look.Good.class,
            good -> assertThat(good.step()).isInstanceOf(RefreshTokens.Step.Spend.class));
  }

  @Test
  void use_lookedAtBeforeAnotherUsedIt_isOvertaken() {
    String token = family();
    RefreshTokens.Look late = look(token, false);
    assertThat(use(look(token, false))).isInstanceOf(RefreshTokens.Use.Done.class);
    assertThat(use(late)).isInstanceOf(RefreshTokens.Use.Overtaken.class);
    assertThat(liveTokens()).isEqualTo(1);
  }

  @Test
  void use_retryWhoseSuccessorIsUsedMeanwhile_replacesNothing() {
    String token = family();
    RefreshTokens.Use.Done first = (RefreshTokens.Use.Done) use(look(token, false));
    RefreshTokens.Look retry = look(token, true);
    assertThat(use(look(first.refreshToken(), false))).isInstanceOf(RefreshTokens.Use.Done.class);
    assertThat(use(retry)).isInstanceOf(RefreshTokens.Use.Overtaken.class);
    assertThat(look(token, true)).isInstanceOf(RefreshTokens.Look.Reused.class);
    assertThat(liveTokens()).isEqualTo(1);
  }

  @Test
  void use_successorThatARetryReplacedMeanwhile_isOvertaken() {
    String token = family();
    RefreshTokens.Use.Done first = (RefreshTokens.Use.Done) use(look(token, false));
    RefreshTokens.Look late = look(first.refreshToken(), false);
    assertThat(use(look(token, true))).isInstanceOf(RefreshTokens.Use.Done.class);
    assertThat(use(late)).isInstanceOf(RefreshTokens.Use.Overtaken.class);
    assertThat(look(first.refreshToken(), true)).isInstanceOf(RefreshTokens.Look.Reused.class);
    assertThat(liveTokens()).isEqualTo(1);
  }

  /** Neither waits for what the other holds, and the family goes on by one token at most. */
  @Test
  void use_tokenAndItsSuccessorManyAtOnce_endsWithOneToGoOnWith() throws Exception {
    for (int round = 0; round < 10; round++) {
      String id = "family " + round;
      insert(id, "code " + round);
      authorizations.redeem(id, JKT);
      String token = refreshTokens.first(id);
      RefreshTokens.Use.Done first = (RefreshTokens.Use.Done) use(token, null);
      AtomicInteger turn = new AtomicInteger();
      List<Boolean> used =
          together(() -> used(turn.getAndIncrement() % 2 == 0 ? token : first.refreshToken()));
      assertThat(used).contains(true);
      assertThat(liveTokens()).isLessThanOrEqualTo(round + 1);
    }
  }

  /** Whether it could be used; false where the grant would end the family. */
  private boolean used(String token) {
    for (int turn = 0; turn < 4; turn++) {
      boolean locked = turn > 0;
      Boolean used =
          transaction.execute(
              status ->
                  switch (refreshTokens.look(token, CHAT, JKT, locked)) {
                    case RefreshTokens.Look.Good good -> {
                      if (refreshTokens.use(good, null) instanceof RefreshTokens.Use.Done) {
                        yield true;
                      }
                      status.setRollbackOnly();
                      yield null;
                    }
                    case RefreshTokens.Look.Reused _ -> false;
                    case RefreshTokens.Look.Spent() -> null;
                    case RefreshTokens.Look.Refused(String description) ->
                        throw new AssertionError(description);
                  });
      if (used != null) {
        return used;
      }
    }
    throw new AssertionError("overtaken again and again");
  }

  @Test
  void forget_afterItsTime_forgetsFamilyAndTokens() {
    insert("1", "code");
    authorizations.redeem("1", JKT);
    refreshTokens.first("1");
    clock.pass(RefreshTokens.TTL.minusSeconds(1));
    authorizations.forget();
    assertThat(authorizations.live("1")).isTrue();
    clock.pass(RefreshTokens.SPARE.plusSeconds(2));
    authorizations.forget();
    assertThat(authorizations.live("1")).isFalse();
    assertThat(jdbc.sql("SELECT COUNT(*) FROM refresh_token").query(Long.class).single()).isZero();
  }

  /** Someone who allows an application in several windows at once. */
  @Test
  void consent_givenManyTimesAtOnce_isOne() throws Exception {
    Consents consents =
        new Consents(
            jdbc,
            new InMemoryRegisteredClientRepository(RegisteredClients.toSpring(CHAT)),
            RealSecurityEvents.on(new JdbcTemplate(database.dataSource()), clock),
            transaction);
    for (String scope : List.of("openid", "profile")) {
      OAuth2AuthorizationConsent consent =
          OAuth2AuthorizationConsent.withId("c", "p").scope(scope).build();
      together(
          () -> {
            consents.save(consent);
            return true;
          });
      assertThat(jdbc.sql("SELECT scopes FROM oauth_consent").query(String.class).list())
          .containsExactly(scope);
    }
  }
}
