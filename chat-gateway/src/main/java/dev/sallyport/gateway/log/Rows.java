package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.DeviceRenamed;
import dev.sallyport.gateway.protocol.Invitation;
import dev.sallyport.gateway.protocol.KeyPackagesLow;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How entries lie in rows. What the columns do not name is written as the socket contract has it.
 */
final class Rows {

  static final String ENTRY_COLUMNS =
      "room_id, seq, kind, sender_user, sender_device, client_message_id, accepted_at, epoch, blob,"
          + " detail, blob_hash, chain_hash";

  static final String INSERT_ENTRY =
      "insert into room_entry (" + ENTRY_COLUMNS + ") values (?,?,?,?,?,?,?,?,?,?,?,?)";

  static final String INBOX_COLUMNS = "device_id, seq, room_id, kind, detail, accepted_at";

  static final String INSERT_INBOX =
      "insert into inbox_entry (" + INBOX_COLUMNS + ") values (?,?,?,?,?,?)";

  private static final int WELCOME = 1;
  private static final int INVITATION = 2;
  private static final int KEY_PACKAGES_LOW = 3;
  private static final int DEVICE_RENAMED = 4;

  private Rows() {}

  static void bind(PreparedStatement insert, LogEntry entry) throws SQLException {
    insert.setString(1, entry.roomId());
    insert.setLong(2, entry.seq());
    insert.setInt(3, entry.kind().number());
    insert.setString(4, entry.author().userId());
    insert.setString(5, entry.author().deviceId());
    var clientMessageId = entry.author().clientMessageId();
    insert.setBytes(6, clientMessageId.isEmpty() ? null : clientMessageId.toByteArray());
    insert.setLong(7, entry.acceptedAtMillis());
    insert.setLong(8, entry.epoch());
    insert.setBytes(9, entry.blob() == null ? null : entry.blob().toByteArray());
    insert.setBytes(10, detail(entry));
    insert.setBytes(11, entry.blobHash().toByteArray());
    insert.setBytes(12, entry.chainHash().toByteArray());
  }

  static LogEntry entry(ResultSet row) throws SQLException {
    var kind = EntryKind.ofNumber(row.getInt(3));
    var clientMessageId = row.getBytes(6);
    var blob = row.getBytes(9);
    var detail = row.getBytes(10);
    return new LogEntry(
        row.getString(1),
        row.getLong(2),
        kind,
        new Append.Author(
            row.getString(4),
            row.getString(5),
            clientMessageId == null ? ByteString.EMPTY : ByteString.copyFrom(clientMessageId)),
        row.getLong(7),
        row.getLong(8),
        blob == null ? null : ByteString.copyFrom(blob),
        kind == EntryKind.EVENT && detail != null ? event(detail) : null,
        kind == EntryKind.COMMIT && detail != null ? declaration(detail) : null,
        ByteString.copyFrom(row.getBytes(11)),
        ByteString.copyFrom(row.getBytes(12)));
  }

  static void bind(PreparedStatement insert, InboxEntry entry) throws SQLException {
    insert.setString(1, entry.deviceId());
    insert.setLong(2, entry.seq());
    insert.setString(3, entry.roomId());
    switch (entry.item()) {
      case InboxItem.Welcome(ByteString blob) -> {
        insert.setInt(4, WELCOME);
        insert.setBytes(5, blob.toByteArray());
      }
      case InboxItem.Invitation(String inviter, String role) -> {
        insert.setInt(4, INVITATION);
        insert.setBytes(
            5,
            Invitation.newBuilder().setInviterUserId(inviter).setRole(role).build().toByteArray());
      }
      case InboxItem.KeyPackagesLow(int remaining) -> {
        insert.setInt(4, KEY_PACKAGES_LOW);
        insert.setBytes(
            5, KeyPackagesLow.newBuilder().setRemaining(remaining).build().toByteArray());
      }
      case InboxItem.DeviceRenamed(String device, String name) -> {
        insert.setInt(4, DEVICE_RENAMED);
        insert.setBytes(
            5, DeviceRenamed.newBuilder().setDeviceId(device).setName(name).build().toByteArray());
      }
    }
    insert.setLong(6, entry.acceptedAtMillis());
  }

