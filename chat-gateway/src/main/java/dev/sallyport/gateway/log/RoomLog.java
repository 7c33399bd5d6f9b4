package dev.sallyport.gateway.log;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The log of every room: appended in one order, read in that order.
 *
 * <p>For each room, appends are applied one after the other, in the order of the calls where these
 * are ordered. An append is whole or absent: entry, effect on the room, inbox deliveries. In this
 * order it is checked that
 *
 * <ol>
 *   <li>the device has not appended under this client message id before ({@link
 *       AppendOutcome.Appended#repeated} or {@link AppendOutcome.IdReused}),
 *   <li>the fence holds ({@link AppendOutcome.WrongRoom}, {@link AppendOutcome.Fenced}),
 *   <li>the message names the room's current epoch ({@link AppendOutcome.StaleEpoch}, {@link
 *       AppendOutcome.FutureEpoch}). A Commit moves it on by one; so exactly one wins each epoch,
 *   <li>a Commit is sent by a device of the room's MLS group, or is an external one that does not
 *       rejoin, and removes only such ({@link AppendOutcome.NotInGroup}), adds only others ({@link
 *       AppendOutcome.AlreadyInGroup}) and names the leaves as they are ({@link
 *       AppendOutcome.WrongLeaf}): the device that created the room began it, and each Commit
 *       declares whom it adds and removes. Not checked in rooms from before this was kept whose
 *       history does not tell,
 *   <li>no leaf has to go, or the message is a proposal, an external Commit, or a Commit that
 *       removes all such leaves or {@link #REMOVES_PER_COMMIT_MAX} of them ({@link
 *       AppendOutcome.RemovalPending}). A leaf has to go from the event on that says that its user
 *       left, was kicked or banned, or that its device was revoked. In the same step, and for what
 *       is left in the step that begins another epoch, the gateway's own Remove proposals are
 *       appended, where the group's Commits declared that it is one of the external senders.
 * </ol>
 *
 * <p>No method blocks; futures complete on the store's threads, and callers hop off them before
 * they do work of their own. Futures complete exceptionally only for bugs. The contract suite that
 * each store must pass is {@code RoomLogContract}.
 */
public interface RoomLog {

  /**
   * An application message, a proposal and a Commit must name the current epoch: zero epochs
   * behind. A sender who lost the race against a Commit is told the winner and seals again. So
   * members may drop an epoch's secrets as soon as they process its Commit, whoever was removed
   * cannot read anything sequenced after the removal, and every entry can be opened exactly where
   * it stands in the order (RFC 9750 leaves the window to the application).
   */
  long EPOCHS_BEHIND_MAX = 0;

  /** A Commit declares no more. */
  int REMOVES_PER_COMMIT_MAX = 256;

  /** No page is longer, whatever is asked for. */
  int PAGE_ENTRIES_MAX = 100;

  /** A page ends after the entry that brings its blobs to this many bytes. */
  int PAGE_BYTES_MAX = 256 << 10;

  /** An inbox keeps its newest entries, this many; what falls off makes it incomplete. */
  int INBOX_ENTRIES_MAX = 1_000;

  CompletableFuture<AppendOutcome> append(Append append);

  /** The entries after {@code afterSeq}; fails with {@link UnavailableException}. */
  CompletableFuture<Page> read(String roomId, long afterSeq, int limit);

  /**
   * The inbox entries of a device after {@code afterSeq}; fails with {@link UnavailableException}.
   */
  CompletableFuture<InboxPage> readInbox(String deviceId, long afterSeq, int limit);

  /** Puts items into inboxes that belong to no append; fails with {@link UnavailableException}. */
  CompletableFuture<@Nullable Void> deliver(String roomId, List<Append.Delivery> deliveries);

  /** The device holds the entries up to this one; fails with {@link UnavailableException}. */
  CompletableFuture<@Nullable Void> forgetInbox(String deviceId, long upToSeq);

  /** The room as the log's events made it; fails with {@link UnavailableException}. */
  CompletableFuture<Optional<RoomRecord>> room(String roomId);

  /** The same, in turn with what other callers ask. */
  CompletableFuture<Optional<RoomRecord>> room(String roomId, String callerUserId);

  /**
   * The room's group as that device stands to it; empty where there is no such room. Fails with
   * {@link UnavailableException}.
   */
  CompletableFuture<Optional<GroupView>> group(String roomId, String userId, String deviceId);

  /** The leaves that have to go; fails with {@link UnavailableException}. */
  CompletableFuture<List<Content.Leaf>> removals(String roomId, String userId);

  /**
   * Which of these rooms, any number of them, the user has joined; fails with {@link
   * UnavailableException}.
   */
  CompletableFuture<Set<String>> joinedOf(String userId, Collection<String> roomIds);

  /**
   * The ids, ascending, after {@code afterRoomId}, of rooms which the user has joined or is invited
   * to; fails with {@link UnavailableException}.
   */
  CompletableFuture<List<String>> roomsOf(String userId, String afterRoomId, int limit);

  /**
   * Where a log ends.
   *
   * @param version the number of its newest event
   */
  record Head(long version, long lastSeq) {}

  /**
   * The ends of these rooms' logs, as far as there are such rooms; fails with {@link
   * UnavailableException}.
   */
  CompletableFuture<Map<String, Head>> heads(Collection<String> roomIds);

  /**
   * The last entries of these devices' inboxes, as far as there are any; fails with {@link
   * UnavailableException}.
   */
  CompletableFuture<Map<String, Long>> inboxHeads(Collection<String> deviceIds);

  /** What {@link AppendOutcome.Appended} promises, as found out about the store. */
  Durability durability();
}
