package dev.sallyport.gateway.fanout;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.socket.EncodedFrame;
import org.jspecify.annotations.Nullable;

/** One entry of a stream; its frame is made once, for all who receive it. */
final class Item {

  final long seq;
  final @Nullable LogEntry entry;
  private final @Nullable InboxEntry inboxEntry;
  private @Nullable EncodedFrame frame;

  private Item(long seq, @Nullable LogEntry entry, @Nullable InboxEntry inboxEntry) {
    this.seq = seq;
    this.entry = entry;
    this.inboxEntry = inboxEntry;
  }

  static Item of(LogEntry entry) {
    return new Item(entry.seq(), entry, null);
  }

  static Item of(InboxEntry entry) {
    return new Item(entry.seq(), null, entry);
  }

  /** Called by one thread at a time. */
  EncodedFrame frame() {
    var made = frame;
    if (made == null) {
      made =
          EncodedFrame.of(
              entry != null
                  ? Frames.room(entry)
                  : Frames.inbox(java.util.Objects.requireNonNull(inboxEntry)));
      frame = made;
    }
    return made;
  }

  ByteString chain() {
    return entry != null ? entry.chainHash() : ByteString.EMPTY;
  }

  /** Roughly what it holds in memory. */
  int bytes() {
    return 256 + (entry != null && entry.blob() != null ? entry.blob().size() : 0);
  }
}
