package dev.sallyport.gateway.log;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Erases messages that are older than their room keeps them: the blob goes, the entry stays as a
 * tombstone, and the hash chain can still be checked. Commits stay, since they hold no message and
 * whoever returns needs them; events stay, since they are what the room is.
 *
 * <p>Any number of gateways may do it at once: each room is locked for a stretch of its log at a
 * time, which its senders can wait for.
 */
final class Erasure implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Erasure.class);

  private static final Duration EVERY = Duration.ofMinutes(1);

  /** Entries of a room in one transaction: its senders wait that long. */
  private static final int STRETCH_ENTRIES = 1_000;

  private static final int ROOMS_PER_QUERY = 100;

  private final DataSource dataSource;
  private final InstantSource clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("erasure").daemon().factory());

  Erasure(DataSource dataSource, InstantSource clock) {
    this.dataSource = dataSource;
    this.clock = clock;
  }

  void start() {
    var _ =
        timer.scheduleWithFixedDelay(
            this::sweepOrReport, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void sweepOrReport() {
    try {
      sweep();
    } catch (SQLException | RuntimeException e) {
      LOG.warn("old messages could not be erased: {}", e.getMessage());
    }
  }

  /** Erases what is too old now; says how many messages that were. */
  int sweep() throws SQLException {
    int erased = 0;
    try (var connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      var after = "";
      List<String> rooms;
      do {
        rooms = keeping(connection, after);
        for (var room : rooms) {
          erased += erase(connection, room);
          after = room;
        }
      } while (rooms.size() == ROOMS_PER_QUERY);
    }
    return erased;
  }

  private static List<String> keeping(Connection connection, String after) throws SQLException {
    var rooms = new ArrayList<String>();
    try (var query =
        connection.prepareStatement(
            "select id from room where retention_seconds > 0 and id > ? order by id limit ?")) {
      query.setString(1, after);
      query.setInt(2, ROOMS_PER_QUERY);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          rooms.add(rows.getString(1));
        }
      }
    }
    connection.rollback();
    return rooms;
  }

  private int erase(Connection connection, String roomId) throws SQLException {
    int erased = 0;
    boolean more = true;
    while (more) {
      try {
        var stretch = stretch(connection, roomId);
        if (stretch.to() > stretch.from()) {
          erased += erase(connection, roomId, stretch);
        }
        connection.commit();
        more = stretch.to() - stretch.from() == STRETCH_ENTRIES;
      } finally {
        connection.rollback();
      }
    }
    return erased;
  }

  /** After {@code from}, up to {@code to}, all is too old. */
  private record Stretch(long from, long to) {}

  /** Locks the room. Time never goes backwards in it, so what is too old is one stretch. */
  private Stretch stretch(Connection connection, String roomId) throws SQLException {
    long retentionSeconds;
    long from;
    try (var query =
        connection.prepareStatement(
            "select retention_seconds, erased_to from room where id = ? for update")) {
      query.setString(1, roomId);
      try (var rows = query.executeQuery()) {
        if (!rows.next()) {
          return new Stretch(0, 0);
        }
        retentionSeconds = rows.getLong(1);
        from = rows.getLong(2);
      }
    }
    if (retentionSeconds == 0) {
      return new Stretch(from, from);
    }
    try (var query =
        connection.prepareStatement(
            "select max(seq) from room_entry where room_id = ? and seq > ? and seq <= ?"
                + " and accepted_at < ?")) {
      query.setString(1, roomId);
      query.setLong(2, from);
      query.setLong(3, from + STRETCH_ENTRIES);
      query.setLong(4, clock.millis() - TimeUnit.SECONDS.toMillis(retentionSeconds));
      try (var rows = query.executeQuery()) {
        rows.next();
        // Null, and so 0, where nothing is.
        return new Stretch(from, Math.max(from, rows.getLong(1)));
      }
    }
  }

  private static int erase(Connection connection, String roomId, Stretch stretch)
      throws SQLException {
    int erased;
    try (var update =
        connection.prepareStatement(
            "update room_entry set blob = null where room_id = ? and seq > ? and seq <= ?"
                + " and kind in (?, ?) and blob is not null")) {
      update.setString(1, roomId);
      update.setLong(2, stretch.from());
      update.setLong(3, stretch.to());
      update.setInt(4, EntryKind.APPLICATION.number());
      update.setInt(5, EntryKind.PROPOSAL.number());
      erased = update.executeUpdate();
    }
    try (var update = connection.prepareStatement("update room set erased_to = ? where id = ?")) {
      update.setLong(1, stretch.to());
      update.setString(2, roomId);
      update.executeUpdate();
    }
    return erased;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
