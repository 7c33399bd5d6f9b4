package dev.sallyport.gateway.log;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a room's log.
 *
 * @param seq counts from 1 in each room, without gaps
 * @param acceptedAtMillis since the Unix epoch; never decreases within a room
 * @param epoch the epoch that the message names; 0 for events
 * @param blob null for events and where it was erased
 * @param event null but for events
 * @param declaration null but for Commits
 * @param blobHash 32 bytes, see {@link Chain}
 * @param chainHash the chain after this entry: 32 bytes
 */
public record LogEntry(
    String roomId,
    long seq,
    EntryKind kind,
    Append.Author author,
    long acceptedAtMillis,
    long epoch,
    @Nullable ByteString blob,
    @Nullable RoomEvent event,
    Content.@Nullable Declaration declaration,
    ByteString blobHash,
    ByteString chainHash) {

  /** Whether its message was erased. */
  boolean tombstone() {
    return event == null && blob == null;
  }

  @Override
  public String toString() {
    return "LogEntry[" + roomId + "#" + seq + " " + kind + "]";
  }
}
