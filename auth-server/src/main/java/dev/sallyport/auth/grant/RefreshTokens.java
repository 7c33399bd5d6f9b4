package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.SingleUse;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
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
 * <p>A token that is not spent is spent without a lock, by compare-and-set on its row; so is a
 * successor replaced. Whoever loses rolls back and looks again under the lock of the family, under
 * which all retries run one after the other. A family that ends at the same time ends with all that
 * is issued in it.
 */
@Component
final class RefreshTokens {

  static final Duration RETRY_WINDOW = Duration.ofSeconds(10);

  /** From one use to the next; a client away for longer signs in again. */
  static final Duration TTL = Duration.ofDays(30);

  /** So much longer a family is kept, so that not each of its tokens has to say it anew. */
  static final Duration SPARE = Duration.ofDays(1);

  private static final String SELECT =
      "SELECT "
          + Authorizations.COLUMNS
          + """
            , r.expires_at_ms AS token_expires_at_ms, r.spent_at_ms, r.successor_hash, r.replaced,
              EXISTS (
                SELECT 1 FROM live_sign_in s
                WHERE s.sid = a.sid AND s.account_id = a.account_id AND s.expires_at > ?
              ) AS signed_in
            FROM refresh_token r JOIN oauth_authorization a ON a.id = r.authorization_id
            WHERE r.token_hash = ? AND a.code_hash IS NOT NULL
            """;

  private static final String INSERT =
      "INSERT INTO refresh_token (token_hash, authorization_id, expires_at_ms, replaced)"
          + " VALUES (?, ?, ?, FALSE)";

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

  /** What came of looking a refresh token up. */
  sealed interface Look {

    /**
     * It may be used.
     *
     * @param signedIn whether the sign-in behind it still holds
     */
    record Good(Authorization authorization, boolean signedIn, String token, Step step)
        implements Look {
      @Override
      public String toString() {
        return "Good[authorization=" + authorization.id() + "]";
      }
    }

    /** A spent token came back: the family is to be ended. */
    record Reused(Authorization authorization) implements Look {}

    record Refused(String description) implements Look {}

    /** It was spent: whether it may be used again is to be found out under the family's lock. */
    record Spent() implements Look {}
  }

  /** What using a token does to it. */
  sealed interface Step {

    /** It stays what it is. */
    record Keep() implements Step {}

    /** It is spent. */
    record Spend() implements Step {}

    /** It was spent, and its successor is replaced. */
    record Replace(String successorHash) implements Step {}
  }

  /** What came of using it. */
  sealed interface Use {

    /**
     * @param refreshToken the one to use next
     */
    record Done(String refreshToken) implements Use {
      @Override
      public String toString() {
        return "Done";
      }
    }

    /** Somebody used it meanwhile: roll back, and look again under the lock. */
    record Overtaken() implements Use {}

    /** The proof was used before: roll back. */
    record ProofUsed() implements Use {}
  }

  private record Row(
      Authorization authorization,
      boolean signedIn,
      Instant expiresAt,
      @Nullable Instant spentAt,
      @Nullable String successor,
      boolean replaced) {}

  /** The first refresh token of a family; call within the transaction that redeems its code. */
  String first(String authorizationId) {
    String token = fresh();
    Instant until = clock.instant().plus(TTL);
    jdbc.sql(INSERT).params(Hashes.sha256(token), authorizationId, until.toEpochMilli()).update();
    authorizations.keepUntil(authorizationId, until.plus(SPARE));
    return token;
  }

  /**
   * Looks a token up that this client presents with a proof by this key.
   *
   * @param locked whether the family stays as it is until the end of the caller's transaction
   */
  Look look(String presented, Client client, @Nullable String jkt, boolean locked) {
    if (presented.length() > LENGTH_MAX) {
      return new Look.Refused("unknown refresh token");
    }
    String hash = Hashes.sha256(presented);
    if (locked) {
      authorizations.lockOfRefreshToken(hash);
    }
    Instant now = clock.instant();
    Row row = row(hash, now).orElse(null);
    if (row == null || !row.authorization().clientId().equals(client.clientId())) {
      return new Look.Refused("unknown refresh token");
    }
    Authorization authorization = row.authorization();
    if (authorization.revoked()) {
      return new Look.Refused("the authorization was revoked");
    }
    if (!client.confidential()
        && (authorization.jkt() == null || !authorization.jkt().equals(jkt))) {
      // RFC 9449 §5: a public client's refresh token is bound to its key
      return new Look.Refused("the refresh token is bound to another key");
    }
    if (!row.expiresAt().isAfter(now)) {
      return new Look.Refused("the refresh token has expired");
    }
    if (client.profile() != SecurityProfile.CHAT) {
      return new Look.Good(authorization, row.signedIn(), presented, new Step.Keep());
    }
    if (row.spentAt() == null && !row.replaced()) {
      return new Look.Good(authorization, row.signedIn(), presented, new Step.Spend());
    }
    if (!locked) {
      return new Look.Spent();
    }
    String successor = retried(row, now);
    return successor == null
        ? new Look.Reused(authorization)
        : new Look.Good(authorization, row.signedIn(), presented, new Step.Replace(successor));
  }

