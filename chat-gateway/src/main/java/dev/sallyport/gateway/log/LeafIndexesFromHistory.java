package dev.sallyport.gateway.log;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.core.api.migration.JavaMigration;

/**
 * Finds out where the leaves of the rooms that are there stand, by replaying what the Commits of
 * their group declared: each added leaf takes the leftmost blank place after the removes (RFC 9420
 * §12.1.1). Then marks those that have to go: of users who are neither in the room nor invited, and
 * of devices that were revoked. A room whose history does not agree with its leaves is left as one
 * whose leaves are not known.
 */
public final class LeafIndexesFromHistory implements JavaMigration {

  private static final MigrationVersion VERSION = MigrationVersion.fromVersion("061");

  @Override
  public MigrationVersion getVersion() {
    return VERSION;
  }

  @Override
  public String getDescription() {
    return "leaf indexes from history";
  }

  @Override
  public Integer getChecksum() {
    return 1;
  }

  @Override
  public boolean canExecuteInTransaction() {
    return true;
  }

  @Override
  public void migrate(Context context) throws SQLException {
    var connection = context.getConnection();
    for (var roomId : rooms(connection)) {
      var indexes = replay(connection, roomId);
      if (indexes.isEmpty() || !indexes.get().keySet().equals(leaves(connection, roomId))) {
        forget(connection, roomId);
        continue;
      }
      try (var update =
          connection.prepareStatement(
              "update room_leaf set leaf_index = ? where room_id = ? and device_id = ?")) {
        for (var leaf : indexes.get().entrySet()) {
          update.setInt(1, leaf.getValue());
          update.setString(2, roomId);
          update.setString(3, leaf.getKey());
          update.executeUpdate();
        }
      }
    }
    mark(connection);
  }

  private static List<String> rooms(Connection connection) throws SQLException {
    var rooms = new ArrayList<String>();
    try (var query = connection.prepareStatement("select id from room where leaves_known");
        var rows = query.executeQuery()) {
      while (rows.next()) {
        rooms.add(rows.getString(1));
      }
    }
    return rooms;
  }

  /** Without the one that stands for any device, which has no place yet. */
  private static java.util.Set<String> leaves(Connection connection, String roomId)
      throws SQLException {
    var leaves = new HashSet<String>();
    try (var query =
        connection.prepareStatement(
            "select device_id from room_leaf where room_id = ? and device_id <> ''")) {
      query.setString(1, roomId);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          leaves.add(rows.getString(1));
        }
      }
    }
    return leaves;
  }

  /** Index by device; empty where the history does not tell. */
  private static Optional<Map<String, Integer>> replay(Connection connection, String roomId)
      throws SQLException {
    Map<String, Integer> indexes = new HashMap<>();
    boolean begun = false;
    try (var query =
        connection.prepareStatement(
            "select seq, kind, sender_device, detail from room_entry where room_id = ? and kind in"
                + " (3, 4) order by seq")) {
      query.setString(1, roomId);
      query.setFetchSize(100);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          var device = rows.getString(3);
          if (rows.getInt(2) == EntryKind.EVENT.number()) {
            if (rows.getLong(1) == 1 || founds(rows.getBytes(4))) {
              indexes.clear();
              begun = true;
              if (!device.equals(RoomLeaves.ANY_DEVICE)) {
                indexes.put(device, 0);
              }
            }
          } else if (!begun || !apply(rows.getBytes(4), device, indexes)) {
            return Optional.empty();
          }
        }
      }
    }
    return begun ? Optional.of(indexes) : Optional.empty();
  }

  private static boolean founds(byte[] detail) {
    try {
      return RoomEvent.Type.GROUP_RESET
          .wireName()
          .equals(dev.sallyport.gateway.protocol.RoomEvent.parseFrom(detail).getType());
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  private static boolean apply(byte[] detail, String sender, Map<String, Integer> indexes) {
    try {
      var declaration = CommitDeclaration.parseFrom(detail);
      if (indexes.isEmpty()) {
        indexes.put(sender, 0);
      }
      for (var leaf : declaration.getRemovesList()) {
        indexes.remove(leaf.getDeviceId());
      }
      var taken = new HashSet<>(indexes.values());
      int next = 0;
      for (var leaf : declaration.getAddsList()) {
        if (indexes.containsKey(leaf.getDeviceId())) {
          return false;
        }
        while (taken.contains(next)) {
          next++;
        }
        taken.add(next);
        indexes.put(leaf.getDeviceId(), next);
      }
      return true;
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  private static void forget(Connection connection, String roomId) throws SQLException {
    try (var update =
        connection.prepareStatement("update room set leaves_known = false where id = ?")) {
      update.setString(1, roomId);
      update.executeUpdate();
    }
    try (var delete = connection.prepareStatement("delete from room_leaf where room_id = ?")) {
      delete.setString(1, roomId);
      delete.executeUpdate();
    }
  }

  private static void mark(Connection connection) throws SQLException {
    try (var update = connection.createStatement()) {
      update.executeUpdate(
          "update room_leaf set expelled_at = (select last_seq from room where id = room_id) where"
              + " device_id <> '' and (not exists (select 1 from room_member m where m.room_id ="
              + " room_leaf.room_id and m.user_id = room_leaf.user_id and m.state <> 'BANNED') or"
              + " exists (select 1 from device d where d.id = room_leaf.device_id and d.revoked_at"
              + " is not null))");
      update.executeUpdate(
          "update room set removals_pending = (select count(*) from room_leaf l where l.room_id ="
              + " room.id and l.expelled_at > 0)");
    }
  }
}
