package dev.sallyport.acceptance.history;

import dev.sallyport.acceptance.history.Books.Stay;
import java.util.List;
import java.util.TreeMap;

/**
 * Where in a room's log a moment lies: after all that had been acknowledged by then, before all
 * that was not yet sent. So a change that was acknowledged can be held against the log though its
 * answer names no entry; one that was made before already is acknowledged as well.
 */
final class Windows {

  /** By time, the newest entry acknowledged until then. */
  private final TreeMap<Long, Long> acknowledged = new TreeMap<>();

  /** By time, the oldest of the entries that were first sent then or later. */
  private final TreeMap<Long, Long> sentLater = new TreeMap<>();

  private final long end;

  /** From an entry to an entry, both included. */
  record Window(long from, long to) {

    /** Whether there was a moment in which such a change had been made. */
    boolean holds(String kind, List<Stay> stays) {
      return switch (kind) {
        case "invite" -> stays.stream().anyMatch(stay -> meets(stay.since(), stay.out()));
        case "join" ->
            stays.stream().anyMatch(stay -> stay.joined() && meets(stay.joinedAt(), stay.out()));
        case "leave", "kick", "ban" -> {
          long inside = from;
          for (var stay : stays) {
            // from one stay to the next without a moment between: still inside
            if (stay.since() <= inside && inside < stay.out()) {
              inside = stay.out();
            }
          }
          yield inside <= to;
        }
        default -> true;
      };
    }

    private boolean meets(long since, long out) {
      return since <= to && from < out;
    }
  }

  Windows(Books books, String room) {
    for (var attempts : books.messages.values()) {
      var called = attempts.getFirst().called;
      if (!called.deed().room().equals(room)) {
        continue;
      }
      for (var call : attempts) {
        var accepted = call.accepted();
        if (accepted != null) {
          acknowledged.merge(accepted.at(), accepted.seq(), Math::max);
          sentLater.merge(called.at(), accepted.seq(), Math::min);
        }
      }
    }
    long most = 0;
    for (var entry : acknowledged.entrySet()) {
      most = Math.max(most, entry.getValue());
      entry.setValue(most);
    }
    var log = books.logs.get(room);
    end = log == null || log.isEmpty() ? 0 : log.lastKey();
    long least = end + 1;
    for (var entry : sentLater.descendingMap().entrySet()) {
      least = Math.min(least, entry.getValue());
      entry.setValue(least);
    }
  }

  Window of(long calledAt, long answeredAt) {
    var before = acknowledged.lowerEntry(calledAt);
    var after = sentLater.higherEntry(answeredAt);
    return new Window(
        before == null ? 0 : before.getValue(), after == null ? end : after.getValue() - 1);
  }
}
