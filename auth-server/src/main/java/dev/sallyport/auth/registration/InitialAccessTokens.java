package dev.sallyport.auth.registration;

import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.vault.RandomIds;
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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Tokens with which clients may register themselves (RFC 7591 §3): of bounded uses, life and
 * profiles; kept as their hash. Safe for use by many threads and nodes.
 */
@Component
public class InitialAccessTokens {

  public static final int USES_MAX = 1_000;
  public static final int NOTE_LENGTH_MAX = 200;
  public static final Duration LIFE_MAX = Duration.ofDays(365);

  /** So that one in a log or a repository is known for what it is. */
  private static final String PREFIX = "sallyport-iat-";

  private static final int TOKEN_BYTES = 32;

  /** For how long one that opens nothing any more is still listed. */
  private static final Duration REMEMBERED = Duration.ofDays(30);

  private final JdbcClient jdbc;
  private final SecurityEvents events;
  private final RandomIds ids;
  private final Clock clock;

  InitialAccessTokens(JdbcClient jdbc, SecurityEvents events, RandomIds ids, Clock clock) {
    this.jdbc = jdbc;
    this.events = events;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * What is known of one.
   *
   * @param profiles that a client may have which registers with it
   * @param uses how many have
   */
  public record Entry(
      String id,
      String note,
      Set<SecurityProfile> profiles,
      int usesMax,
      int uses,
      Instant createdAt,
      Instant expiresAt,
      @Nullable Instant revokedAt) {}

  /**
   * @param token shown this once
   */
  public record Made(Entry entry, String token) {
    @Override
    public String toString() {
      return "Made[id=" + entry.id() + "]";
    }
  }

  @Transactional
  public Made make(
      String note, Set<SecurityProfile> profiles, int usesMax, Duration life, Actor actor) {
    if (profiles.isEmpty()
        || usesMax < 1
        || usesMax > USES_MAX
        || life.isNegative()
        || life.isZero()
        || life.compareTo(LIFE_MAX) > 0
        || note.length() > NOTE_LENGTH_MAX) {
      throw new IllegalArgumentException("out of bounds");
    }
    Instant now = Instant.ofEpochMilli(clock.millis());
    Entry entry = new Entry(ids.uuid7(), note, profiles, usesMax, 0, now, now.plus(life), null);
    String token = PREFIX + ids.base64url(TOKEN_BYTES);
    Set<String> names =
        profiles.stream().map(SecurityProfile::text).collect(Collectors.toCollection(TreeSet::new));
    jdbc.sql(
            """
            INSERT INTO initial_access_token (id, token_hash, note, profiles, uses_max, uses,
              created_at_ms, expires_at_ms)
            VALUES (?, ?, ?, ?, ?, 0, ?, ?)
            """)
        .params(
            entry.id(),
            Hashes.sha256(token),
            note,
            String.join(" ", names),
            usesMax,
            now.toEpochMilli(),
            entry.expiresAt().toEpochMilli())
        .update();
    events.record(actor, new SecurityEvent.InitialAccessTokenMade(entry.id(), names, usesMax));
    return new Made(entry, token);
  }

  /** Those whose ids come after this one, in the order of their making. */
  public List<Entry> page(String after, int countMax) {
    return jdbc.sql(
            "SELECT * FROM initial_access_token WHERE id > ? ORDER BY id FETCH FIRST %d ROWS ONLY"
                .formatted(countMax))
        .param(after)
        .query(InitialAccessTokens::read)
        .list();
  }

  /** Returns whether there was one that was not revoked before. */
  @Transactional
  public boolean revoke(String id, Actor actor) {
    boolean revoked =
        jdbc.sql(
                    "UPDATE initial_access_token SET revoked_at_ms = ? WHERE id = ? AND"
                        + " revoked_at_ms IS NULL")
                .params(clock.millis(), id)
                .update()
            == 1;
    if (revoked) {
      events.record(actor, new SecurityEvent.InitialAccessTokenRevoked(id));
    }
    return revoked;
  }

  /** The one that this token is, if it opens anything now. */
  Optional<Entry> live(String token) {
    return jdbc.sql(
            """
            SELECT * FROM initial_access_token WHERE token_hash = ? AND revoked_at_ms IS NULL
              AND uses < uses_max AND expires_at_ms > ?
            """)
        .params(Hashes.sha256(token), clock.millis())
        .query(InitialAccessTokens::read)
        .optional();
  }

  /**
   * Takes one use, in the caller's transaction; of those who come for the last one, on any node,
   * one gets it.
   */
  @Transactional(propagation = Propagation.MANDATORY)
  boolean take(String id) {
    return jdbc.sql(
                """
                UPDATE initial_access_token SET uses = uses + 1 WHERE id = ?
                  AND revoked_at_ms IS NULL AND uses < uses_max AND expires_at_ms > ?
                """)
            .params(id, clock.millis())
            .update()
        == 1;
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT15M")
  void forget() {
    jdbc.sql("DELETE FROM initial_access_token WHERE expires_at_ms < ?")
        .param(clock.instant().minus(REMEMBERED).toEpochMilli())
        .update();
  }

  private static Entry read(ResultSet row, int n) throws SQLException {
    long revoked = row.getLong("revoked_at_ms");
    boolean live = row.wasNull();
    return new Entry(
        row.getString("id"),
        row.getString("note"),
        Arrays.stream(row.getString("profiles").split(" "))
            .map(name -> SecurityProfile.named(name).orElseThrow())
            .collect(Collectors.toSet()),
        row.getInt("uses_max"),
        row.getInt("uses"),
        Instant.ofEpochMilli(row.getLong("created_at_ms")),
        Instant.ofEpochMilli(row.getLong("expires_at_ms")),
        live ? null : Instant.ofEpochMilli(revoked));
  }
}
