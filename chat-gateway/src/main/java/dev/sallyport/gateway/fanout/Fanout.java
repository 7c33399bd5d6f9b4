package dev.sallyport.gateway.fanout;

import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.LogListener;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.socket.Outbox;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * How a follower gets every entry once.
 *
 * A subscription is first put into its stream, then reads its backlog from the log, page by page, and
 * is handed over to the stream's thread when a page ends at the end of the log. Both go through the
 * one queue of the stream's loop, as does every entry after its commit. So an entry that the last page
 * did not hold was committed after that page was read, is therefore published after the subscription
 * joined, and waits in the stream's ring; what the page did hold is recognized by its number and not
 * sent again. Where the ring no longer holds what is missing, the subscription goes back and reads
 * another page: a slow hand-over costs a read, never memory and never a gap.
 *
 * Live, an entry is sent exactly if it is the next one after the last sent. Anything else sends the
 * subscription back to the backlog. That also covers entries this node did not see committed, by a
 * commit whose answer was lost.
 *
 * Entries of other nodes come late, doubled, out of order or not at all. A room's stream puts them
 * in order: one that comes too early waits for a moment, then what is missing is read from the log,
 * once for all followers. What a stream misses at its end it is told by {@code reached}. Such an
 * entry is believed by nobody but its hash: where it does not chain to the last one that a follower
 * was sent, the stream forgets what it holds and reads the log.
 *
 * A follower is served in the order of the log, so they meet the entry by which they are kicked before
 * anything that follows it, and the subscription ends with it, in the backlog as well as live.
 * Membership at the start is settled by the relay: it saw the caller joined at an entry not before the
 * cursor, so a kick that it did not see lies ahead in the log. Policy (message.read) is asked for each
 * page, and live whenever room, policy or claims changed, and at least once a second of traffic.
 */

/** From the log to the sockets that follow it. Thread-safe, never blocks but for the log. */
public final class Fanout implements LogListener, AutoCloseable {

  /**
   * One share of the streams for each: two keep two cores busy, and a hot room from stopping all.
   */
  private static final int LOOPS = 2;

  private static final Map<RoomEvent.Type, String> ENDING =
      Map.of(
          RoomEvent.Type.LEFT, "left",
          RoomEvent.Type.KICKED, "kicked",
          RoomEvent.Type.BANNED, "banned");

  private final RoomLog log;
  private final Readings readings;
  private final List<Loop> loops;
  private volatile Nodes nodes = Nodes.NONE;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("fanout-later").daemon().factory());

  public Fanout(RoomLog log, Readings readings, InstantSource clock) {
    this.log = log;
    this.readings = readings;
    this.loops =
        IntStream.range(0, LOOPS)
            .mapToObj(number -> new Loop(number, log, readings, clock, this::later, this::nodes))
            .toList();
  }

  /** Serves a socket from now on, until it is closed. */
  public Follower open(Caller caller, Outbox outbox) {
    return new Follower(caller, outbox, this);
  }

  @Override
  public void appended(
      List<LogEntry> entries, List<InboxEntry> inboxEntries, Map<String, Long> versions) {
    for (var entry : entries) {
      var key = new StreamKey.OfRoom(entry.roomId());
      loop(key).publish(key, Item.of(entry));
    }
    for (var entry : inboxEntries) {
      var key = new StreamKey.OfInbox(entry.deviceId());
      loop(key).publish(key, Item.of(entry));
    }
  }

  @Override
  public void uncertain(Collection<String> roomIds, Collection<String> deviceIds) {
    roomIds.stream().map(StreamKey.OfRoom::new).forEach(key -> loop(key).uncertain(key));
    deviceIds.stream().map(StreamKey.OfInbox::new).forEach(key -> loop(key).uncertain(key));
  }

  @Override
  public void elsewhere(LogEntry entry) {
    var key = new StreamKey.OfRoom(entry.roomId());
    loop(key).publish(key, Item.elsewhere(entry));
  }

  /** The stream's log has an entry of that number: followers who were not sent it are behind. */
  public void reached(StreamKey key, long seq) {
    loop(key).reached(key, seq);
  }

  /** Tells these nodes from now on which streams are followed here. */
  public void across(Nodes nodes) {
    this.nodes = nodes;
    loops.forEach(loop -> loop.followedBy(nodes));
  }

  Nodes nodes() {
    return nodes;
  }

  /** Whether this entry is the last that this caller may have. */
  static @Nullable StreamEnd endOf(LogEntry entry, Caller caller) {
    var event = entry.event();
    if (event == null || !event.subject().equals(caller.userId())) {
      return null;
    }
    var code = ENDING.get(event.type());
    return code == null ? null : new StreamEnd(code, "you are no longer in this room", "");
  }

  Loop loop(StreamKey key) {
    return loops.get(Math.floorMod(key.hashCode(), loops.size()));
  }

  RoomLog log() {
    return log;
  }

  Readings readings() {
    return readings;
  }

  void later(Duration delay, Runnable task) {
    try {
      var _ = timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // Closed: there is nobody left to serve.
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    loops.forEach(Loop::close);
  }
}
