package dev.sallyport.gateway.log;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which devices are in a room's MLS group, by what its Commits declared: a relay cannot see leaves
 * in encrypted Commits. The device that created the room begins the group; from then on each leaf
 * is declared added by a Commit of a leaf, until one declares it removed.
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

  /** The device whose group it will be. */
  void begin(String roomId, Append.Author creator) throws SQLException {
    insert(roomId, List.of(new Content.Leaf(creator.userId(), creator.deviceId(), null)));
  }

  /** The first of sender and removed devices that is not in the group; null if all are. */
  @Nullable String outsider(String roomId, Append.Author author, Content.Declaration declaration)
      throws SQLException {
    var asked = new TreeSet<String>();
    asked.add(ANY_DEVICE);
    asked.add(author.deviceId());
    declaration.removes().forEach(leaf -> asked.add(leaf.deviceId()));
    var users = users(roomId, new ArrayList<>(asked));
    if (!author.userId().equals(users.get(author.deviceId()))
        && !author.userId().equals(users.get(ANY_DEVICE))) {
      return author.deviceId();
    }
    for (var leaf : declaration.removes()) {
      if (!leaf.userId().equals(users.get(leaf.deviceId()))) {
        return leaf.deviceId();
      }
    }
    return null;
  }

  private Map<String, String> users(String roomId, List<String> deviceIds) throws SQLException {
    var users = new HashMap<String, String>();
    int places = BatchTransaction.places(deviceIds.size());
    try (var query =
        connection.prepareStatement(
            "select device_id, user_id from room_leaf where room_id = ? and device_id in (?"
                + ",?".repeat(places - 1)
                + ")")) {
      query.setString(1, roomId);
      for (int place = 0; place < places; place++) {
        query.setString(place + 2, deviceIds.get(Math.min(place, deviceIds.size() - 1)));
      }
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          users.put(rows.getString(1), rows.getString(2));
        }
      }
    }
    return users;
  }

  /** What an accepted Commit makes of the group: first it removes, then it adds. */
  void commit(String roomId, Append.Author author, Content.Commit commit) throws SQLException {
    var declaration = commit.declaration();
    var gone = new TreeSet<String>();
    declaration.removes().forEach(leaf -> gone.add(leaf.deviceId()));
    var added = new HashMap<String, Content.Leaf>();
    declaration.adds().forEach(leaf -> added.put(leaf.deviceId(), leaf));
    if (commit.epoch() == 0) {
      gone.add(ANY_DEVICE);
      added.putIfAbsent(
          author.deviceId(), new Content.Leaf(author.userId(), author.deviceId(), null));
    }
    gone.addAll(added.keySet());
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

  void insert(String roomId, List<Content.Leaf> leaves) throws SQLException {
    if (leaves.isEmpty()) {
      return;
    }
    try (var insert =
        connection.prepareStatement(
            "insert into room_leaf (room_id, device_id, user_id) values (?,?,?)")) {
      for (var leaf : leaves) {
        insert.setString(1, roomId);
        insert.setString(2, leaf.deviceId());
        insert.setString(3, leaf.userId());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }
}
