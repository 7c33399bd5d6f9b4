package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what the events made of rooms. */
final class RoomRows {

  private RoomRows() {}

  static Optional<RoomRecord> read(Connection connection, String roomId) throws SQLException {
    var members = members(connection, roomId);
    var muted = muted(connection, roomId);
    var removals = removals(connection, roomId);
    try (var query =
        connection.prepareStatement(
            "select name, join_rule, classification, archived, version, restricted_at, epoch,"
                + " last_seq, chain_hash, group_id, retention_seconds from room where id = ?")) {
      query.setString(1, roomId);
      try (var rows = query.executeQuery()) {
        if (!rows.next()) {
          return Optional.empty();
        }
        return Optional.of(
            new RoomRecord(
                roomId,
                rows.getString(1),
                rows.getString(2),
                rows.getString(3),
                rows.getBoolean(4),
                rows.getLong(5),
                rows.getLong(6),
                rows.getLong(7),
                rows.getLong(8),
                ByteString.copyFrom(rows.getBytes(9)),
                rows.getString(10).isEmpty() ? roomId : rows.getString(10),
                rows.getLong(11),
                muted,
                members,
                removals));
      }
    }
  }

  /** The leaves that have to go: few rooms have any, which one look at the head tells. */
  static List<Content.Leaf> removals(Connection connection, String roomId) throws SQLException {
    try (var query =
        connection.prepareStatement("select removals_pending from room where id = ?")) {
      query.setString(1, roomId);
      try (var rows = query.executeQuery()) {
        if (!rows.next() || rows.getInt(1) == 0) {
          return List.of();
        }
      }
    }
    return RoomLeaves.expelled(connection, roomId);
  }

  private static Set<String> muted(Connection connection, String roomId) throws SQLException {
    var muted = new HashSet<String>();
    try (var query =
        connection.prepareStatement("select user_id from room_mute where room_id = ?")) {
      query.setString(1, roomId);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          muted.add(rows.getString(1));
        }
      }
    }
    return muted;
  }

  private static List<RoomRecord.Member> members(Connection connection, String roomId)
      throws SQLException {
    var members = new ArrayList<RoomRecord.Member>();
    try (var query =
        connection.prepareStatement(
            "select user_id, state, role, since from room_member where room_id = ?"
                + " order by user_id")) {
      query.setString(1, roomId);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          members.add(
              new RoomRecord.Member(
                  rows.getString(1),
                  RoomRecord.State.valueOf(rows.getString(2)),
                  rows.getString(3),
                  rows.getLong(4)));
        }
      }
    }
    return members;
  }

  static Optional<GroupView> group(
      Connection connection, String roomId, String userId, String deviceId) throws SQLException {
    try (var query =
        connection.prepareStatement(
            "select r.epoch, i.blob, l.device_id from room r"
                + " left join room_group_info i on i.room_id = r.id and i.epoch = r.epoch"
                + " left join room_leaf l on l.room_id = r.id and l.device_id = ? and l.user_id = ?"
                + " where r.id = ?")) {
      query.setString(1, deviceId);
      query.setString(2, userId);
      query.setString(3, roomId);
      try (var rows = query.executeQuery()) {
        if (!rows.next()) {
          return Optional.empty();
        }
        var blob = rows.getBytes(2);
        return Optional.of(
            new GroupView(
                rows.getString(3) != null,
                rows.getLong(1),
                blob == null ? null : ByteString.copyFrom(blob)));
      }
    }
  }

  /** Some thousand ids can be asked for at once; this many in one statement. */
  private static final int IDS_PER_QUERY = 128;

  static Set<String> joinedOf(Connection connection, String userId, Collection<String> roomIds)
      throws SQLException {
    var asked = List.copyOf(roomIds);
    var joined = new HashSet<String>();
    try (var query =
        connection.prepareStatement(
            "select room_id from room_member where user_id = ? and state = ? and room_id in (?"
                + ",?".repeat(IDS_PER_QUERY - 1)
                + ")")) {
      query.setString(1, userId);
      query.setString(2, RoomRecord.State.JOINED.name());
      for (int from = 0; from < asked.size(); from += IDS_PER_QUERY) {
        for (int place = 0; place < IDS_PER_QUERY; place++) {
          query.setString(place + 3, asked.get(Math.min(from + place, asked.size() - 1)));
        }
        try (var rows = query.executeQuery()) {
          while (rows.next()) {
            joined.add(rows.getString(1));
          }
        }
      }
    }
    return joined;
  }

  static Map<String, RoomLog.Head> heads(Connection connection, Collection<String> roomIds)
      throws SQLException {
    var heads = new HashMap<String, RoomLog.Head>();
    each(
        connection,
        "select id, version, last_seq from room where id",
        roomIds,
        row -> heads.put(row.getString(1), new RoomLog.Head(row.getLong(2), row.getLong(3))));
    return heads;
  }

  static Map<String, Long> inboxHeads(Connection connection, Collection<String> deviceIds)
      throws SQLException {
    var heads = new HashMap<String, Long>();
    each(
        connection,
        "select device_id, last_seq from inbox where device_id",
        deviceIds,
        row -> heads.put(row.getString(1), row.getLong(2)));
    return heads;
  }

  private interface Row {
    void take(ResultSet row) throws SQLException;
  }

  /** Asks about all of these ids, so many at a time. */
  private static void each(Connection connection, String sql, Collection<String> ids, Row row)
      throws SQLException {
    var asked = List.copyOf(ids);
    try (var query =
        connection.prepareStatement(sql + " in (?" + ",?".repeat(IDS_PER_QUERY - 1) + ")")) {
      for (int from = 0; from < asked.size(); from += IDS_PER_QUERY) {
        for (int place = 0; place < IDS_PER_QUERY; place++) {
          query.setString(place + 1, asked.get(Math.min(from + place, asked.size() - 1)));
        }
        try (var rows = query.executeQuery()) {
          while (rows.next()) {
            row.take(rows);
          }
        }
      }
    }
  }

  static List<String> roomsOf(
      Connection connection, String userId, String afterRoomId, int roomsMax) throws SQLException {
    var rooms = new ArrayList<String>();
    try (var query =
        connection.prepareStatement(
            "select room_id from room_member where user_id = ? and room_id > ? and state <> ?"
                + " order by room_id limit ?")) {
      query.setString(1, userId);
      query.setString(2, afterRoomId);
      query.setString(3, RoomRecord.State.BANNED.name());
      query.setInt(4, roomsMax);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          rooms.add(rows.getString(1));
        }
      }
    }
    return rooms;
  }
}
