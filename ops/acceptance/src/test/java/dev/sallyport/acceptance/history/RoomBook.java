package dev.sallyport.acceptance.history;

import dev.sallyport.acceptance.history.Fact.Entry;
import dev.sallyport.acceptance.history.Fact.Leaf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the simulated devices know of a room, all of them together, by whatever came to any of them:
 * enough to say what is sensible to send next. It judges nothing.
 */
final class RoomBook {

  final String id;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final Map<Long, Entry> ahead = new HashMap<>();
  private long seq;
  private long epoch;
  private String group;
  private final Map<String, String> leaves = new LinkedHashMap<>();
  private final Set<String> outgoing = new LinkedHashSet<>();
  private final Set<String> joined = new LinkedHashSet<>();
  private final Set<String> banned = new LinkedHashSet<>();
  private final Set<String> out = new LinkedHashSet<>();
  private final List<Long> messages = new ArrayList<>();

  RoomBook(String id) {
    this.id = id;
    this.group = id;
  }

  /** What is known at one moment. */
  record View(
      long seq,
      long epoch,
      String group,
      Map<String, String> leaves,
      Set<String> outgoing,
      Set<String> joined,
      Set<String> banned,
      Set<String> out,
      List<Long> messages) {

    List<Leaf> removals() {
      return outgoing.stream()
          .map(device -> new Leaf(leaves.getOrDefault(device, ""), device))
          .toList();
    }
  }

  View view() {
    lock.lock();
    try {
      return new View(
          seq,
          epoch,
          group,
          Map.copyOf(leaves),
          Set.copyOf(outgoing),
          Set.copyOf(joined),
          Set.copyOf(banned),
          Set.copyOf(out),
          List.copyOf(messages));
    } finally {
      lock.unlock();
    }
  }

  void take(Entry entry) {
    lock.lock();
    try {
      if (entry.seq() <= seq) {
        return;
      }
      ahead.putIfAbsent(entry.seq(), entry);
      for (var next = ahead.remove(seq + 1); next != null; next = ahead.remove(seq + 1)) {
        seq = next.seq();
        apply(next);
      }
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until that epoch, or another group, is there; not for long. */
  void awaitEpoch(long wanted, String inGroup) throws InterruptedException {
    long nanos = TimeUnit.SECONDS.toNanos(2);
    lock.lock();
    try {
      while (epoch < wanted && group.equals(inGroup) && nanos > 0) {
        nanos = moved.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private void apply(Entry entry) {
    if (entry.kind() == Entry.APPLICATION) {
      messages.add(entry.seq());
    } else if (entry.kind() == Entry.COMMIT) {
      epoch = entry.epoch() + 1;
      entry
          .removes()
          .forEach(
              leaf -> {
                leaves.remove(leaf.device());
                outgoing.remove(leaf.device());
              });
      entry.adds().forEach(leaf -> leaves.put(leaf.device(), leaf.user()));
    }
    var subject = entry.subject();
    switch (entry.eventType()) {
      case "created" -> {
        joined.add(subject);
        leaves.put(entry.device(), entry.user());
      }
      case "joined" -> {
        joined.add(subject);
        out.remove(subject);
      }
      case "left", "kicked", "banned" -> {
        joined.remove(subject);
        out.add(subject);
        if (entry.eventType().equals("banned")) {
          banned.add(subject);
        }
        leaves.forEach(
            (device, user) -> {
              if (user.equals(subject)) {
                outgoing.add(device);
              }
            });
      }
      case "unbanned" -> banned.remove(subject);
      case "device_removed" -> {
        if (leaves.containsKey(entry.eventDevice())) {
          outgoing.add(entry.eventDevice());
        }
      }
      case "group_reset" -> {
        group = entry.event().get(6);
        epoch = 0;
        leaves.clear();
        outgoing.clear();
        leaves.put(entry.device(), entry.user());
      }
      default -> {}
    }
  }
}
