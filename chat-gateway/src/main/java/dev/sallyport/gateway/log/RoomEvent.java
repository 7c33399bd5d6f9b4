package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A change of a room, as an entry of its own log. What does not apply is empty or 0, as on the
 * wire.
 *
 * @param subject the user it is about; for {@link Type#CREATED} the first owner; empty where it is
 *     about the room
 * @param role `owner`, `moderator`, `member` or `guest`, where the type gives one
 * @param name with {@link Type#CREATED}, as are joinRule and classification
 * @param groupId with {@link Type#GROUP_RESET}
 * @param retentionSeconds with {@link Type#RETENTION_CHANGED}; 0: messages are kept for ever
 * @param redactedSeq with {@link Type#REDACTED}
 * @param deviceId with {@link Type#DEVICE_ADDED} and {@link Type#DEVICE_REMOVED}
 */
public record RoomEvent(
    Type type,
    String subject,
    String role,
    String name,
    String joinRule,
    String classification,
    String groupId,
    long retentionSeconds,
    long redactedSeq,
    String deviceId) {

  /** A closed choice, so that each store and each reader must say what a new one means. */
  public enum Type {
    CREATED("created", true),
    INVITED("invited", false),
    JOINED("joined", false),
    LEFT("left", true),
    KICKED("kicked", true),
    BANNED("banned", true),
    UNBANNED("unbanned", false),
    ROLE_CHANGED("role_changed", true),
    ARCHIVED("archived", true),
    MUTED("muted", true),
    UNMUTED("unmuted", false),
    OWNERSHIP_TRANSFERRED("ownership_transferred", true),
    RETENTION_CHANGED("retention_changed", false),
    REDACTED("redacted", false),
    // What was sealed for the group before must not follow it.
    GROUP_RESET("group_reset", true),
    DEVICE_ADDED("device_added", false),
    // A Commit that was found to add a live device must not follow its end.
    DEVICE_REMOVED("device_removed", true);

    private final String wireName;
    private final boolean restricting;

    Type(String wireName, boolean restricting) {
      this.wireName = wireName;
      this.restricting = restricting;
    }

    /** As in the published contract. */
    public String wireName() {
      return wireName;
    }

    /** Whether it can take a right away from someone who decided to append before it. */
    public boolean restricting() {
      return restricting;
    }

    static Type ofWireName(String name) {
      for (Type type : values()) {
        if (type.wireName.equals(name)) {
          return type;
        }
      }
      throw new IllegalStateException("no room event is called `" + name + "`");
    }
  }

  public static RoomEvent created(
      String owner, String name, String joinRule, String classification) {
    return new RoomEvent(
        Type.CREATED, owner, "owner", name, joinRule, classification, "", 0, 0, "");
  }

  /** An event about a user, with the role it gives, or "" where it gives none. */
  public static RoomEvent about(Type type, String subject, String role) {
    return new RoomEvent(type, subject, role, "", "", "", "", 0, 0, "");
  }

  public static RoomEvent archived() {
    return about(Type.ARCHIVED, "", "");
  }

  /** From now on messages are kept that long. */
  public static RoomEvent retention(long seconds) {
    return new RoomEvent(Type.RETENTION_CHANGED, "", "", "", "", "", "", seconds, 0, "");
  }

  /** The message of that entry, sent by that user, is gone. */
  public static RoomEvent redacted(String sender, long seq) {
    return new RoomEvent(Type.REDACTED, sender, "", "", "", "", "", 0, seq, "");
  }

  /** The author's device founds the room's MLS group anew, under that id. */
  public static RoomEvent groupReset(String groupId) {
    return new RoomEvent(Type.GROUP_RESET, "", "", "", "", "", groupId, 0, 0, "");
  }

  /** A device of that user was registered, or revoked. */
  public static RoomEvent device(Type type, String userId, String deviceId) {
    return new RoomEvent(type, userId, "", "", "", "", "", 0, 0, deviceId);
  }

  /** The fields in the order of the contract's field numbers, as {@link Chain} hashes them. */
  List<ByteString> fields() {
    return List.of(
        text(type.wireName),
        text(subject),
        text(role),
        text(name),
        text(joinRule),
        text(classification),
        text(groupId),
        number(retentionSeconds),
        number(redactedSeq),
        text(deviceId));
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteString number(long number) {
    return number == 0
        ? ByteString.EMPTY
        : ByteString.copyFrom(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
  }
}
