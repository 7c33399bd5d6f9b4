package dev.sallyport.gateway.fanout;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.Chain;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.socket.EncodedFrame;
import org.jspecify.annotations.Nullable;

/** One entry of a stream; its frame is made once, for all who receive it. */
final class Item {

  final long seq;
  final @Nullable LogEntry entry;

  /** Whether another node says so. */
  final boolean elsewhere;

  private final @Nullable InboxEntry inboxEntry;
  private @Nullable EncodedFrame frame;

  // The last chain that was asked about, and the answer: all who are live are at the same.
  private @Nullable ByteString before;
  private boolean follows;

  private Item(
      long seq, @Nullable LogEntry entry, @Nullable InboxEntry inboxEntry, boolean elsewhere) {
    this.seq = seq;
    this.entry = entry;
    this.inboxEntry = inboxEntry;
    this.elsewhere = elsewhere;
  }

  static Item of(LogEntry entry) {
    return new Item(entry.seq(), entry, null, false);
  }

  static Item of(InboxEntry entry) {
    return new Item(entry.seq(), null, entry, false);
  }

  static Item elsewhere(LogEntry entry) {
    return new Item(entry.seq(), entry, null, true);
  }

  /**
   * Whether it may be sent to who was last sent the entry with that chain: what this node committed
   * or read may, what another tells only if its hash says so. Called by one thread at a time.
   */
  boolean follows(ByteString chain) {
    if (!elsewhere || entry == null) {
      return true;
    }
    if (!chain.equals(before)) {
      before = chain;
      follows = Chain.verifies(chain, entry);
    }
    return follows;
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
