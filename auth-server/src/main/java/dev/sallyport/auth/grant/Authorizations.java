package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.token.Hashes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** The families of tokens, by code and by id; every look-up is by an index. */
@Component
final class Authorizations {

  /** For how long after its redemption a second use of a code is still recognized. */
  private static final Duration REUSE_REMEMBERED = Duration.ofMinutes(10);

  /** What {@link #read} reads, of {@code oauth_authorization a}. */
  static final String COLUMNS =
      """
      a.id, a.client_id, a.account_id, a.sid, a.auth_time_ms, a.acr, a.amr, a.request, a.scopes,
      a.code_expires_at_ms, a.redeemed_at_ms, a.revoked_at_ms, a.jkt, a.expires_at_ms
      """;

  private static final String SELECT = "SELECT " + COLUMNS + " FROM oauth_authorization a ";

  private final JdbcClient jdbc;
  private final SecurityEvents events;
  private final Clock clock;

  Authorizations(JdbcClient jdbc, SecurityEvents events, Clock clock) {
    this.jdbc = jdbc;
    this.events = events;
    this.clock = clock;
  }

  Optional<Authorization> byCode(String code) {
    return jdbc.sql(SELECT + "WHERE code_hash = ? AND account_id IS NOT NULL")
        .param(Hashes.sha256(code))
        .query(Authorizations::read)
        .optional();
  }

  /** The family, if there is one that has a code. */
  Optional<Authorization> byId(String id) {
    return jdbc.sql(SELECT + "WHERE id = ? AND code_hash IS NOT NULL")
        .param(id)
        .query(Authorizations::read)
        .optional();
  }

  /** Locks the family until the end of the caller's transaction. */
  Optional<Authorization> lock(String id) {
    return jdbc.sql(SELECT + "WHERE id = ? AND code_hash IS NOT NULL FOR UPDATE")
        .param(id)
        .query(Authorizations::read)
        .optional();
  }

  /** Whether the family has not ended, and does not before the caller's transaction does. */
  boolean hold(String id) {
    return jdbc.sql(
            """
            SELECT 1 FROM oauth_authorization
            WHERE id = ? AND code_hash IS NOT NULL AND revoked_at_ms IS NULL FOR UPDATE
            """)
        .param(id)
        .query(Integer.class)
        .optional()
        .isPresent();
  }

  /**
   * Locks the family that a refresh token belongs to until the end of the caller's transaction. The
   * caller reads it then: what waits for a lock sees what was there before it waited.
   *
   * <p>By an update that changes nothing: {@code FOR UPDATE} would make those wait who add a token
   * to the family without its lock, and they hold what the caller may wait for.
   */
  void lockOfRefreshToken(String tokenHash) {
    jdbc.sql(
            """
            UPDATE oauth_authorization SET expires_at_ms = expires_at_ms
            WHERE id = (SELECT authorization_id FROM refresh_token WHERE token_hash = ?)
            """)
        .param(tokenHash)
        .update();
  }

  /**
   * Redeems the code of an authorization. Of any number of attempts, on any number of nodes, one
   * wins.
   */
  boolean redeem(String id, @Nullable String jkt) {
    long now = clock.millis();
    return jdbc.sql(
                """
                UPDATE oauth_authorization SET redeemed_at_ms = ?, jkt = ?, expires_at_ms = ?
                WHERE id = ? AND redeemed_at_ms IS NULL AND revoked_at_ms IS NULL
                  AND code_expires_at_ms > ?
                """)
            .params(Arrays.asList(now, jkt, now + REUSE_REMEMBERED.toMillis(), id, now))
            .update()
        == 1;
  }

