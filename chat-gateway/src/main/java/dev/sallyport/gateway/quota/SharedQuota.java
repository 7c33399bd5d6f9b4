package dev.sallyport.gateway.quota;

import dev.sallyport.gateway.log.DatabaseThreads;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * A bucket for each user and kind of request, in the database: the time at which it will be full
 * again, moved by one conditional update, so that gateways that take at once get no more than there
 * is. By the gateways' clocks; one that is ahead by some seconds gives that much more. Thread-safe.
 */
public final class SharedQuota {

  /** PostgreSQL's way to say that a row is there already. */
  private static final String UNIQUE_VIOLATION = "23505";

  /** Rows of full buckets say nothing; one call in so many sweeps them out. */
  private static final int SWEEP_EVERY = 500;

  /** What is counted, and how much of it there is. */
  public enum Kind {
    /** Users for whom key packages are claimed: enough to set up large rooms. */
    CLAIMS(500, Duration.ofHours(1)),
    /**
     * Rooms joined: each join is an entry that goes to every member. Whoever has just installed a
     * client accepts a pile of invitations.
     */
    JOINS(200, Duration.ofMinutes(20)),
    /** Parts of backups written: all that an account may keep, twice. */
    BACKUP_WRITES(2_000, Duration.ofHours(1)),
    /** Parts of backups read: two new devices at once. */
    BACKUP_READS(2_000, Duration.ofHours(1));

    private final int burst;
    private final Duration fill;

    /**
     * @param burst what may be taken at once
     * @param fill after which an empty bucket is full
     */
    Kind(int burst, Duration fill) {
      this.burst = burst;
      this.fill = fill;
    }

    private long costMillis(int count) {
      return Math.ceilDiv(fill.toMillis() * Math.min(count, burst), burst);
    }
  }

  private final DatabaseThreads threads;
  private final DataSource dataSource;
  private final InstantSource clock;
  private final MeterRegistry meters;
  private final AtomicInteger calls = new AtomicInteger();

  SharedQuota(
      DatabaseThreads threads, DataSource dataSource, InstantSource clock, MeterRegistry meters) {
    this.threads = threads;
    this.dataSource = dataSource;
    this.clock = clock;
    this.meters = meters;
  }

  /**
   * Takes that many from the user's bucket, or nothing.
   *
   * @return 0 if they were taken; otherwise the milliseconds after which they could be. Fails with
   *     {@link dev.sallyport.gateway.log.UnavailableException} where the database is away
   */
  public CompletableFuture<Long> take(Kind kind, String userId, int count) {
    return threads.call(
        userId,
        () -> {
          try (var connection = dataSource.getConnection()) {
            long now = clock.millis();
            if (calls.incrementAndGet() % SWEEP_EVERY == 0) {
              sweep(connection, now);
            }
            long wait = take(connection, kind, userId, kind.costMillis(count), now);
            if (wait > 0) {
              meters
                  .counter("sallyport.limited", "what", kind.name().toLowerCase(Locale.ROOT))
                  .increment();
            }
            return wait;
          }
        });
  }

  private static long take(Connection connection, Kind kind, String userId, long cost, long now)
      throws SQLException {
    while (true) {
      if (taken(connection, kind, userId, cost, now)) {
        return 0;
      }
      try (var select =
          connection.prepareStatement(
              "select full_at_ms from quota where kind = ? and user_id = ?")) {
        select.setString(1, kind.name());
        select.setString(2, userId);
        try (var rows = select.executeQuery()) {
          if (rows.next()) {
            return Math.max(1, rows.getLong(1) + cost - now - kind.fill.toMillis());
          }
        }
      }
      if (begun(connection, kind, userId, now + cost)) {
        return 0;
      }
      // Another gateway began it just now: take from that one.
    }
  }

  private static boolean taken(Connection connection, Kind kind, String userId, long cost, long now)
      throws SQLException {
    try (var update =
        connection.prepareStatement(
            "update quota set full_at_ms = greatest(full_at_ms, ?) + ?"
                + " where kind = ? and user_id = ? and greatest(full_at_ms, ?) + ? <= ?")) {
      update.setLong(1, now);
      update.setLong(2, cost);
      update.setString(3, kind.name());
      update.setString(4, userId);
      update.setLong(5, now);
      update.setLong(6, cost);
      update.setLong(7, now + kind.fill.toMillis());
      return update.executeUpdate() == 1;
    }
  }

  private static boolean begun(Connection connection, Kind kind, String userId, long fullAt)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "insert into quota (kind, user_id, full_at_ms) values (?, ?, ?)")) {
      insert.setString(1, kind.name());
      insert.setString(2, userId);
      insert.setLong(3, fullAt);
      insert.executeUpdate();
      return true;
    } catch (SQLIntegrityConstraintViolationException e) {
      return false;
    } catch (SQLException e) {
      if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
        return false;
      }
      throw e;
    }
  }

  private static void sweep(Connection connection, long now) throws SQLException {
    try (var delete = connection.prepareStatement("delete from quota where full_at_ms <= ?")) {
      delete.setLong(1, now);
      delete.executeUpdate();
    }
  }
}
