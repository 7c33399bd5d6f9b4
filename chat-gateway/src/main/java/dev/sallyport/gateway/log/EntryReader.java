package dev.sallyport.gateway.log;

import com.google.protobuf.CodedInputStream;
import dev.sallyport.gateway.protocol.RoomEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Reads an entry as the socket contract writes it, where another gateway has sent it. */
public final class EntryReader {

  private static final int HASH_BYTES = 32;

  /** A RoomEntry, its declaration, the leaves there. */
  private static final int NESTING_MAX = 4;

  private EntryReader() {}

  /**
   * The entry; empty if it is none of that room. Whether it belongs where it says is for its chain
   * to tell.
   */
  public static Optional<LogEntry> read(String roomId, ByteBuffer bytes) {
    try {
      var in = CodedInputStream.newInstance(bytes);
      in.setRecursionLimit(NESTING_MAX);
      var entry = RoomEntry.parseFrom(in);
      in.checkLastTagWas(0);
      return read(roomId, entry);
    } catch (IOException | IllegalStateException e) {
      return Optional.empty();
    }
  }

  private static Optional<LogEntry> read(String roomId, RoomEntry entry) {
    var kind = EntryKind.ofNumber(entry.getKindValue());
    boolean event = kind == EntryKind.EVENT;
    if (!entry.getRoomId().equals(roomId)
        || entry.getSeq() < 1
        || entry.getBlobHash().size() != HASH_BYTES
        || entry.getChainHash().size() != HASH_BYTES
        || entry.hasEvent() != event
        || entry.hasCommit() != (kind == EntryKind.COMMIT)
        || entry.getMlsMessage().isEmpty() != event) {
      return Optional.empty();
    }
    return Optional.of(
        new LogEntry(
            roomId,
            entry.getSeq(),
            kind,
            new Append.Author(
                entry.getSenderUserId(), entry.getSenderDeviceId(), entry.getClientMessageId()),
            entry.getAcceptedAtMs(),
            entry.getEpoch(),
            event ? null : entry.getMlsMessage(),
            event ? Rows.event(entry.getEvent()) : null,
            entry.hasCommit() ? Rows.declaration(entry.getCommit()) : null,
            entry.getBlobHash(),
            entry.getChainHash()));
  }
}
