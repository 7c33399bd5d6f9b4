package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.signal.RealSecurityEvents;
import dev.sallyport.auth.token.Hashes;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
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

  private RefreshTokens.Use use(String token) {
    RefreshTokens.Use use = transaction.execute(status -> refreshTokens.use(token, CHAT, JKT));
    if (use == null) {
      throw new AssertionError();
    }
    return use;
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
    insert("1", "code");
    authorizations.redeem("1", JKT);
    String token = refreshTokens.first("1");
    assertThat(together(() -> use(token))).allMatch(RefreshTokens.Use.Accepted.class::isInstance);
    assertThat(
            jdbc.sql(
                    "SELECT COUNT(*) FROM refresh_token WHERE spent_at_ms IS NULL AND NOT replaced")
                .query(Long.class)
                .single())
        .isEqualTo(1);
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
}