  static InboxEntry inboxEntry(ResultSet row) throws SQLException {
    var kind = row.getInt(4);
    var detail = row.getBytes(5);
    try {
      InboxItem item =
          switch (kind) {
            case WELCOME -> new InboxItem.Welcome(ByteString.copyFrom(detail));
            case INVITATION -> {
              var invitation = Invitation.parseFrom(detail);
              yield new InboxItem.Invitation(invitation.getInviterUserId(), invitation.getRole());
            }
            case KEY_PACKAGES_LOW ->
                new InboxItem.KeyPackagesLow(KeyPackagesLow.parseFrom(detail).getRemaining());
            case DEVICE_RENAMED -> {
              var renamed = DeviceRenamed.parseFrom(detail);
              yield new InboxItem.DeviceRenamed(renamed.getDeviceId(), renamed.getName());
            }
            default -> throw new IllegalStateException("no inbox item has the number " + kind);
          };
      return new InboxEntry(
          row.getString(1), row.getLong(2), row.getString(3), item, row.getLong(6));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an inbox entry cannot be read", e);
    }
  }

  private static byte @Nullable [] detail(LogEntry entry) {
    if (entry.event() != null) {
      var event = entry.event();
      return dev.sallyport.gateway.protocol.RoomEvent.newBuilder()
          .setType(event.type().wireName())
          .setSubjectUserId(event.subject())
          .setRole(event.role())
          .setName(event.name())
          .setJoinRule(event.joinRule())
          .setClassification(event.classification())
          .setGroupId(event.groupId())
          .setRetentionSeconds(event.retentionSeconds())
          .setRedactedSeq(event.redactedSeq())
          .setDeviceId(event.deviceId())
          .build()
          .toByteArray();
    }
    if (entry.declaration() != null) {
      var declaration = CommitDeclaration.newBuilder();
      entry.declaration().adds().forEach(leaf -> declaration.addAdds(leaf(leaf)));
      entry.declaration().removes().forEach(leaf -> declaration.addRemoves(leaf(leaf)));
      return declaration.build().toByteArray();
    }
    return null;
  }

  private static DeclaredLeaf leaf(Content.Leaf leaf) {
    var builder = DeclaredLeaf.newBuilder().setUserId(leaf.userId()).setDeviceId(leaf.deviceId());
    if (leaf.leafIndex() != null) {
      builder.setLeafIndex(leaf.leafIndex());
    }
    return builder.build();
  }

  private static RoomEvent event(byte[] detail) {
    try {
      return event(dev.sallyport.gateway.protocol.RoomEvent.parseFrom(detail));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an event cannot be read", e);
    }
  }

  /** Fails with an {@link IllegalStateException} if it is of a type that is not known here. */
  static RoomEvent event(dev.sallyport.gateway.protocol.RoomEvent event) {
    return new RoomEvent(
        RoomEvent.Type.ofWireName(event.getType()),
        event.getSubjectUserId(),
        event.getRole(),
        event.getName(),
        event.getJoinRule(),
        event.getClassification(),
        event.getGroupId(),
        event.getRetentionSeconds(),
        event.getRedactedSeq(),
        event.getDeviceId());
  }

  private static Content.Declaration declaration(byte[] detail) {
    try {
      return declaration(CommitDeclaration.parseFrom(detail));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a declaration cannot be read", e);
    }
  }

  static Content.Declaration declaration(CommitDeclaration declaration) {
    return new Content.Declaration(
        leaves(declaration.getAddsList()), leaves(declaration.getRemovesList()));
  }

  private static List<Content.Leaf> leaves(List<DeclaredLeaf> leaves) {
    return leaves.stream()
        .map(
            leaf ->
                new Content.Leaf(
                    leaf.getUserId(),
                    leaf.getDeviceId(),
                    leaf.hasLeafIndex() ? leaf.getLeafIndex() : null))
        .toList();
  }
}
