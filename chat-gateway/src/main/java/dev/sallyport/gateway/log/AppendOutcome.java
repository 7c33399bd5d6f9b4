package dev.sallyport.gateway.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of an {@link Append}. */
public sealed interface AppendOutcome {

  /**
   * It is written, as durably as stated.
   *
   * @param epoch the room's epoch after this entry
   * @param repeated whether it had been written before by the same device under the same client
   *     message id; then this is the first answer again
   */
  record Appended(LogEntry entry, long epoch, Durability durability, boolean repeated)
      implements AppendOutcome {}

  /** The room changed since the decision: decide again on the version now current. */
  record Fenced(long version) implements AppendOutcome {}

  /**
   * The epoch it names is over.
   *
   * @param current the room's epoch
   * @param winner the Commit that ended the epoch named; null where history no longer holds it
   */
  record StaleEpoch(long current, @Nullable LogEntry winner) implements AppendOutcome {}

  /** The epoch it names has not begun. */
  record FutureEpoch(long current) implements AppendOutcome {}

  /**
   * A Commit by a device, or removing one, that is not in the room's MLS group by what its Commits
   * declared.
   *
   * @param deviceId the sender's, or else the first that was to be removed and is not there
   */
  record NotInGroup(String deviceId) implements AppendOutcome {}

  /** A Commit adding a device that is in the group and that it does not remove. */
  record AlreadyInGroup(String deviceId) implements AppendOutcome {}

  /** A Commit naming another leaf than the device has or will have, or removing its own sender. */
  record WrongLeaf(String deviceId) implements AppendOutcome {}

  /**
   * Leaves have to go before anything else is said in the group: no application message is taken,
   * and of the Commits only external ones and such that remove these leaves.
   *
   * @param leaves ordered by index
   */
  record RemovalPending(List<Content.Leaf> leaves) implements AppendOutcome {
    public RemovalPending {
      leaves = List.copyOf(leaves);
    }
  }

  /** The device used this client message id for something else. */
  record IdReused() implements AppendOutcome {}

  /** There is no such room, or for {@link Append.Fence.NoRoom}: there is one already. */
  record WrongRoom() implements AppendOutcome {}

  /**
   * The store cannot be reached, or is behind by more than its queue. It is not known whether the
   * entry was written: repeating it under the same client message id is safe.
   */
  record Unavailable() implements AppendOutcome {}
}
