package dev.sallyport.gateway.room;

import dev.sallyport.gateway.fanout.Remembered;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.LogListener;
import dev.sallyport.gateway.log.RoomLog;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The newest known version of each room in use. It moves with the log, entry by entry; a room whose
 * next entry is not the next one known is forgotten and read again, so a version is never made from
 * a wrong one before it. It may lag behind the log: whoever acts on it fences the append with it.
 */
final class Rooms implements LogListener, Remembered {

  /**
   * Some 100 MB at a hundred members each. Beyond, some are forgotten and read again when asked.
   */
  private static final int ROOMS_MAX = 10_000;

  private final RoomLog log;
  private final Map<String, Seen> known = new ConcurrentHashMap<>();

  Rooms(RoomLog log) {
    this.log = log;
  }

  /**
   * @param at the entry up to which this version is that of the log
   */
  record Seen(Room room, long at) {

    /** After the next entry. */
    Seen after(LogEntry entry) {
      return new Seen(
          entry.event() == null
              ? room
              : room.after(entry.event(), entry.author().userId(), entry.seq()),
          entry.seq());
    }
  }

  /** The room, if there is one; fails if it has to be read and the store is unavailable. */
  CompletableFuture<Optional<Seen>> find(String roomId) {
    var seen = known.get(roomId);
    return seen != null ? CompletableFuture.completedFuture(Optional.of(seen)) : read(roomId);
  }

  /**
   * The room, to decide about this user: who is no member by the version known here may have become
   * one on another node, and a refusal is fenced by nothing.
   */
  CompletableFuture<Optional<Seen>> find(String roomId, String userId) {
    var seen = known.get(roomId);
    return seen != null && seen.room().joined(userId)
        ? CompletableFuture.completedFuture(Optional.of(seen))
        : read(roomId, userId);
  }

  /** Whether the user has joined the room by the version known here, if one is. */
  boolean knownJoined(String roomId, String userId) {
    var seen = known.get(roomId);
    return seen != null && seen.room().joined(userId);
  }

  /** The room as it is in the store now. */
  CompletableFuture<Optional<Seen>> read(String roomId) {
    return read(roomId, "");
  }

  /** The same, in turn with what other callers ask. */
  CompletableFuture<Optional<Seen>> read(String roomId, String callerUserId) {
    return log.room(roomId, callerUserId)
        .thenApply(
            record ->
                record.map(
                    found -> {
                      var read = new Seen(Room.of(found), found.lastSeq());
                      return known.merge(
                          roomId, read, (one, other) -> one.at() >= other.at() ? one : other);
                    }));
  }

  @Override
  public void appended(
      List<LogEntry> entries, List<InboxEntry> inboxEntries, Map<String, Long> versions) {
    for (var entry : entries) {
      long version = versions.getOrDefault(entry.roomId(), Long.MAX_VALUE);
      known.compute(entry.roomId(), (id, seen) -> next(seen, entry, version));
    }
    if (known.size() > ROOMS_MAX) {
      known.keySet().stream().limit(ROOMS_MAX / 10).toList().forEach(known::remove);
    }
  }

  /**
   * @param version of the room after this entry and some that follow it
   */
  private static @Nullable Seen next(@Nullable Seen seen, LogEntry entry, long version) {
    if (entry.seq() == 1 && entry.event() != null) {
      return new Seen(Room.created(entry.roomId(), entry.event()), 1);
    }
    if (seen == null || entry.seq() <= seen.at()) {
      return seen;
    }
    if (entry.seq() == seen.at() + 1) {
      return seen.after(entry);
    }
    // Other nodes wrote in between, but nothing that changed the room.
    return seen.room().version() == version ? new Seen(seen.room(), entry.seq()) : null;
  }

  @Override
  public void elsewhere(LogEntry entry) {
    known.computeIfPresent(
        entry.roomId(),
        (id, seen) -> {
          if (entry.seq() == seen.at() + 1) {
            return seen.after(entry);
          }
          return entry.event() == null || entry.seq() <= seen.at() ? seen : null;
        });
  }

  @Override
  public void changedElsewhere(String roomId, long version) {
    known.computeIfPresent(roomId, (id, seen) -> seen.at() < version ? null : seen);
  }

  @Override
  public List<String> remembered() {
    return List.copyOf(known.keySet());
  }

  @Override
  public void uncertain(Collection<String> roomIds, Collection<String> deviceIds) {
    roomIds.forEach(known::remove);
  }
}
