package dev.sallyport.gateway.log;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.core.api.migration.JavaMigration;

/**
 * Fills {@code room_leaf} for the rooms that were there before it: the Commits of each are replayed
 * from the first one on. Where one is missing, or was sent by a device that none had added, the
 * leaves of that room stay unknown, and any device of a member may go on committing.
 */
public final class LeavesFromHistory implements JavaMigration {

  private static final MigrationVersion VERSION = MigrationVersion.fromVersion("052");

  @Override
  public MigrationVersion getVersion() {
    return VERSION;
  }

  @Override
  public String getDescription() {
    return "leaves from history";
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
      var leaves = replay(connection, roomId);
      if (leaves.isPresent()) {
        insert(connection, roomId, leaves.get());
        try (var update =
            connection.prepareStatement("update room set leaves_known = true where id = ?")) {
          update.setString(1, roomId);
          update.executeUpdate();
        }
      }
    }
  }

  /** As the table was then. */
  private static void insert(Connection connection, String roomId, List<Content.Leaf> leaves)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "insert into room_leaf (room_id, device_id, user_id) values (?,?,?)")) {
      for (var leaf : leaves) {
        insert.setString(1, roomId);
        insert.setString(2, leaf.deviceId());
        insert.setString(3, leaf.userId());
        insert.executeUpdate();
      }
    }
  }

  private static List<String> rooms(Connection connection) throws SQLException {
    var rooms = new ArrayList<String>();
    try (var query = connection.prepareStatement("select id from room where not leaves_known");
        var rows = query.executeQuery()) {
      while (rows.next()) {
        rooms.add(rows.getString(1));
      }
    }
    return rooms;
  }

  private static Optional<List<Content.Leaf>> replay(Connection connection, String roomId)
      throws SQLException {
    Map<String, String> users = new LinkedHashMap<>();
    long commits = 0;
    boolean begun = false;
    try (var query =
        connection.prepareStatement(
            "select r.epoch, e.seq, e.sender_user, e.sender_device, e.detail from room r"
                + " join room_entry e on e.room_id = r.id where r.id = ? and (e.seq = 1 or e.kind ="
                + " 3) order by e.seq")) {
      query.setString(1, roomId);
      query.setFetchSize(100);
      long epoch = 0;
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          epoch = rows.getLong(1);
          var userId = rows.getString(3);
          var deviceId = rows.getString(4);
          if (rows.getLong(2) == 1) {
            users.put(deviceId, userId);
            begun = true;
            continue;
          }
          if (commits == 0 && userId.equals(users.remove(RoomLeaves.ANY_DEVICE))) {
            users.put(deviceId, userId);
          }
          if (!userId.equals(users.get(deviceId)) || !apply(rows.getBytes(5), users)) {
            return Optional.empty();
          }
          commits++;
        }
      }
      if (!begun || commits != epoch) {
        return Optional.empty();
      }
    }
    return Optional.of(
        users.entrySet().stream()
            .map(leaf -> new Content.Leaf(leaf.getValue(), leaf.getKey(), null))
            .toList());
  }

  private static boolean apply(byte[] detail, Map<String, String> users) {
    try {
      var declaration = CommitDeclaration.parseFrom(detail);
      for (var leaf : declaration.getRemovesList()) {
        if (!users.remove(leaf.getDeviceId(), leaf.getUserId())) {
          return false;
        }
      }
      declaration.getAddsList().forEach(leaf -> users.put(leaf.getDeviceId(), leaf.getUserId()));
      return true;
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }
}
