package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.token.Hashes;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Refresh tokens and their rotation.
 *
 * <p>For {@code chat} clients each token is spent by its first use and names its successor. A
 * second use of a spent token ends its family (RFC 9700 §4.14.2), with one exception, for a lost
 * response: within ten seconds, by the same client with the same DPoP key, and while the successor
 * is unused, a new successor replaces it. A replaced successor counts as spent long ago. Other
 * profiles keep one token: their clients authenticate.
 *
 * <p>All of a family's rotations run one after the other, under the lock of its authorization.
 */
@Component
final class RefreshTokens {

  static final Duration RETRY_WINDOW = Duration.ofSeconds(10);

  /** From one use to the next; a client away for longer signs in again. */
  static final Duration TTL = Duration.ofDays(30);

  /** So much longer a family is kept, so that not each of its tokens has to say it anew. */
  static final Duration SPARE = Duration.ofDays(1);

  private static final int TOKEN_BYTES = 32;
  private static final int LENGTH_MAX = 256;

  private final JdbcClient jdbc;
  private final Authorizations authorizations;
  private final Clock clock;
  private final SecureRandom random;

  RefreshTokens(JdbcClient jdbc, Authorizations authorizations, Clock clock, SecureRandom random) {
    this.jdbc = jdbc;
    this.authorizations = authorizations;
    this.clock = clock;
    this.random = random;
  }

  /** What came of presenting a refresh token. */
  sealed interface Use {

    /**
     * It was good, and is spent.
     *
     * @param refreshToken the one to use next
     */
    record Accepted(Authorization authorization, String refreshToken) implements Use {
      @Override
      public String toString() {
        return "Accepted[authorization=" + authorization.id() + "]";
      }
    }

    /** A spent token came back: the family is to be ended. */
    record Reused(Authorization authorization) implements Use {}

    record Refused(String description) implements Use {}
  }

  private record Row(
      Instant expiresAt, @Nullable Instant spentAt, @Nullable String successor, boolean replaced) {}

  /** The first refresh token of a family; call within the transaction that redeems its code. */
  String first(String authorizationId) {
    String token = issue(authorizationId);
    authorizations.keepUntil(authorizationId, clock.instant().plus(TTL).plus(SPARE));
    return token;
  }

  /** Uses a refresh token; call within a transaction. */
  Use use(String presented, Client client, @Nullable String jkt) {
    if (presented.length() > LENGTH_MAX) {
      return new Use.Refused("unknown refresh token");
    }
    String hash = Hashes.sha256(presented);
    Authorization authorization = authorizations.lockOfRefreshToken(hash).orElse(null);
    Row row = row(hash).orElse(null);
    if (authorization == null
        || row == null
        || !authorization.clientId().equals(client.clientId())) {
      return new Use.Refused("unknown refresh token");
    }
    if (authorization.revoked()) {
      return new Use.Refused("the authorization was revoked");
    }
    if (!client.confidential()
        && (authorization.jkt() == null || !authorization.jkt().equals(jkt))) {
      // RFC 9449 §5: a public client's refresh token is bound to its key
      return new Use.Refused("the refresh token is bound to another key");
    }
    Instant now = clock.instant();
    if (!row.expiresAt().isAfter(now)) {
      return new Use.Refused("the refresh token has expired");
    }
    if (client.profile() != SecurityProfile.CHAT) {
      return keep(authorization, presented, hash, now);
    }
    Instant spentAt = row.spentAt();
    if (spentAt == null && !row.replaced()) {
      return rotate(authorization, hash, now);
    }
    if (spentAt != null && retry(row, spentAt, now)) {
      replaceSuccessor(row);
      return rotate(authorization, hash, spentAt);
    }
    return new Use.Reused(authorization);
  }

  /** The family that a token belongs to, spent or not. */
  Optional<String> family(String presented) {
    return presented.length() > LENGTH_MAX ? Optional.empty() : familyOf(Hashes.sha256(presented));
  }

  private boolean retry(Row row, Instant spentAt, Instant now) {
    String successor = row.successor();
    return !row.replaced()
        && successor != null
        && !now.isAfter(spentAt.plus(RETRY_WINDOW))
        && row(successor).filter(s -> s.spentAt() == null && !s.replaced()).isPresent();
  }

  private void replaceSuccessor(Row row) {
    jdbc.sql("UPDATE refresh_token SET replaced = TRUE WHERE token_hash = ?")
        .param(row.successor())
        .update();
  }

  private Use rotate(Authorization authorization, String hash, Instant spentAt) {
    String successor = issue(authorization.id());
    keep(authorization);
    jdbc.sql("UPDATE refresh_token SET spent_at_ms = ?, successor_hash = ? WHERE token_hash = ?")
        .params(spentAt.toEpochMilli(), Hashes.sha256(successor), hash)
        .update();
    return new Use.Accepted(authorization, successor);
  }

  private Use keep(Authorization authorization, String presented, String hash, Instant now) {
    Instant until = now.plus(TTL);
    jdbc.sql("UPDATE refresh_token SET expires_at_ms = ? WHERE token_hash = ?")
        .params(until.toEpochMilli(), hash)
        .update();
    keep(authorization);
    return new Use.Accepted(authorization, presented);
  }

  /** At least as long as a token of it that is issued now. */
  private void keep(Authorization authorization) {
    Instant until = clock.instant().plus(TTL);
    if (authorization.keptUntil().isBefore(until)) {
      authorizations.keepUntil(authorization.id(), until.plus(SPARE));
    }
  }

  private String issue(String authorizationId) {
    byte[] bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    Instant until = clock.instant().plus(TTL);
    jdbc.sql(
            """
            INSERT INTO refresh_token (token_hash, authorization_id, expires_at_ms, replaced)
            VALUES (?, ?, ?, FALSE)
            """)
        .params(Hashes.sha256(token), authorizationId, until.toEpochMilli())
        .update();
    return token;
  }

  private Optional<String> familyOf(String hash) {
    return jdbc.sql("SELECT authorization_id FROM refresh_token WHERE token_hash = ?")
        .param(hash)
        .query(String.class)
        .optional();
  }

  private Optional<Row> row(String hash) {
    return jdbc.sql(
            """
            SELECT expires_at_ms, spent_at_ms, successor_hash, replaced
            FROM refresh_token WHERE token_hash = ?
            """)
        .param(hash)
        .query(
            (row, n) -> {
              long spent = row.getLong("spent_at_ms");
              Instant spentAt = row.wasNull() ? null : Instant.ofEpochMilli(spent);
              return new Row(
                  Instant.ofEpochMilli(row.getLong("expires_at_ms")),
                  spentAt,
                  row.getString("successor_hash"),
                  row.getBoolean("replaced"));
            })
        .optional();
  }
}
