package dev.sallyport.gateway.fanout;

import dev.sallyport.gateway.log.Page;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One room's log, or one inbox, and who follows it. Confined to the thread of its loop. */
final class Stream {

  /**
   * Bridges the moment between the last page of a backlog and live delivery; more is read again.
   */
  private static final int RING_ENTRIES_MAX = 64;

  private static final int RING_BYTES_MAX = 256 << 10;

  /** A decision may depend on the time of day: none is older than this while entries flow. */
  private static final long DECISION_AGE_MILLIS_MAX = 1_000;

  /** Gateways that write one room overtake each other by this much and more. */
  private static final Duration GAP_PATIENCE = Duration.ofMillis(100);

  /** Beyond, they are read with what is missing. */
  private static final int EARLY_ENTRIES_MAX = 64;

  private final StreamKey key;
  private final Loop loop;
  private final ArrayDeque<Item> ring = new ArrayDeque<>();
  private int ringBytes;

  private final Set<Subscription> followers = new LinkedHashSet<>();
  private final Set<Subscription> live = new LinkedHashSet<>();
  private final List<Subscription> waiting = new ArrayList<>();

  /** Null for an inbox, and for a room that is being read. */
  private @Nullable Reading reading;

  private boolean loading;

  /** Of other nodes, and not yet the next. Only rooms have any. */
  private final TreeMap<Long, Item> early = new TreeMap<>();

  private boolean looking;
  private boolean filling;

  /** What had come too early when the log was asked: it answers for these. */
  private long filledTo;

  /** What the log was said to hold, by whoever asked it last. */
  private long head;

  Stream(StreamKey key, Loop loop) {
    this.key = key;
    this.loop = loop;
    load();
  }

  boolean deserted() {
    return followers.isEmpty();
  }

  void join(Subscription subscription) {
    followers.add(subscription);
  }

  void leave(Subscription subscription) {
    followers.remove(subscription);
    live.remove(subscription);
    waiting.remove(subscription);
  }

  /** The next entry of the stream, or one already known, or one after a gap. */
  void publish(Item item) {
    if (!ring.isEmpty() && item.seq <= ring.getLast().seq) {
      return;
    }
    if (item.entry != null && (reading != null || item.elsewhere)) {
      if (reading != null && item.seq <= reading.at()) {
        return;
      }
      if (reading == null || item.seq != reading.at() + 1) {
        early(item);
        return;
      }
    }
    next(item);
    takeEarly();
  }

  private void takeEarly() {
    while (reading != null && !early.isEmpty() && early.firstKey() <= reading.at() + 1) {
      var waiting = early.pollFirstEntry().getValue();
      if (waiting.seq == reading.at() + 1) {
        next(waiting);
      }
    }
    if (!early.isEmpty()) {
      lookForGap();
    }
  }

  private void next(Item item) {
    remember(item);
    if (loading) {
      return;
    }
    if (reading != null && item.entry != null && !reading.follow(item.entry)) {
      load();
      return;
    }
    deliver(item);
  }

  /** Those before it are on their way, or lost. */
  private void early(Item item) {
    early.putIfAbsent(item.seq, item);
    if (early.size() > EARLY_ENTRIES_MAX) {
      early.pollLastEntry();
    }
    lookForGap();
  }

  private void lookForGap() {
    if (!looking && !filling && !loading) {
      looking = true;
      loop.lookForGap(key, GAP_PATIENCE);
    }
  }

  /** The moment is over: what is still missing is read. */
  void fillGap() {
    looking = false;
    if (!early.isEmpty()) {
      fill();
    }
  }

  private void fill() {
    if (key instanceof StreamKey.OfRoom room && reading != null && !filling) {
      filling = true;
      filledTo = early.isEmpty() ? 0 : early.lastKey();
      loop.fill(room, reading.at());
    }
  }

  void fillAgain() {
    filling = false;
    fill();
  }

  /** The entries that the log holds after that one. */
  void filled(long after, Page page) {
    filling = false;
    if (reading == null) {
      return;
    }
    if (!page.entries().isEmpty() && page.entries().getFirst().seq() > after + 1) {
      // They are gone for good: the room is read as it is now, and followers go on behind.
      load();
      return;
    }
    for (var entry : page.entries()) {
      publish(Item.of(entry));
    }
    if (reading == null) {
      return;
    }
    if (!page.end() || head > reading.at()) {
      if (page.entries().isEmpty()) {
        load();
      } else {
        fill();
      }
    } else {
      // Said to be there, and not in the log: then it is not.
      early.headMap(filledTo, true).clear();
      takeEarly();
    }
  }

  /** The log holds an entry of that number. */
  void reached(long seq) {
    head = Math.max(head, seq);
    if (key instanceof StreamKey.OfRoom) {
      if (reading != null && seq > reading.at()) {
        fill();
      }
      return;
    }
    for (var subscription : List.copyOf(live)) {
      // Once for each: what a device holds already is in the inbox no more.
      if (subscription.delivered < seq && subscription.lookedTo < seq) {
        subscription.lookedTo = seq;
        toBacklog(subscription);
      }
    }
  }

