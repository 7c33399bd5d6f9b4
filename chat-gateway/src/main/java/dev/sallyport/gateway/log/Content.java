package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be appended: a sealed message of the room's MLS group, or a change of the room. */
public sealed interface Content {

  EntryKind kind();

  /** An MLS message with the epoch that its header names. */
  sealed interface Message extends Content {
    /** The MLSMessage as it came. */
    ByteString blob();

    long epoch();
  }

  record Application(ByteString blob, long epoch) implements Message {
    @Override
    public EntryKind kind() {
      return EntryKind.APPLICATION;
    }

    @Override
    public String toString() {
      return "Application[epoch=" + epoch + ", " + blob.size() + " bytes]";
    }
  }

  record Proposal(ByteString blob, long epoch) implements Message {
    @Override
    public EntryKind kind() {
      return EntryKind.PROPOSAL;
    }

    @Override
    public String toString() {
      return "Proposal[epoch=" + epoch + ", " + blob.size() + " bytes]";
    }
  }

  /**
   * Ends the epoch it names, if none has done so before.
   *
   * @param external whether its sender joins by it (RFC 9420 §12.4.3.2): one that removes the
   *     sender's own device comes back and must have been in the group, any other need not
   * @param groupInfo of the next epoch, by which others may join; null where none was given
   * @param sender where the gateway stands among the external senders from then on; null: as before
   */
  record Commit(
      ByteString blob,
      long epoch,
      Declaration declaration,
      boolean external,
      @Nullable ByteString groupInfo,
      @Nullable ExternalSender sender)
      implements Message {

    /** One by a leaf of the group. */
    public Commit(ByteString blob, long epoch, Declaration declaration) {
      this(blob, epoch, declaration, false, null, null);
    }

    /** Whether by it a device that lost its state comes back. */
    public boolean rejoins() {
      return external && !declaration.removes().isEmpty();
    }

    @Override
    public EntryKind kind() {
      return EntryKind.COMMIT;
    }

    @Override
    public String toString() {
      return "Commit[epoch=" + epoch + ", " + blob.size() + " bytes]";
    }
  }

  record Event(RoomEvent event) implements Content {
    @Override
    public EntryKind kind() {
      return EntryKind.EVENT;
    }
  }

  /** The leaves that a Commit says it adds and removes. */
  record Declaration(List<Leaf> adds, List<Leaf> removes) {
    public static final Declaration NONE = new Declaration(List.of(), List.of());

    public Declaration {
      adds = List.copyOf(adds);
      removes = List.copyOf(removes);
    }
  }

  /**
   * A device in the room's MLS group.
   *
   * @param leafIndex in the ratchet tree; null where it is not said
   */
  record Leaf(String userId, String deviceId, @Nullable Integer leafIndex) {}

  /**
   * Where the gateway stands in a group's {@code external_senders} (RFC 9420 §12.1.8.1).
   *
   * @param keyId of the gateway's key; empty: it is none of them
   */
  record ExternalSender(int index, String keyId) {}
}
