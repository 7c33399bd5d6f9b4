package dev.sallyport.gateway.log;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which devices are in a room's MLS group, and at which leaf, by what its Commits declared: a relay
 * cannot see leaves in encrypted Commits. The device that created the room begins the group at leaf
 * 0; from then on each leaf is declared added by a Commit of a leaf, until one declares it removed.
 * Where an added leaf stands follows from who is there: RFC 9420 §12.1.1 puts it at the leftmost
 * blank one, after all removes of the Commit.
 *
 * <p>A leaf whose user or device is out has to go: it is marked with the event that says so, and
 * stays until a Commit declares it removed.
 *
 * <p>Whoever calls holds the room's head, so that leaves and epoch move together.
 */
final class RoomLeaves {

  /** Stands for any device of the user who made the room without one, until the first Commit. */
  static final String ANY_DEVICE = "";

  private final Connection connection;

  RoomLeaves(Connection connection) {
    this.connection = connection;
  }

  /** What a Commit's declaration comes to. */
  sealed interface Verdict {
    /** It fits; each leaf now with its index. */
    record Fits(Content.Declaration declaration) implements Verdict {}

    record Misfit(AppendOutcome outcome) implements Verdict {}
  }

  private record Known(String userId, @Nullable Integer index) {}

  /** The device whose group it will be. */
  void begin(String roomId, Append.Author creator) throws SQLException {
    boolean any = creator.deviceId().equals(ANY_DEVICE);
    insert(roomId, List.of(new Content.Leaf(creator.userId(), creator.deviceId(), any ? null : 0)));
  }

  /** Holds the declaration against who is there, and says where the added leaves will stand. */
  Verdict check(String roomId, Append.Author author, Content.Commit commit) throws SQLException {
    var declaration = commit.declaration();
    var asked = new TreeSet<String>();
    asked.add(ANY_DEVICE);
    asked.add(author.deviceId());
    declaration.removes().forEach(leaf -> asked.add(leaf.deviceId()));
    declaration.adds().forEach(leaf -> asked.add(leaf.deviceId()));
    var known = known(roomId, new ArrayList<>(asked));
    boolean newcomer = commit.external() && !commit.rejoins();
    if (!newcomer
        && !isOf(author.userId(), known.get(author.deviceId()))
        && !isOf(author.userId(), known.get(ANY_DEVICE))) {
      return new Verdict.Misfit(new AppendOutcome.NotInGroup(author.deviceId()));
    }
    var removes = new ArrayList<Content.Leaf>();
    var removed = new HashSet<String>();
    for (var leaf : declaration.removes()) {
      var there = known.get(leaf.deviceId());
      if (there == null || !isOf(leaf.userId(), there) || !removed.add(leaf.deviceId())) {
        return new Verdict.Misfit(new AppendOutcome.NotInGroup(leaf.deviceId()));
      }
      boolean itself = leaf.deviceId().equals(author.deviceId()) && !commit.external();
      if (itself || (leaf.leafIndex() != null && !leaf.leafIndex().equals(there.index()))) {
        return new Verdict.Misfit(new AppendOutcome.WrongLeaf(leaf.deviceId()));
      }
      removes.add(new Content.Leaf(leaf.userId(), leaf.deviceId(), there.index()));
    }
    for (var leaf : declaration.adds()) {
      if (known.containsKey(leaf.deviceId()) && !removed.contains(leaf.deviceId())) {
        return new Verdict.Misfit(new AppendOutcome.AlreadyInGroup(leaf.deviceId()));
      }
    }
    return placed(roomId, declaration.adds(), removes, known.containsKey(ANY_DEVICE));
  }

  private static boolean isOf(String userId, @Nullable Known known) {
    return known != null && known.userId().equals(userId);
  }

  /** Gives each added leaf its place; who begins a group by this Commit stands at 0. */
  private Verdict placed(
      String roomId, List<Content.Leaf> adds, List<Content.Leaf> removes, boolean beginning)
      throws SQLException {
    var free = adds.isEmpty() ? List.<Integer>of() : free(roomId, adds.size(), removes, beginning);
    var left = new ArrayList<>(free);
    for (var leaf : adds) {
      if (leaf.leafIndex() != null && !left.remove(/* element */ leaf.leafIndex())) {
        return new Verdict.Misfit(new AppendOutcome.WrongLeaf(leaf.deviceId()));
      }
    }
    var placed = new ArrayList<Content.Leaf>();
    for (var leaf : adds) {
      placed.add(
          new Content.Leaf(
              leaf.userId(),
              leaf.deviceId(),
              leaf.leafIndex() != null ? leaf.leafIndex() : left.removeFirst()));
    }
    return new Verdict.Fits(new Content.Declaration(placed, removes));
  }

