package dev.sallyport.client;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.protocol.CaughtUp;
import dev.sallyport.gateway.protocol.RoomEntry;
import java.util.Optional;

/**
 * How far a device has come in one room, and the hash chain up to there: what an application stores
 * with the room, and what makes a rewritten history show.
 *
 * @param seq the last entry that the application has taken in; 0: none
 * @param chainHash the chain after that entry; empty where it is not known, so that the next entry
 *     is believed to follow
 */
public record RoomCursor(long seq, ByteString chainHash) {

  /**
   * From the beginning that is open to the user, whose chain is known if that is the first entry.
   */
  public static RoomCursor beginning() {
    return new RoomCursor(0, ByteString.EMPTY);
  }

  /** After that entry, without its hash. */
  public static RoomCursor after(long seq) {
    return new RoomCursor(seq, ByteString.EMPTY);
  }

  /** What an entry means to who stands here. */
  public sealed interface Step {
    /** It is the next one, and follows. */
    record Next(RoomCursor cursor) implements Step {}

    /** Some are missing before it, which is right only where the user was out meanwhile. */
    record Gap(RoomCursor cursor) implements Step {}

    /** It was there before. */
    record Known() implements Step {}

    /** It does not follow: the history is not the one that this device has seen. */
    record Broken(String reason) implements Step {}
  }

  /** What this entry means. */
  public Step step(RoomEntry entry) {
    if (entry.getSeq() <= seq) {
      return new Step.Known();
    }
    if (!RoomChain.blobHashHolds(entry)) {
      return new Step.Broken("entry " + entry.getSeq() + " brings something else than was hashed");
    }
    var moved = new RoomCursor(entry.getSeq(), entry.getChainHash());
    if (entry.getSeq() > seq + 1) {
      return new Step.Gap(moved);
    }
    var before = seq == 0 ? RoomChain.start(entry.getRoomId()) : chainHash;
    if (!before.isEmpty() && !RoomChain.next(before, entry).equals(entry.getChainHash())) {
      return new Step.Broken("entry " + entry.getSeq() + " does not follow on the entry before it");
    }
    return new Step.Next(moved);
  }

  /** Why this marker cannot be of the history that this device has seen; empty if it can. */
  Optional<String> contradiction(CaughtUp marker) {
    return marker.getSeq() == seq
            && !chainHash.isEmpty()
            && !marker.getChainHash().isEmpty()
            && !marker.getChainHash().equals(chainHash)
        ? Optional.of("the chain after entry " + seq + " is another one now")
        : Optional.empty();
  }
}
