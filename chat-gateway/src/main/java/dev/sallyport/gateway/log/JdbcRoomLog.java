package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The room log on H2 and PostgreSQL: plain JDBC, many rooms' entries in one transaction.
 *
 * <p>Rooms are spread over {@link Lane}s by their id; each lane writes on its own connection. Reads
 * run on {@link DatabaseThreads}.
 */
public final class JdbcRoomLog implements RoomLog, AutoCloseable {

  /** PostgreSQL wrote 71k entries a second on one connection, 126k on four. H2 has one writer. */
  private static final int POSTGRES_LANES = 4;

  private final DataSource dataSource;
  private final InstantSource clock;
  private final DatabaseThreads reads;
  private final Durability durability;
  private final List<Lane> lanes;

  /**
   * @throws SQLException if the database cannot be asked what it is
   */
  public JdbcRoomLog(
      DataSource dataSource,
      InstantSource clock,
      DatabaseThreads reads,
      LogListener listener,
      RemoveProposals proposals)
      throws SQLException {
    this.dataSource = dataSource;
    this.clock = clock;
    this.reads = reads;
    int laneCount;
    try (var connection = dataSource.getConnection()) {
      durability = StoreDurability.of(connection);
      laneCount =
          connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")
              ? POSTGRES_LANES
              : 1;
    }
    lanes =
        IntStream.range(0, laneCount)
            .mapToObj(
                number -> new Lane(number, dataSource, clock, durability, listener, proposals))
            .toList();
  }

  @Override
  public CompletableFuture<AppendOutcome> append(Append append) {
    return lane(append.roomId()).append(append);
  }