  /** The leftmost blank leaves. */
  private List<Integer> free(
      String roomId, int count, List<Content.Leaf> removes, boolean beginning) throws SQLException {
    var taken = new HashSet<Integer>();
    try (var query =
        connection.prepareStatement(
            "select leaf_index from room_leaf where room_id = ? and leaf_index is not null")) {
      query.setString(1, roomId);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          taken.add(rows.getInt(1));
        }
      }
    }
    removes.forEach(leaf -> taken.remove(leaf.leafIndex()));
    if (beginning) {
      taken.add(0);
    }
    var free = new ArrayList<Integer>(count);
    for (int index = 0; free.size() < count; index++) {
      if (!taken.contains(index)) {
        free.add(index);
      }
    }
    return free;
  }

  private Map<String, Known> known(String roomId, List<String> deviceIds) throws SQLException {
    var known = new HashMap<String, Known>();
    int places = BatchTransaction.places(deviceIds.size());
    try (var query =
        connection.prepareStatement(
            "select device_id, user_id, leaf_index from room_leaf where room_id = ? and device_id"
                + " in (?"
                + ",?".repeat(places - 1)
                + ")")) {
      query.setString(1, roomId);
      for (int place = 0; place < places; place++) {
        query.setString(place + 2, deviceIds.get(Math.min(place, deviceIds.size() - 1)));
      }
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          known.put(rows.getString(1), new Known(rows.getString(2), index(rows, 3)));
        }
      }
    }
    return known;
  }

  static @Nullable Integer index(java.sql.ResultSet rows, int column) throws SQLException {
    int index = rows.getInt(column);
    return rows.wasNull() ? null : index;
  }

  /**
   * What an accepted Commit makes of the group: first it removes, then it adds.
   *
   * @param declaration as {@link #check} completed it
   */
  void commit(
      String roomId, Append.Author author, Content.Commit commit, Content.Declaration declaration)
      throws SQLException {
    var gone = new TreeSet<String>();
    declaration.removes().forEach(leaf -> gone.add(leaf.deviceId()));
    var added = new HashMap<String, Content.Leaf>();
    declaration.adds().forEach(leaf -> added.put(leaf.deviceId(), leaf));
    if (!commit.external()) {
      var known = known(roomId, List.of(ANY_DEVICE, author.deviceId()));
      if (known.containsKey(ANY_DEVICE) && !known.containsKey(author.deviceId())) {
        gone.add(ANY_DEVICE);
        added.put(author.deviceId(), new Content.Leaf(author.userId(), author.deviceId(), 0));
      }
    }
    try (var delete =
        connection.prepareStatement("delete from room_leaf where room_id = ? and device_id = ?")) {
      for (var deviceId : gone) {
        delete.setString(1, roomId);
        delete.setString(2, deviceId);
        delete.addBatch();
      }
      delete.executeBatch();
    }
    insert(roomId, List.copyOf(added.values()));
  }

  void insert(String roomId, Collection<Content.Leaf> leaves) throws SQLException {
    if (leaves.isEmpty()) {
      return;
    }
    try (var insert =
        connection.prepareStatement(
            "insert into room_leaf (room_id, device_id, user_id, leaf_index) values (?,?,?,?)")) {
      for (var leaf : leaves) {
        insert.setString(1, roomId);
        insert.setString(2, leaf.deviceId());
        insert.setString(3, leaf.userId());
        insert.setObject(4, leaf.leafIndex(), java.sql.Types.INTEGER);
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /**
   * The leaves of that user have to go.
   *
   * @return those that had not to before
   */
  List<Content.Leaf> expelUser(String roomId, String userId, long seq) throws SQLException {
    return expel(roomId, userId, "", seq);
  }

  /** The same of one device. */
  List<Content.Leaf> expelDevice(String roomId, String userId, String deviceId, long seq)
      throws SQLException {
    return expel(roomId, userId, deviceId, seq);
  }

  private List<Content.Leaf> expel(String roomId, String userId, String deviceId, long seq)
      throws SQLException {
    var leaves = new ArrayList<Content.Leaf>();
    try (var query =
        connection.prepareStatement(
            "select device_id, user_id, leaf_index from room_leaf where room_id = ? and user_id = ?"
                + " and expelled_at = 0 and device_id <> ''"
                + (deviceId.isEmpty() ? "" : " and device_id = ?")
                + " order by leaf_index")) {
      query.setString(1, roomId);
      query.setString(2, userId);
      if (!deviceId.isEmpty()) {
        query.setString(3, deviceId);
      }
      read(query, leaves);
    }
    try (var update =
        connection.prepareStatement(
            "update room_leaf set expelled_at = ? where room_id = ? and device_id = ?")) {
      for (var leaf : leaves) {
        update.setLong(1, seq);
        update.setString(2, roomId);
        update.setString(3, leaf.deviceId());
        update.addBatch();
      }
      update.executeBatch();
    }
    return leaves;
  }

  /** The leaves that have to go, in order of their indexes. */
  static List<Content.Leaf> expelled(Connection connection, String roomId) throws SQLException {
    var leaves = new ArrayList<Content.Leaf>();
    try (var query =
        connection.prepareStatement(
            "select device_id, user_id, leaf_index from room_leaf where room_id = ? and expelled_at"
                + " > 0 order by leaf_index")) {
      query.setString(1, roomId);
      read(query, leaves);
    }
    return leaves;
  }

  private static void read(java.sql.PreparedStatement query, List<Content.Leaf> leaves)
      throws SQLException {
    try (var rows = query.executeQuery()) {
      while (rows.next()) {
        leaves.add(new Content.Leaf(rows.getString(2), rows.getString(1), index(rows, 3)));
      }
    }
  }
}
