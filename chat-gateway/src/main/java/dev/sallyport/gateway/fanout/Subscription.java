package dev.sallyport.gateway.fanout;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.socket.Outbox;
import java.util.List;

/**
 * One follower's place in one stream. Owned by either its follower's pump (backlog) or the stream's
 * thread (live), never both: it is handed over through the stream's queue.
 */
final class Subscription {

  final StreamKey stream;
  final Follower follower;

  /** The last entry delivered. */
  long delivered;

  /** The chain after it, for the marker. */
  ByteString chain = ByteString.EMPTY;

  /** Up to where the log was asked because a head said so. */
  long lookedTo;

  boolean complete;
  boolean marked;

  /** What a Commit has to remove, for the marker. */
  List<Content.Leaf> removals = List.of();

  // When policy was last asked, and about which state of the world.
  long askedAtMillis = Long.MIN_VALUE;
  long roomVersion = -1;
  long policyVersion = -1;
  long callerVersion = -1;

  /** Set once, by its owner; read by anyone. */
  volatile boolean over;

  Subscription(StreamKey stream, Follower follower, long after, boolean complete) {
    this.stream = stream;
    this.follower = follower;
    this.delivered = after;
    this.complete = complete;
  }

  Caller caller() {
    return follower.caller();
  }

  Outbox outbox() {
    return follower.outbox();
  }

  /** Sends one entry, which must be the next; false if the socket takes no more. */
  boolean send(Item item) {
    if (!outbox().offer(item.frame())) {
      return false;
    }
    delivered = item.seq;
    chain = item.chain();
    return true;
  }

  /** Says, once, that the backlog is delivered. */
  boolean mark() {
    if (marked) {
      return true;
    }
    marked = true;
    return outbox().offer(Frames.caughtUp(stream, delivered, chain, complete, removals));
  }
}