  @Override
  public CompletableFuture<@Nullable Void> deliver(
      String roomId, List<Append.Delivery> deliveries) {
    if (deliveries.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    var at = clock.millis();
    return lane(deliveries.getFirst().deviceId())
        .deliver(
            deliveries.stream()
                .map(
                    delivery -> new InboxEntry(delivery.deviceId(), 0, roomId, delivery.item(), at))
                .toList());
  }

  private Lane lane(String id) {
    return lanes.get(Math.floorMod(id.hashCode(), lanes.size()));
  }

  @Override
  public CompletableFuture<Page> read(String roomId, long afterSeq, int limit) {
    int entriesMax = Math.clamp(limit, 1, PAGE_ENTRIES_MAX);
    return query(connection -> page(connection, roomId, afterSeq, entriesMax));
  }

  /** Reads from the entry at the cursor on: it anchors the chain, and shows whether it is there. */
  private static Page page(Connection connection, String roomId, long afterSeq, int entriesMax)
      throws SQLException {
    var entries = new ArrayList<LogEntry>();
    var anchor = afterSeq == 0 ? Chain.start(roomId) : ByteString.EMPTY;
    long bytes = 0;
    int seen = 0;
    boolean full = false;
    int rowsMax = entriesMax + 1;
    try (var query =
        connection.prepareStatement(
            "select "
                + Rows.ENTRY_COLUMNS
                + " from room_entry where room_id = ? and seq >= ? order by seq limit ?")) {
      query.setString(1, roomId);
      query.setLong(2, afterSeq);
      query.setInt(3, rowsMax);
      query.setFetchSize(rowsMax);
      try (var rows = query.executeQuery()) {
        while (!full && rows.next()) {
          seen++;
          var entry = Rows.entry(rows);
          if (entry.seq() == afterSeq) {
            anchor = entry.chainHash();
            continue;
          }
          entries.add(entry);
          bytes += entry.blob() == null ? 0 : entry.blob().size();
          full = entries.size() == entriesMax || bytes >= PAGE_BYTES_MAX;
        }
      }
    }
    boolean complete =
        (entries.isEmpty() || entries.getFirst().seq() == afterSeq + 1)
            && entries.stream().noneMatch(LogEntry::tombstone);
    boolean end = !full && seen < rowsMax;
    return new Page(
        entries, end, complete, anchor, end ? RoomRows.removals(connection, roomId) : List.of());
  }

  @Override
  public CompletableFuture<InboxPage> readInbox(String deviceId, long afterSeq, int limit) {
    int entriesMax = Math.clamp(limit, 1, PAGE_ENTRIES_MAX);
    return query(connection -> inboxPage(connection, deviceId, afterSeq, entriesMax));
  }

  private static InboxPage inboxPage(
      Connection connection, String deviceId, long afterSeq, int entriesMax) throws SQLException {
    var entries = new ArrayList<InboxEntry>();
    try (var query =
        connection.prepareStatement(
            "select "
                + Rows.INBOX_COLUMNS
                + " from inbox_entry where device_id = ? and seq > ? order by seq limit ?")) {
      query.setString(1, deviceId);
      query.setLong(2, afterSeq);
      query.setInt(3, entriesMax);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          entries.add(Rows.inboxEntry(rows));
        }
      }
    }
    long prunedTo = 0;
    long lastSeq = 0;
    try (var query =
        connection.prepareStatement("select pruned_to, last_seq from inbox where device_id = ?")) {
      query.setString(1, deviceId);
      try (var rows = query.executeQuery()) {
        if (rows.next()) {
          prunedTo = rows.getLong(1);
          lastSeq = rows.getLong(2);
        }
      }
    }
    return new InboxPage(
        entries, entries.size() < entriesMax, afterSeq >= prunedTo && afterSeq <= lastSeq);
  }

  @Override
  public CompletableFuture<@Nullable Void> forgetInbox(String deviceId, long upToSeq) {
    return query(
        connection -> {
          connection.setAutoCommit(false);
          BatchTransaction.prune(connection, deviceId, upToSeq);
          connection.commit();
          return null;
        });
  }

  @Override
  public CompletableFuture<Optional<RoomRecord>> room(String roomId) {
    return room(roomId, "");
  }

  @Override
  public CompletableFuture<Optional<RoomRecord>> room(String roomId, String callerUserId) {
    return query(
        callerUserId,
        connection -> {
          // Both queries must see one state: head and members are written in one transaction.
          connection.setAutoCommit(false);
          connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
          try {
            return RoomRows.read(connection, roomId);
          } finally {
            connection.rollback();
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
          }
        });
  }

  @Override
  public CompletableFuture<Optional<GroupView>> group(
      String roomId, String userId, String deviceId) {
    return query(userId, connection -> RoomRows.group(connection, roomId, userId, deviceId));
  }

  @Override
  public CompletableFuture<List<Content.Leaf>> removals(String roomId, String userId) {
    return query(userId, connection -> RoomRows.removals(connection, roomId));
  }

  @Override
  public CompletableFuture<Set<String>> joinedOf(String userId, Collection<String> roomIds) {
    return roomIds.isEmpty()
        ? CompletableFuture.completedFuture(Set.of())
        : query(userId, connection -> RoomRows.joinedOf(connection, userId, roomIds));
  }

  @Override
  public CompletableFuture<List<String>> roomsOf(String userId, String afterRoomId, int limit) {
    int roomsMax = Math.clamp(limit, 1, PAGE_ENTRIES_MAX);
    return query(userId, connection -> RoomRows.roomsOf(connection, userId, afterRoomId, roomsMax));
  }

  @Override
  public CompletableFuture<Map<String, Head>> heads(Collection<String> roomIds) {
    return roomIds.isEmpty()
        ? CompletableFuture.completedFuture(Map.of())
        : query(connection -> RoomRows.heads(connection, roomIds));
  }

  @Override
  public CompletableFuture<Map<String, Long>> inboxHeads(Collection<String> deviceIds) {
    return deviceIds.isEmpty()
        ? CompletableFuture.completedFuture(Map.of())
        : query(connection -> RoomRows.inboxHeads(connection, deviceIds));
  }

  @Override
  public Durability durability() {
    return durability;
  }

  private interface Query<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  private <T extends @Nullable Object> CompletableFuture<T> query(Query<T> query) {
    return query("", query);
  }

  private <T extends @Nullable Object> CompletableFuture<T> query(
      String callerUserId, Query<T> query) {
    Callable<T> call =
        () -> {
          try (var connection = dataSource.getConnection()) {
            return query.run(connection);
          } catch (SQLException e) {
            throw new UnavailableException(e);
          }
        };
    return reads.call(callerUserId, call);
  }

  /** Writes what is queued, then ends. */
  @Override
  public void close() {
    lanes.forEach(Lane::close);
  }
}
