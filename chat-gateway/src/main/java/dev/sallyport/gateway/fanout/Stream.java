package dev.sallyport.gateway.fanout;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
    remember(item);
    if (loading) {
      return;
    }
    if (reading != null && item.entry != null) {
      if (item.seq <= reading.at()) {
        return;
      }
      if (!reading.follow(item.entry)) {
        load();
        return;
      }
    }
    deliver(item);
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
      take(subscription, item);
    }
  }

  private void take(Subscription subscription, Item item) {
    if (subscription.over || item.seq <= subscription.delivered) {
      return;
    }
    if (item.seq != subscription.delivered + 1) {
      toBacklog(subscription);
      return;
    }
    var refusal = refusal(subscription);
    if (refusal != null) {
      end(subscription, refusal);
      return;
    }
    if (!subscription.send(item)) {
      loop.dropped(subscription);
      return;
    }
    if (item.entry != null) {
      var last = Fanout.endOf(item.entry, subscription.caller());
      if (last != null) {
        end(subscription, last);
      }
    }
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
      take(subscription, item);
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
    }
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
