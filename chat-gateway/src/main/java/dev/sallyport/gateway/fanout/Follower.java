package dev.sallyport.gateway.fanout;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.InboxPage;
import dev.sallyport.gateway.log.Page;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.socket.Outbox;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open socket, as the fan-out sees it: its subscriptions, and the pump that reads their
 * backlogs one page at a time, in turn, as fast as the socket takes them. So a socket holds one
 * page in memory, however much it has missed. Thread-safe.
 */
public final class Follower {

  private static final Logger LOG = LoggerFactory.getLogger(Follower.class);

  /** A client that follows more is better served by several sockets. */
  public static final int SUBSCRIPTIONS_MAX = 1_000;

  private static final Duration READ_AGAIN = Duration.ofMillis(500);

  private final Caller caller;
  private final Outbox outbox;
  private final Fanout fanout;
  private final Map<StreamKey, Subscription> subscriptions = new ConcurrentHashMap<>();
  private final Queue<Subscription> behind = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean pumping = new AtomicBoolean();
  private volatile boolean closed;

  Follower(Caller caller, Outbox outbox, Fanout fanout) {
    this.caller = caller;
    this.outbox = outbox;
    this.fanout = fanout;
  }

  Caller caller() {
    return caller;
  }

  Outbox outbox() {
    return outbox;
  }

  /** Whether this stream is followed already. */
  public boolean follows(StreamKey stream) {
    return subscriptions.containsKey(stream);
  }

  public int subscriptions() {
    return subscriptions.size();
  }

  /**
   * Starts delivery after that entry: backlog, marker, live. The caller was found to be a member at
   * some entry not before it. A stream that is followed already goes on as it is.
   *
   * @param complete whether the marker may say that nothing was withheld
   */
  public void follow(StreamKey stream, long after, boolean complete) {
    var subscription = new Subscription(stream, this, after, complete);
    if (closed || subscriptions.putIfAbsent(stream, subscription) != null) {
      return;
    }
    fanout.loop(stream).join(subscription);
    if (closed) {
      drop(subscription);
      return;
    }
    catchUp(subscription);
  }

  void forget(Subscription subscription) {
    subscriptions.remove(subscription.stream, subscription);
  }

  /** Puts it in line for its next page. */
  void catchUp(Subscription subscription) {
    behind.add(subscription);
    pump();
  }

  private void pump() {
    if (!closed && !behind.isEmpty() && pumping.compareAndSet(false, true)) {
      outbox.whenWritable(this::nextPage);
    }
  }

  private void nextPage() {
    var subscription = behind.poll();
    if (subscription == null || subscription.over || closed) {
      paused();
      return;
    }
    var asked =
        subscription.stream instanceof StreamKey.OfRoom(String roomId)
            ? fanout.readings().ask(caller, roomId)
            : CompletableFuture.completedFuture(Optional.<StreamEnd>empty());
    var _ =
        asked
            .thenCompose(
                refusal ->
                    refusal.isPresent()
                        ? CompletableFuture.completedFuture(Turn.over(refusal.get()))
                        : read(subscription))
            .whenComplete(
                (turn, failure) -> {
                  try {
                    if (failure != null) {
                      fanout.later(READ_AGAIN, () -> catchUp(subscription));
                    } else {
                      deliver(subscription, turn);
                    }
                  } catch (RuntimeException e) {
                    LOG.error("a backlog could not be delivered", e);
                    drop(subscription);
                  } finally {
                    paused();
                  }
                });
  }

  private void paused() {
    pumping.set(false);
    if (!behind.isEmpty()) {
      // Not from within: a thousand rooms whose turn ends at once must not pile up on one stack.
      fanout.later(Duration.ZERO, this::pump);
    }
  }

  /** What one read gave: entries and whether more follow, or the end. */
  private record Turn(
      List<Item> items,
      boolean last,
      boolean complete,
      ByteString chain,
      List<Content.Leaf> removals,
      @Nullable StreamEnd end) {

    static Turn over(StreamEnd end) {
      return new Turn(List.of(), true, true, ByteString.EMPTY, List.of(), end);
    }

    static Turn of(Page page) {
      return new Turn(
          page.entries().stream().map(Item::of).toList(),
          page.end(),
          page.complete(),
          page.chainBefore(),
          page.removals(),
          null);
    }

    static Turn of(InboxPage page) {
      return new Turn(
          page.entries().stream().map(Item::of).toList(),
          page.end(),
          page.complete(),
          ByteString.EMPTY,
          List.of(),
          null);
    }
  }

  private CompletableFuture<Turn> read(Subscription subscription) {
    return switch (subscription.stream) {
      case StreamKey.OfRoom(String roomId) ->
          fanout
              .log()
              .read(roomId, subscription.delivered, RoomLog.PAGE_ENTRIES_MAX)
              .thenApply(Turn::of);
      case StreamKey.OfInbox(String deviceId) ->
          fanout
              .log()
              .readInbox(deviceId, subscription.delivered, RoomLog.PAGE_ENTRIES_MAX)
              .thenApply(Turn::of);
    };
  }

  private void deliver(Subscription subscription, Turn turn) {
    if (subscription.over || closed) {
      return;
    }
    if (turn.end() != null) {
      end(subscription, turn.end());
      return;
    }
    if (turn.items().isEmpty()) {
      subscription.chain = turn.chain();
    }
    subscription.complete &= turn.complete();
    subscription.removals = turn.removals();
    for (var item : turn.items()) {
      if (!subscription.send(item)) {
        drop(subscription);
        return;
      }
      var last = item.entry == null ? null : Fanout.endOf(item.entry, caller);
      if (last != null) {
        end(subscription, last);
        return;
      }
    }
    if (turn.last()) {
      fanout.loop(subscription.stream).handOver(subscription);
    } else {
      behind.add(subscription);
    }
  }

  private void end(Subscription subscription, StreamEnd end) {
    outbox.offer(Frames.ended(subscription.stream.roomId(), end));
    drop(subscription);
  }

  private void drop(Subscription subscription) {
    subscription.over = true;
    forget(subscription);
    fanout.loop(subscription.stream).leave(subscription);
  }

  /** Nothing is delivered any more. */
  public void close() {
    closed = true;
    for (var subscription : List.copyOf(subscriptions.values())) {
      drop(subscription);
    }
    behind.clear();
  }
}
