package dev.sallyport.auth.limit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Optional;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Token buckets by key: each holds so many, is full at first and fills again at a steady pace. They
 * are rows, so that all nodes on one database take from the same ones; safe for use by any number
 * of threads. Made by {@link RateLimits#buckets}. Not for use inside a transaction: PostgreSQL
 * would abort it where two begin the same bucket, and what was taken would come back with a
 * rollback.
 *
 * <p>A row says when its bucket is full again, which is all there is to know: taking one moves that
 * ahead by the time one takes to come back, by one statement that fails where the bucket would have
 * to be emptier than empty.
 */
public final class Buckets {

  /** Two begin the same bucket at most once for each node; this many are proof of a bug. */
  private static final int TRIES_MAX = 8;

  /**
   * Nodes' clocks differ by less. A bucket that is full later than that was filled by a clock gone
   * wrong.
   */
  private static final long SKEW_MICROS = Duration.ofMinutes(1).toNanos() / 1000;

  private static final long MINUTE_MICROS = Duration.ofMinutes(1).toNanos() / 1000;

  private final String name;
  private final long oneMicros;
  private final long allMicros;
  private final JdbcClient jdbc;
  private final InstantSource clock;

  Buckets(String name, int size, int perMinute, JdbcClient jdbc, InstantSource clock) {
    if (size < 1 || perMinute < 1) {
      throw new IllegalArgumentException("a bucket holds at least one and fills again");
    }
    this.name = name;
    this.oneMicros = Math.max(1, MINUTE_MICROS / perMinute);
    this.allMicros = oneMicros * size;
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /** Takes one; else says how long until there is one, never zero. */
  public Optional<Duration> take(String key) {
    String bucket = bucket(key);
    for (int i = 0; i < TRIES_MAX; i++) {
      long now = micros(clock.instant());
      if (taken(bucket, now)) {
        return Optional.empty();
      }
      Optional<Long> fullAt = fullAt(bucket);
      if (fullAt.isEmpty()) {
        if (begun(bucket, now)) {
          return Optional.empty();
        }
      } else if (fullAt.get() > now + allMicros - oneMicros) {
        return Optional.of(wait(bucket, fullAt.get(), now));
      }
      // else another took or began between the two looks
    }
    throw new IllegalStateException("requests could not be counted");
  }

  /** Gives one back that turned out not to be worth counting. */
  public void giveBack(String key) {
    jdbc.sql(
            "UPDATE rate_bucket SET full_at_us = full_at_us - ? WHERE bucket = ? AND full_at_us > ?")
        .params(oneMicros, bucket(key), micros(clock.instant()))
        .update();
  }

  private boolean taken(String bucket, long now) {
    return jdbc.sql(
                """
                UPDATE rate_bucket
                SET full_at_us = CASE WHEN full_at_us < ? THEN ? ELSE full_at_us + ? END
                WHERE bucket = ? AND full_at_us <= ?
                """)
            .params(now, now + oneMicros, oneMicros, bucket, now + allMicros - oneMicros)
            .update()
        == 1;
  }

  private Optional<Long> fullAt(String bucket) {
    return jdbc.sql("SELECT full_at_us FROM rate_bucket WHERE bucket = ?")
        .param(bucket)
        .query(Long.class)
        .optional();
  }

  private boolean begun(String bucket, long now) {
    try {
      jdbc.sql("INSERT INTO rate_bucket (bucket, full_at_us) VALUES (?, ?)")
          .params(bucket, now + oneMicros)
          .update();
      return true;
    } catch (DuplicateKeyException anotherWasFirst) {
      return false;
    }
  }

  private Duration wait(String bucket, long fullAt, long now) {
    long empty = now + allMicros;
    if (fullAt > empty + SKEW_MICROS) {
      // a clock that went back gives nothing, and keeps nobody out for as long as it went
      jdbc.sql("UPDATE rate_bucket SET full_at_us = ? WHERE bucket = ? AND full_at_us = ?")
          .params(empty, bucket, fullAt)
          .update();
      return Duration.of(oneMicros, ChronoUnit.MICROS);
    }
    return Duration.of(fullAt + oneMicros - empty, ChronoUnit.MICROS);
  }

  /** A digest: keys are as long as what was sent. */
  private String bucket(String key) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((name + '\n').getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }
}
