package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * One entry to be appended, with all that has to happen in the same step or not at all.
 *
 * @param author who sends it
 * @param fence the version of the room that the decision to admit it was made on
 * @param deliveries into inboxes, in the same step
 */
public record Append(
    String roomId, Author author, Content content, Fence fence, List<Delivery> deliveries) {

  public Append {
    deliveries = List.copyOf(deliveries);
  }

  /**
   * Who sends an entry.
   *
   * @param deviceId empty where the caller has none
   * @param clientMessageId 16 bytes chosen by the client, unique for each device; or empty, and
   *     then nothing protects against a repetition
   */
  public record Author(String userId, String deviceId, ByteString clientMessageId) {
    /** Whose the proposals are that the gateway makes itself. */
    public static final Author GATEWAY = new Author("", "", ByteString.EMPTY);
  }

  /** What must hold at the moment of the append. */
  public sealed interface Fence {
    /** The room does not exist yet. */
    record NoRoom() implements Fence {}

    /** The room's version is this one: nothing of the room changed since the decision. */
    record Exactly(long version) implements Fence {}

    /**
     * Nothing was taken away from anyone since this version: invitations and joins of others may
     * have come between, {@linkplain RoomEvent.Type#restricting() restricting} events may not.
     */
    record NotRestrictedSince(long version) implements Fence {}
  }

  /** One item for one device's inbox. */
  public record Delivery(String deviceId, InboxItem item) {}
}