  /**
   * Uses a token that was found good in the caller's transaction, and spends the proof with it.
   *
   * @param once the proof; null where there is none
   */
  Use use(Look.Good good, SingleUse.@Nullable Once once) {
    Authorization authorization = good.authorization();
    Instant until = clock.instant().plus(TTL);
    if (authorization.keptUntil().isBefore(until)) {
      authorizations.keepUntil(authorization.id(), until.plus(SPARE));
    }
    String hash = Hashes.sha256(good.token());
    try {
      return switch (good.step()) {
        case Step.Keep() ->
            done(
                good.token(),
                together(
                    "UPDATE refresh_token SET expires_at_ms = ? WHERE token_hash = ?",
                    List.of(until.toEpochMilli(), hash),
                    once));
        case Step.Spend() -> {
          String next = fresh();
          yield done(
              next,
              together(
                  "UPDATE refresh_token SET spent_at_ms = ?, successor_hash = ?"
                      + " WHERE token_hash = ? AND spent_at_ms IS NULL AND NOT replaced; "
                      + INSERT,
                  List.of(
                      clock.millis(),
                      Hashes.sha256(next),
                      hash,
                      Hashes.sha256(next),
                      authorization.id(),
                      until.toEpochMilli()),
                  once));
        }
        case Step.Replace(String successor) -> {
          String next = fresh();
          yield done(
              next,
              together(
                  "UPDATE refresh_token SET replaced = TRUE"
                      + " WHERE token_hash = ? AND spent_at_ms IS NULL AND NOT replaced;"
                      + " UPDATE refresh_token SET successor_hash = ? WHERE token_hash = ?; "
                      + INSERT,
                  List.of(
                      successor,
                      Hashes.sha256(next),
                      hash,
                      Hashes.sha256(next),
                      authorization.id(),
                      until.toEpochMilli()),
                  once));
        }
      };
    } catch (DuplicateKeyException used) {
      return new Use.ProofUsed();
    }
  }

  private static Use done(String next, boolean won) {
    return won ? new Use.Done(next) : new Use.Overtaken();
  }

  /** In one round trip; whether the first of the statements changed a row. */
  private boolean together(
      String statements, List<Object> parameters, SingleUse.@Nullable Once once) {
    List<Object> all = new ArrayList<>(parameters);
    if (once != null) {
      all.add(once.hash());
      all.add(once.until().toEpochMilli());
    }
    return jdbc.sql(once == null ? statements : statements + "; " + SingleUse.INSERT)
            .params(all)
            .update()
        == 1;
  }

  /** The family that a token belongs to, spent or not. */
  Optional<String> family(String presented) {
    return presented.length() > LENGTH_MAX ? Optional.empty() : familyOf(Hashes.sha256(presented));
  }

  /** The hash of the unused successor that a retry may replace; null: it is none. */
  private @Nullable String retried(Row row, Instant now) {
    String successor = row.successor();
    Instant spentAt = row.spentAt();
    return !row.replaced()
            && spentAt != null
            && successor != null
            && !now.isAfter(spentAt.plus(RETRY_WINDOW))
            && row(successor, now).filter(s -> s.spentAt() == null && !s.replaced()).isPresent()
        ? successor
        : null;
  }

  private String fresh() {
    byte[] bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private Optional<String> familyOf(String hash) {
    return jdbc.sql("SELECT authorization_id FROM refresh_token WHERE token_hash = ?")
        .param(hash)
        .query(String.class)
        .optional();
  }

  private Optional<Row> row(String hash, Instant now) {
    return jdbc.sql(SELECT)
        .params(now.atOffset(ZoneOffset.UTC), hash)
        .query(
            (row, n) -> {
              long spent = row.getLong("spent_at_ms");
              Instant spentAt = row.wasNull() ? null : Instant.ofEpochMilli(spent);
              return new Row(
                  Authorizations.read(row, n),
                  row.getBoolean("signed_in"),
                  Instant.ofEpochMilli(row.getLong("token_expires_at_ms")),
                  spentAt,
                  row.getString("successor_hash"),
                  row.getBoolean("replaced"));
            })
        .optional();
  }
}