  /** Another node tells what the log cannot hold: nothing is believed but the log. */
  private void disbelieve() {
    ring.clear();
    ringBytes = 0;
    early.clear();
    uncertain();
  }

  private void remember(Item item) {
    ring.addLast(item);
    ringBytes += item.bytes();
    while (ring.size() > RING_ENTRIES_MAX || (ringBytes > RING_BYTES_MAX && ring.size() > 1)) {
      ringBytes -= ring.removeFirst().bytes();
    }
  }

  private void deliver(Item item) {
    for (var subscription : List.copyOf(live)) {
      if (!take(subscription, item)) {
        disbelieve();
        return;
      }
    }
  }

  /**
   * Sends it to one follower, if it is theirs.
   *
   * @return false if the item is not to be believed
   */
  private boolean take(Subscription subscription, Item item) {
    if (subscription.over || item.seq <= subscription.delivered) {
      return true;
    }
    if (item.seq != subscription.delivered + 1) {
      toBacklog(subscription);
      return true;
    }
    if (!item.follows(subscription.chain)) {
      return false;
    }
    var refusal = refusal(subscription);
    if (refusal != null) {
      end(subscription, refusal);
      return true;
    }
    if (!subscription.send(item)) {
      loop.dropped(subscription);
      return true;
    }
    if (item.entry != null) {
      var last = Fanout.endOf(item.entry, subscription.caller());
      if (last != null) {
        end(subscription, last);
      }
    }
    return true;
  }

  /** Asks policy again where the answer may have changed. */
  private @Nullable StreamEnd refusal(Subscription subscription) {
    if (reading == null) {
      return null;
    }
    long policyVersion = loop.readings().policyVersion();
    long callerVersion = subscription.caller().version();
    long now = loop.millis();
    if (subscription.roomVersion == reading.version()
        && subscription.policyVersion == policyVersion
        && subscription.callerVersion == callerVersion
        && now - subscription.askedAtMillis < DECISION_AGE_MILLIS_MAX) {
      return null;
    }
    var refusal = reading.ask(subscription.caller());
    subscription.roomVersion = reading.version();
    subscription.policyVersion = policyVersion;
    subscription.callerVersion = callerVersion;
    subscription.askedAtMillis = now;
    return refusal;
  }

  private void end(Subscription subscription, StreamEnd end) {
    subscription.outbox().offer(Frames.ended(key.roomId(), end));
    loop.dropped(subscription);
  }

  private void toBacklog(Subscription subscription) {
    live.remove(subscription);
    subscription.follower.catchUp(subscription);
  }

  /** The backlog of this one was read to its end: live from here on, unless more came since. */
  void handOver(Subscription subscription) {
    if (loading) {
      waiting.add(subscription);
      return;
    }
    for (var item : List.copyOf(ring)) {
      if (item.seq > subscription.delivered + 1) {
        break;
      }
      if (!take(subscription, item)) {
        disbelieve();
        subscription.follower.catchUp(subscription);
        return;
      }
    }
    if (subscription.over) {
      return;
    }
    if (subscription.delivered < newest()) {
      subscription.follower.catchUp(subscription);
      return;
    }
    if (subscription.mark()) {
      live.add(subscription);
    } else {
      loop.dropped(subscription);
    }
  }

  private long newest() {
    long known = reading == null ? 0 : reading.at();
    return ring.isEmpty() ? known : Math.max(known, ring.getLast().seq);
  }

  /** It is not known what was appended: everyone reads again. */
  void uncertain() {
    for (var subscription : List.copyOf(live)) {
      toBacklog(subscription);
    }
    load();
  }

  private void load() {
    if (key instanceof StreamKey.OfRoom(String roomId) && !loading) {
      loading = true;
      reading = null;
      loop.load(roomId);
    }
  }

  /** The room as it was read; what came meanwhile lies in the ring. */
  void loaded(Reading read) {
    loading = false;
    reading = read;
    for (var item : List.copyOf(ring)) {
      if (item.entry == null || item.seq <= read.at()) {
        continue;
      }
      if (!read.follow(item.entry)) {
        load();
        return;
      }
      deliver(item);
      if (reading != read) {
        return;
      }
    }
    takeEarly();
    for (var subscription : List.copyOf(live)) {
      if (subscription.delivered < newest()) {
        toBacklog(subscription);
      }
    }
    var handedOver = List.copyOf(waiting);
    waiting.clear();
    handedOver.forEach(this::handOver);
  }

  /** There is no such room. */
  void gone() {
    loading = false;
    for (var subscription : List.copyOf(followers)) {
      end(subscription, new StreamEnd("not_found", "there is no such room that you may see", ""));
    }
  }
}
