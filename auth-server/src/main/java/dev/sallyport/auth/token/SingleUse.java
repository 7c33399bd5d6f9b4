package dev.sallyport.auth.token;

import java.time.Clock;
import java.time.Instant;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Remembers in the database, for all nodes, what may be used once only. */
@Component
public final class SingleUse {

  private final JdbcClient jdbc;
  private final Clock clock;

  public SingleUse(JdbcClient jdbc, Clock clock) {
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /** Spends what it is given, as one of several statements: the hash, then the time. */
  public static final String INSERT =
      "INSERT INTO used_once (value_hash, expires_at_ms) VALUES (?, ?)";

  /**
   * A value that is to be used once, and was not yet.
   *
   * @param hash of the value and its context
   * @param until from when on the value is refused for its age anyway
   */
  public record Once(String hash, Instant until) {}

  /** See {@link #first}. */
  public static Once once(String context, String value, Instant until) {
    return new Once(Hashes.sha256(context + '\n' + value), until);
  }

  /**
   * Spends a value. Must not be called inside a transaction: PostgreSQL would abort it on a second
   * use.
   *
   * @param context keeps values of different kinds and issuers apart
   * @param until from when on the value is refused for its age anyway
   * @return whether this was the first use
   */
  public boolean first(String context, String value, Instant until) {
    return first(once(context, value, until));
  }

  /** As {@link #first(String, String, Instant)}. */
  public boolean first(Once value) {
    try {
      jdbc.sql(INSERT).params(value.hash(), value.until().toEpochMilli()).update();
      return true;
    } catch (DuplicateKeyException used) {
      return false;
    }
  }

  /**
   * As {@link #first}, as part of the caller's transaction: what is rolled back was not spent. Of
   * two at the same time the second waits for the end of the first. After false, the transaction is
   * good for nothing but to be rolled back.
   */
  public boolean firstWithin(String context, String value, Instant until) {
    return first(context, value, until);
  }

  /** As {@link #firstWithin(String, String, Instant)}. */
  public boolean firstWithin(Once value) {
    return first(value);
  }

  @Scheduled(fixedDelayString = "PT1M", initialDelayString = "PT1M")
  void forget() {
    jdbc.sql("DELETE FROM used_once WHERE expires_at_ms < ?").param(clock.millis()).update();
  }
}