  /** A family that begins redeemed: its code, which was not one of ours, is spent already. */
  Authorization begin(
      String id,
      Client client,
      Subject subject,
      AuthorizationRequest request,
      Set<String> scopes,
      @Nullable String jkt) {
    Instant now = Instant.ofEpochMilli(clock.millis());
    Instant until = now.plus(REUSE_REMEMBERED);
    jdbc.sql(
            """
            INSERT INTO oauth_authorization (id, client_id, principal_name, account_id, sid,
              auth_time_ms, acr, amr, request, scopes, code_hash, code_expires_at_ms,
              redeemed_at_ms, jkt, expires_at_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        .params(
            Arrays.asList(
                id,
                client.clientId(),
                subject.accountId(),
                subject.accountId(),
                subject.sid(),
                subject.authTime().toEpochMilli(),
                subject.acr(),
                Spaced.join(subject.amr()),
                request.toJson(),
                Spaced.join(new TreeSet<>(scopes)),
                // no digest, so that no code has it
                "family " + id,
                now.toEpochMilli(),
                now.toEpochMilli(),
                jkt,
                until.toEpochMilli()))
        .update();
    return new Authorization(
        id, client.clientId(), subject, request, scopes, now, now, null, jkt, until);
  }

  /** Keeps the family for at least as long. */
  void keepUntil(String id, Instant until) {
    jdbc.sql(
            """
            UPDATE oauth_authorization SET expires_at_ms = ? WHERE id = ? AND expires_at_ms < ?
            """)
        .params(until.toEpochMilli(), id, until.toEpochMilli())
        .update();
  }

  /** Why a family ends. */
  enum End {
    CODE_REPLAYED("code_replayed"),
    REFRESH_REUSED("refresh_reused"),
    CLIENT_REVOKED("client_revoked"),
    SESSION_ENDED("session_ended"),
    CLIENT_REMOVED("client_removed"),
    CONSENT_WITHDRAWN("consent_withdrawn");

    private final String code;

    End(String code) {
      this.code = code;
    }
  }

  /**
   * Ends a family: nothing it gave is accepted any more, and gateways hear of it if and only if the
   * caller's transaction commits.
   *
   * @return whether this call ended it
   */
  boolean end(String id, Actor actor, End why) {
    Authorization family = lock(id).filter(found -> !found.revoked()).orElse(null);
    if (family == null) {
      return false;
    }
    jdbc.sql("UPDATE oauth_authorization SET revoked_at_ms = ? WHERE id = ?")
        .params(clock.millis(), id)
        .update();
    events.record(
        actor,
        new SecurityEvent.GrantRevoked(
            family.subject().accountId(), family.clientId(), id, why.code));
    return true;
  }

  /** Whether tokens of this family are to be accepted. */
  boolean live(String id) {
    return jdbc.sql("SELECT 1 FROM oauth_authorization WHERE id = ? AND revoked_at_ms IS NULL")
        .param(id)
        .query(Integer.class)
        .optional()
        .isPresent();
  }

  @Scheduled(fixedDelayString = "PT1M", initialDelayString = "PT1M")
  void forget() {
    long now = clock.millis();
    jdbc.sql("DELETE FROM refresh_token WHERE expires_at_ms < ?").param(now).update();
    jdbc.sql("DELETE FROM oauth_authorization WHERE expires_at_ms < ?").param(now).update();
    jdbc.sql("DELETE FROM revoked_token WHERE expires_at_ms < ?").param(now).update();
  }

  /** A row with {@link #COLUMNS}. */
  static Authorization read(ResultSet row, int n) throws SQLException {
    return new Authorization(
        row.getString("id"),
        row.getString("client_id"),
        new Subject(
            row.getString("account_id"),
            row.getString("sid"),
            Instant.ofEpochMilli(row.getLong("auth_time_ms")),
            row.getString("acr"),
            List.of(row.getString("amr").split(" "))),
        AuthorizationRequest.fromJson(row.getString("request")),
        Spaced.split(row.getString("scopes")),
        Instant.ofEpochMilli(row.getLong("code_expires_at_ms")),
        instant(row, "redeemed_at_ms"),
        instant(row, "revoked_at_ms"),
        row.getString("jkt"),
        Instant.ofEpochMilli(row.getLong("expires_at_ms")));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  /** Lists as OAuth writes them: separated by single spaces. */
  static final class Spaced {

    private Spaced() {}

    static Set<String> split(String text) {
      return text.isEmpty() ? Set.of() : Set.of(text.split(" "));
    }

    static String join(Iterable<String> values) {
      return String.join(" ", values);
    }
  }
}
