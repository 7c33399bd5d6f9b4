package dev.sallyport.acceptance.history;

import dev.sallyport.acceptance.history.Fact.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A history, sorted for looking things up. The log of each room is what the first gateway showed
 * after everything was healed: all else is held against it.
 */
final class Books {

  Fact.@Nullable Began began;
  Fact.@Nullable Settled settled;
  final Map<String, String> users = new HashMap<>();
  final SequencedMap<Long, Call> calls = new LinkedHashMap<>();

  /** By device and message id, in the order of the attempts. */
  final SequencedMap<String, List<Call>> messages = new LinkedHashMap<>();

  final SequencedMap<String, SocketStory> sockets = new LinkedHashMap<>();
  final List<Fact.Page> pages = new ArrayList<>();
  final List<Fact.State> states = new ArrayList<>();
  final List<Fact.Fault> faults = new ArrayList<>();
  final SequencedMap<String, TreeMap<Long, Entry>> logs = new LinkedHashMap<>();

  /** By room and user. */
  private final Map<String, Map<String, List<Stay>>> stays = new HashMap<>();

  /** One attempt and what became of it. */
  static final class Call {
    final Fact.Called called;
    @Nullable Fact outcome;

    Call(Fact.Called called) {
      this.called = called;
    }

    Fact.@Nullable Accepted accepted() {
      return outcome instanceof Fact.Accepted accepted ? accepted : null;
    }

    boolean refused() {
      return outcome instanceof Fact.Refused;
    }

    String message() {
      return called.device() + "/" + called.deed().messageId();
    }
  }

  /** A socket and what came by it, in order. */
  record SocketStory(Fact.Opened opened, List<Fact> facts) {}

  /**
   * From when to when a user could read a room.
   *
   * @param since the entry by which they were invited, or joined without that
   * @param joined whether they did join
   * @param out the entry by which they were out, the last they may see; or MAX_VALUE
   */
  record Stay(long since, boolean joined, long joinedAt, long out) {}

  Books(Iterable<Fact> history) {
    for (var fact : history) {
      take(fact);
    }
    String first =
        pages.stream().filter(Fact.Page::last).map(Fact.Page::gateway).findFirst().orElse("");
    for (var page : pages) {
      if (page.last() && page.gateway().equals(first)) {
        var log = logs.computeIfAbsent(page.room(), room -> new TreeMap<>());
        page.entries().forEach(entry -> log.putIfAbsent(entry.seq(), entry));
      }
    }
    logs.forEach((room, log) -> stays.put(room, staysOf(log)));
  }

  private void take(Fact fact) {
    switch (fact) {
      case Fact.Began it -> began = it;
      case Fact.Settled it -> settled = it;
      case Fact.Device it -> users.put(it.device(), it.user());
      case Fact.Called it -> {
        var call = new Call(it);
        calls.put(it.call(), call);
        if (it.deed().isMessage()) {
          messages.computeIfAbsent(call.message(), message -> new ArrayList<>()).add(call);
        }
      }
      case Fact.Accepted it -> answered(it.call(), it);
      case Fact.Refused it -> answered(it.call(), it);
      case Fact.Unanswered it -> answered(it.call(), it);
      case Fact.Opened it -> sockets.put(it.socket(), new SocketStory(it, new ArrayList<>()));
      case Fact.Subscribing it -> socket(it.socket(), it);
      case Fact.Delivered it -> socket(it.socket(), it);
      case Fact.Inbox it -> socket(it.socket(), it);
      case Fact.CaughtUp it -> socket(it.socket(), it);
      case Fact.Ended it -> socket(it.socket(), it);
      case Fact.Closed it -> socket(it.socket(), it);
      case Fact.Page it -> pages.add(it);
      case Fact.State it -> states.add(it);
      case Fact.Fault it -> faults.add(it);
      case Fact.Note it -> {}
    }
  }

  private void answered(long id, Fact outcome) {
    var call = calls.get(id);
    if (call == null || call.outcome != null) {
      throw new FactLines.Unreadable("call " + id + " is answered out of turn", null);
    }
    call.outcome = outcome;
  }

  private void socket(String id, Fact fact) {
    var story = sockets.get(id);
    if (story == null) {
      throw new FactLines.Unreadable("socket `" + id + "` was never opened", null);
    }
    story.facts().add(fact);
  }

  private static Map<String, List<Stay>> staysOf(TreeMap<Long, Entry> log) {
    var all = new HashMap<String, List<Stay>>();
    for (var entry : log.values()) {
      var stays = all.computeIfAbsent(entry.subject(), user -> new ArrayList<>());
      Stay last = stays.isEmpty() ? null : stays.getLast();
      boolean open = last != null && last.out() == Long.MAX_VALUE;
      switch (entry.eventType()) {
        case "created" -> stays.add(new Stay(entry.seq(), true, entry.seq(), Long.MAX_VALUE));
        case "invited" -> {
          if (!open) {
            stays.add(new Stay(entry.seq(), false, 0, Long.MAX_VALUE));
          }
        }
        case "joined" -> {
          if (open && last != null) {
            stays.removeLast();
            stays.add(new Stay(last.since(), true, entry.seq(), Long.MAX_VALUE));
          } else {
            stays.add(new Stay(entry.seq(), true, entry.seq(), Long.MAX_VALUE));
          }
        }
        case "left", "kicked", "banned" -> {
          if (open && last != null) {
            stays.removeLast();
            stays.add(new Stay(last.since(), last.joined(), last.joinedAt(), entry.seq()));
          }
        }
        default -> {}
      }
    }
    return all;
  }

  List<Stay> stays(String room, String user) {
    return stays.getOrDefault(room, Map.of()).getOrDefault(user, List.of());
  }

  boolean mayRead(String room, String user, long seq) {
    return stays(room, user).stream()
        .anyMatch(stay -> stay.joined() && stay.since() <= seq && seq <= stay.out());
  }

  /** Whether a message by that user may stand there. */
  boolean mayWrite(String room, String user, long seq) {
    return stays(room, user).stream()
        .anyMatch(stay -> stay.joined() && stay.joinedAt() < seq && seq < stay.out());
  }

  boolean belongsAtTheEnd(String room, String user) {
    return stays(room, user).stream()
        .anyMatch(stay -> stay.joined() && stay.out() == Long.MAX_VALUE);
  }

  @Nullable Entry entry(String room, long seq) {
    var log = logs.get(room);
    return log == null ? null : log.get(seq);
  }

  /** The chain after that entry; 0: before the first. Null where the log has no such entry. */
  @Nullable String chainAt(String room, long seq) {
    if (seq == 0) {
      return HashChain.start(room);
    }
    var entry = entry(room, seq);
    return entry == null ? null : entry.chainHash();
  }
}
