package dev.sallyport.acceptance.history;

import dev.sallyport.acceptance.history.Books.Call;
import dev.sallyport.acceptance.history.Books.SocketStory;
import dev.sallyport.acceptance.history.Fact.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Judges a history: pure, from the facts alone. Each check stands for itself, so that one fault may
 * break several; what is planted is found by whichever sees it.
 */
public final class Checker {

  private static final Map<String, String> EVENT_OF =
      Map.of(
          "create", "created",
          "invite", "invited",
          "join", "joined",
          "leave", "left",
          "kick", "kicked",
          "ban", "banned",
          "unban", "unbanned",
          "reset", "group_reset",
          "redact", "redacted");

  private static final List<String> DURABILITIES = List.of("memory", "process", "fsync", "quorum");

  /** As the relay has it: more than so many leaves go by several Commits. */
  private static final int REMOVES_PER_COMMIT_MAX = 256;

  private final Books books;

  private Checker(Books books) {
    this.books = books;
  }

  /** All verdicts on that history, in an order for people. */
  public static List<Verdict> check(Iterable<Fact> history) {
    var checker = new Checker(new Books(history));
    return List.of(
        checker.whole(),
        checker.served(),
        checker.lost(),
        checker.twice(),
        checker.order(),
        checker.epochs(),
        checker.removed(),
        checker.pending(),
        checker.chain(),
        checker.retries(),
        checker.gaps(),
        checker.asked(),
        checker.inbox(),
        checker.durable(),
        checker.settled());
  }

  // ------------------------------------------------------------------ is there enough to judge?

  private Verdict whole() {
    var verdict = new Verdict.Open("whole", "the history tells everything to its end");
    var began = books.began;
    verdict.holds(began != null, () -> "no line says how it began");
    verdict.holds(
        began == null || began.version() == FactLines.VERSION, () -> "it is of another version");
    verdict.holds(books.settled != null, () -> "it breaks off before everything was healed");
    for (var call : books.calls.values()) {
      verdict.holds(
          call.outcome != null,
          () -> "nothing is said of call " + call.called.call() + " any more");
    }
    var rooms = new TreeSet<>(books.logs.keySet());
    books.calls.values().stream()
        .filter(call -> call.accepted() != null && call.called.deed().isMessage())
        .forEach(call -> rooms.add(call.called.deed().room()));
    for (var room : rooms) {
      for (var gateway : began == null ? List.<String>of() : began.gateways()) {
        verdict.holds(
            readToTheEnd(room, gateway), () -> "`%s` was not read at %s".formatted(room, gateway));
        verdict.holds(
            books.states.stream()
                .anyMatch(it -> it.room().equals(room) && it.gateway().equals(gateway)),
            () -> "the state of `%s` was not read at %s".formatted(room, gateway));
      }
    }
    return verdict.done();
  }

  private boolean readToTheEnd(String room, String gateway) {
    long next = 0;
    boolean end = false;
    for (var page : books.pages) {
      if (page.last() && page.room().equals(room) && page.gateway().equals(gateway)) {
        if (page.afterSeq() != next) {
          return false;
        }
        next = page.entries().isEmpty() ? next : page.entries().getLast().seq();
        end = page.end();
      }
    }
    return end && next > 0;
  }

  /** A relay that refuses everything keeps every other promise. */
  private Verdict served() {
    var verdict =
        new Verdict.Open("served", "most of what members sent was taken, at each gateway");
    long taken = 0;
    var byGateway = new HashSet<String>();
    for (var attempts : books.messages.values()) {
      verdict.examined();
      for (var call : attempts) {
        if (call.accepted() != null) {
          byGateway.add(call.called.gateway());
        }
      }
      taken += attempts.stream().anyMatch(call -> call.accepted() != null) ? 1 : 0;
    }
    if (taken * 2 < books.messages.size()) {
      verdict.broken("of %d messages %d were taken".formatted(books.messages.size(), taken));
    }
    for (var gateway : books.began == null ? List.<String>of() : books.began.gateways()) {
      verdict.holds(byGateway.contains(gateway), () -> gateway + " took nothing");
    }
    return verdict.done();
  }

  // ------------------------------------------------------------------ what was said to be there

  private Verdict lost() {
    var verdict =
        new Verdict.Open("lost", "what was acknowledged, or shown to anyone, is in the log");
    var present = new HashSet<String>();
    for (var log : books.logs.values()) {
      for (var entry : log.values()) {
        if (entry.isEvent()) {
          present.add(change(entry));
        }
      }
    }
    var windows = new HashMap<String, Windows>();
    for (var call : books.calls.values()) {
      var accepted = call.accepted();
      var deed = call.called.deed();
      if (accepted == null) {
        continue;
      }
      if (deed.isMessage()) {
        var entry = books.entry(deed.room(), accepted.seq());
        verdict.holds(
            entry != null
                && entry.messageId().equals(deed.messageId())
                && entry.device().equals(call.called.device())
                && entry.blobHash().equals(deed.blobHash()),
            () ->
                "acknowledged at %d in `%s`, where %s"
                    .formatted(accepted.seq(), deed.room(), brief(entry)));
      } else if (EVENT_OF.containsKey(deed.kind())) {
        verdict.holds(
            present.contains(change(call.called)),
            () -> "acknowledged and not in the log: " + change(call.called));
        var window =
            windows
                .computeIfAbsent(deed.room(), room -> new Windows(books, room))
                .of(call.called.at(), accepted.at());
        verdict.holds(
            window.holds(deed.kind(), books.stays(deed.room(), deed.subject())),
            () ->
                "acknowledged, and not so from %d to %d: %s"
                    .formatted(window.from(), window.to(), change(call.called)));
      }
    }
    observed(
        (entry, where) ->
            verdict.holds(
                books.entry(entry.room(), entry.seq()) != null,
                () -> "%s showed %s, which is gone".formatted(where, entry.brief())));
    return verdict.done();
  }

  private static String change(Fact.Called called) {
    var deed = called.deed();
    var type = EVENT_OF.getOrDefault(deed.kind(), "");
    var room = deed.kind().equals("create") ? "" : deed.room();
    return switch (type) {
      case "redacted" -> "%s %d in %s by %s".formatted(type, deed.seq(), room, called.user());
      case "group_reset", "created" -> "%s in %s by %s".formatted(type, room, called.user());
      default -> "%s %s in %s by %s".formatted(type, deed.subject(), room, called.user());
    };
  }

  private static String change(Entry entry) {
    var type = entry.eventType();
    return switch (type) {
      case "redacted" ->
          "%s %s in %s by %s"
              .formatted(
                  type, entry.event().get(HashChain.REDACTED_SEQ), entry.room(), entry.user());
      case "group_reset" -> "%s in %s by %s".formatted(type, entry.room(), entry.user());
      case "created" -> "%s in %s by %s".formatted(type, "", entry.user());
      default -> "%s %s in %s by %s".formatted(type, entry.subject(), entry.room(), entry.user());
    };
  }

  private static String brief(@Nullable Entry entry) {
    return entry == null ? "nothing is" : "there is " + entry.brief();
  }

  private interface Observer {
    void saw(Entry entry, String where);
  }

  /** Every entry that anyone was shown, wherever. */
  private void observed(Observer observer) {
    for (var story : books.sockets.values()) {
      for (var fact : story.facts()) {
        if (fact instanceof Fact.Delivered delivered) {
          observer.saw(delivered.entry(), "socket " + delivered.socket());
        }
      }
    }
    for (var page : books.pages) {
      page.entries().forEach(entry -> observer.saw(entry, "a page of " + page.gateway()));
    }
    for (var call : books.calls.values()) {
      if (call.outcome instanceof Fact.Refused refused) {
        refused.winner().forEach(entry -> observer.saw(entry, "call " + refused.call()));
      }
    }
  }

  private Verdict twice() {
    var verdict = new Verdict.Open("twice", "no message is stored twice, or delivered twice");
    var ids = new HashMap<String, Entry>();
    var blobs = new HashMap<String, Entry>();
    for (var log : books.logs.values()) {
      for (var entry : log.values()) {
        if (!entry.messageId().isEmpty()) {
          once(verdict, ids, entry.device() + "/" + entry.messageId(), entry);
          // whoever sends never sends the same bytes under two ids
          once(verdict, blobs, entry.blobHash(), entry);
        }
      }
    }
    for (var story : books.sockets.values()) {
      var seen = new HashSet<String>();
      for (var fact : story.facts()) {
        if (fact instanceof Fact.Delivered delivered) {
          var entry = delivered.entry();
          verdict.holds(
              seen.add(entry.room() + entry.seq()),
              () -> "socket %s got %s twice".formatted(delivered.socket(), entry.brief()));
        } else if (fact instanceof Fact.Ended ended) {
          // who follows anew may begin at an older entry
          seen.removeIf(key -> key.startsWith(ended.room()));
        }
      }
    }
    return verdict.done();
  }

  private static void once(Verdict.Open verdict, Map<String, Entry> seen, String key, Entry entry) {
    var other = seen.putIfAbsent(key, entry);
    verdict.holds(
        other == null,
        () ->
            "%s in `%s` is %s in `%s` again"
                .formatted(
                    other == null ? "" : other.brief(),
                    other == null ? "" : other.room(),
                    entry.brief(),
                    entry.room()));
  }

  // ------------------------------------------------------------------ one order

  private Verdict order() {
    var verdict = new Verdict.Open("order", "each room has one order, for everyone and in time");
    books.logs.forEach(
        (room, log) -> {
          long expected = 1;
          long time = 0;
          for (var entry : log.values()) {
            long want = expected;
            verdict.holds(
                entry.seq() == want,
                () -> "`%s` goes from %d to %d".formatted(room, want - 1, entry.seq()));
            long before = time;
            verdict.holds(
                entry.acceptedAtMs() >= before,
                () -> "in `%s` time goes backwards at %s".formatted(room, entry.brief()));
            expected = entry.seq() + 1;
            time = entry.acceptedAtMs();
          }
        });
    observed(
        (entry, where) -> {
          var known = books.entry(entry.room(), entry.seq());
          verdict.holds(
              known == null || known.sameAs(entry),
              () -> "%s showed %s, but %s".formatted(where, entry.brief(), brief(known)));
        });
    for (var call : books.calls.values()) {
      var accepted = call.accepted();
      if (accepted != null && call.called.deed().isMessage()) {
        var known = books.entry(call.called.deed().room(), accepted.seq());
        verdict.holds(
            known == null
                || (known.messageId().equals(call.called.deed().messageId())
                    && known.acceptedAtMs() == accepted.acceptedAtMs()),
            () -> "acknowledged as %d, where %s".formatted(accepted.seq(), brief(known)));
      }
    }
    inTime(verdict);
    return verdict.done();
  }

  /** What was sent after something was acknowledged comes after it. */
  private void inTime(Verdict.Open verdict) {
    record Moment(long at, boolean acknowledged, long seq, String message) {}
    var byRoom = new HashMap<String, List<Moment>>();
    for (var attempts : books.messages.values()) {
      var first = attempts.getFirst().called;
      long acknowledgedAt = Long.MAX_VALUE;
      long seq = 0;
      for (var call : attempts) {
        var accepted = call.accepted();
        if (accepted != null && accepted.at() < acknowledgedAt) {
          acknowledgedAt = accepted.at();
          seq = accepted.seq();
        }
      }
      if (seq > 0) {
        var moments = byRoom.computeIfAbsent(first.deed().room(), room -> new ArrayList<>());
        moments.add(new Moment(first.at(), false, seq, first.deed().messageId()));
        moments.add(new Moment(acknowledgedAt, true, seq, first.deed().messageId()));
      }
    }
    byRoom.forEach(
        (room, moments) -> {
          moments.sort(Comparator.comparingLong(Moment::at));
          long acknowledged = 0;
          for (var moment : moments) {
            if (moment.acknowledged()) {
              acknowledged = Math.max(acknowledged, moment.seq());
            } else {
              long before = acknowledged;
              verdict.holds(
                  moment.seq() > before,
                  () ->
                      "in `%s` %d was sent after %d had been acknowledged"
                          .formatted(room, moment.seq(), before));
            }
          }
        });
  }

  // ------------------------------------------------------------------ epochs

  private Verdict epochs() {
    var verdict =
        new Verdict.Open("epoch", "one Commit ends each epoch, and all else is of its own");
    for (var log : books.logs.values()) {
      long epoch = 0;
      for (var entry : log.values()) {
        if (entry.eventType().equals("group_reset")) {
          epoch = 0;
        } else if (!entry.isEvent()) {
          long now = epoch;
          verdict.holds(
              entry.epoch() == now,
              () ->
                  "in epoch %d of `%s` stands %s of epoch %d"
                      .formatted(now, entry.room(), entry.brief(), entry.epoch()));
          epoch = entry.kind() == Entry.COMMIT ? entry.epoch() + 1 : epoch;
        }
      }
    }
    for (var call : books.calls.values()) {
      var deed = call.called.deed();
      var accepted = call.accepted();
      if (accepted != null && deed.isMessage()) {
        long after = deed.kind().equals("commit") ? deed.epoch() + 1 : deed.epoch();
        verdict.holds(
            accepted.epoch() == after,
            () ->
                "%s of epoch %d was acknowledged with epoch %d"
                    .formatted(deed.kind(), deed.epoch(), accepted.epoch()));
      }
      if (call.outcome instanceof Fact.Refused refused) {
        for (var winner : refused.winner()) {
          verdict.holds(
              winner.kind() == Entry.COMMIT && winner.room().equals(deed.room()),
              () -> "told as the winner of an epoch: " + winner.brief());
        }
      }
    }
    return verdict.done();
  }

  // ------------------------------------------------------------------ who is out is out

  private Verdict removed() {
    var verdict =
        new Verdict.Open("removed", "nothing comes from, or goes to, whoever is out at that entry");
    for (var log : books.logs.values()) {
      var revoked = new HashSet<String>();
      for (var entry : log.values()) {
        if (entry.eventType().equals("device_removed")) {
          revoked.add(entry.eventDevice());
        }
        if (!entry.isEvent() && !entry.user().isEmpty()) {
          verdict.holds(
              books.mayWrite(entry.room(), entry.user(), entry.seq()),
              () -> "in `%s` %s is by one who is out".formatted(entry.room(), entry.brief()));
          verdict.holds(
              !revoked.contains(entry.device()),
              () -> "in `%s` %s is by a revoked device".formatted(entry.room(), entry.brief()));
        }
      }
    }
    for (var story : books.sockets.values()) {
      for (var fact : story.facts()) {
        if (fact instanceof Fact.Delivered delivered) {
          mayRead(
              verdict, delivered.entry(), story.opened().user(), "socket " + delivered.socket());
        }
      }
    }
    for (var page : books.pages) {
      page.entries().forEach(entry -> mayRead(verdict, entry, page.user(), "a page"));
    }
    for (var call : books.calls.values()) {
      if (call.outcome instanceof Fact.Refused refused) {
        refused
            .winner()
            .forEach(
                entry -> mayRead(verdict, entry, call.called.user(), "call " + refused.call()));
      }
    }
    long outs =
        books.logs.values().stream()
            .flatMap(log -> log.values().stream())
            .filter(entry -> Set.of("kicked", "banned", "left").contains(entry.eventType()))
            .count();
    verdict.holds(outs > 0, () -> "nobody was ever out: there was nothing to keep from anyone");
    return verdict.done();
  }

  private void mayRead(Verdict.Open verdict, Entry entry, String user, String where) {
    if (books.logs.containsKey(entry.room())) {
      verdict.holds(
          books.mayRead(entry.room(), user, entry.seq()),
          () ->
              "%s brought %s of `%s` to one who is out"
                  .formatted(where, entry.brief(), entry.room()));
    }
  }

  /** Leaves of whoever is out have to go before anyone speaks again. */
  private Verdict pending() {
    var verdict =
        new Verdict.Open("pending", "nothing is sealed for a group that someone out is still in");
    for (var log : books.logs.values()) {
      var leaves = new TreeMap<String, String>();
      var outgoing = new TreeSet<String>();
      for (var entry : log.values()) {
        switch (entry.eventType()) {
          case "created", "group_reset" -> {
            leaves.clear();
            outgoing.clear();
            leaves.put(entry.device(), entry.user());
          }
          case "left", "kicked", "banned" ->
              leaves.forEach(
                  (device, user) -> {
                    if (user.equals(entry.subject())) {
                      outgoing.add(device);
                    }
                  });
          case "device_removed" -> {
            if (leaves.containsKey(entry.eventDevice())) {
              outgoing.add(entry.eventDevice());
            }
          }
          default -> {}
        }
        if (entry.kind() == Entry.APPLICATION) {
          verdict.holds(
              outgoing.isEmpty(),
              () ->
                  "in `%s` %s stands where %d leaves had to go"
                      .formatted(entry.room(), entry.brief(), outgoing.size()));
        } else if (entry.kind() == Entry.COMMIT) {
          var removes = new TreeSet<String>();
          entry.removes().forEach(leaf -> removes.add(leaf.device()));
          var left = new TreeSet<>(outgoing);
          left.removeAll(removes);
          verdict.holds(
              left.isEmpty() || removes.size() >= REMOVES_PER_COMMIT_MAX,
              () ->
                  "in `%s` %s leaves leaves that had to go".formatted(entry.room(), entry.brief()));
          removes.forEach(leaves::remove);
          outgoing.removeAll(removes);
          entry.adds().forEach(leaf -> leaves.put(leaf.device(), leaf.user()));
        }
      }
    }
    return verdict.done();
  }

  // ------------------------------------------------------------------ one chain

  private Verdict chain() {
    var verdict =
        new Verdict.Open("chain", "one unbroken hash chain runs through all that was told");
    books.logs.forEach(
        (room, log) -> {
          var before = HashChain.start(room);
          for (var entry : log.values()) {
            links(verdict, before, entry, "the log");
            before = entry.chainHash();
          }
        });
    for (var call : books.calls.values()) {
      var accepted = call.accepted();
      if (accepted != null && call.called.deed().isMessage()) {
        same(
            verdict,
            call.called.deed().room(),
            accepted.seq(),
            accepted.chainHash(),
            "the acknowledgement of call " + accepted.call());
      }
    }
    for (var page : books.pages) {
      long before =
          page.entries().isEmpty() ? page.afterSeq() : page.entries().getFirst().seq() - 1;
      same(verdict, page.room(), before, page.chainBefore(), "a page of " + page.gateway());
      pagesLink(verdict, page);
    }
    for (var story : books.sockets.values()) {
      var newest = new HashMap<String, Entry>();
      for (var fact : story.facts()) {
        switch (fact) {
          case Fact.Delivered(long at, String socket, Entry entry) -> {
            var before = newest.put(entry.room(), entry);
            if (before != null && before.seq() + 1 == entry.seq()) {
              links(verdict, before.chainHash(), entry, "socket " + socket);
            }
            same(verdict, entry.room(), entry.seq(), entry.chainHash(), "socket " + socket);
          }
          case Fact.CaughtUp it -> {
            if (!it.room().isEmpty() && books.logs.containsKey(it.room())) {
              same(verdict, it.room(), it.seq(), it.chainHash(), "caught_up on " + it.socket());
            }
          }
          default -> {}
        }
      }
    }
    return verdict.done();
  }

  private static void pagesLink(Verdict.Open verdict, Fact.Page page) {
    var before = page.chainBefore();
    for (var entry : page.entries()) {
      links(verdict, before, entry, "a page of " + page.gateway());
      before = entry.chainHash();
    }
  }

  private static void links(Verdict.Open verdict, String before, Entry entry, String where) {
    var blobHash = entry.isEvent() ? HashChain.ofEvent(entry) : entry.blob();
    verdict.holds(
        entry.isTombstone() || blobHash.equals(entry.blobHash()),
        () -> "%s: %s is not what its hash says".formatted(where, entry.brief()));
    verdict.holds(
        HashChain.next(before, entry).equals(entry.chainHash()),
        () -> "%s: the chain of `%s` breaks at %s".formatted(where, entry.room(), entry.brief()));
  }

  private void same(Verdict.Open verdict, String room, long seq, String told, String where) {
    var known = books.chainAt(room, seq);
    verdict.holds(
        known == null || known.equals(told),
        () -> "%s tells another chain at %d of `%s`".formatted(where, seq, room));
  }

  // ------------------------------------------------------------------ retries

  private Verdict retries() {
    var verdict = new Verdict.Open("retry", "a repeated message gets the first answer again");
    for (var attempts : books.messages.values()) {
      Fact.Accepted first = null;
      for (var call : attempts) {
        var accepted = call.accepted();
        if (accepted == null) {
          continue;
        }
        if (first == null) {
          first = accepted;
          continue;
        }
        var before = first;
        verdict.holds(
            before.seq() == accepted.seq()
                && before.chainHash().equals(accepted.chainHash())
                && before.acceptedAtMs() == accepted.acceptedAtMs()
                && before.epoch() == accepted.epoch(),
            () ->
                "%s was acknowledged as %d, then as %d"
                    .formatted(call.message(), before.seq(), accepted.seq()));
      }
    }
    return verdict.done();
  }

  // ------------------------------------------------------------------ gaps

  /** One room on one socket. */
  private static final class Following {
    long last;
    boolean known;
    boolean fromTheBeginning;
    boolean withheld;
    boolean active = true;

    /** Nothing has come yet. */
    boolean fresh = true;

    /**
     * An earlier subscription of the same socket may have begun it, after its newest entry: each
     * one does so with rooms that it does not name.
     */
    boolean maybeUnnamed;
  }

  private Verdict gaps() {
    var verdict =
        new Verdict.Open("gap", "each socket gets entry after entry, or is told what it does not");
    for (var story : books.sockets.values()) {
      var rooms = new HashMap<String, Following>();
      boolean subscribed = false;
      for (var fact : story.facts()) {
        switch (fact) {
          case Fact.Subscribing subscribing -> {
            boolean before = subscribed;
            subscribed = true;
            subscribing
                .cursors()
                .forEach(
                    (room, cursor) -> {
                      var now = rooms.get(room);
                      if (now == null || !now.active) {
                        var begun = new Following();
                        begun.last = cursor;
                        begun.known = true;
                        begun.fromTheBeginning = cursor == 0;
                        begun.maybeUnnamed = before;
                        rooms.put(room, begun);
                      }
                    });
          }
          case Fact.Delivered delivered -> follow(verdict, story, rooms, delivered.entry());
          case Fact.CaughtUp caughtUp -> {
            var following = rooms.get(caughtUp.room());
            if (following == null
                || !following.active
                || (following.fresh && following.maybeUnnamed)) {
              // nobody named it: it begins here
              following = new Following();
              following.last = caughtUp.seq();
              following.known = true;
              following.fresh = false;
              rooms.put(caughtUp.room(), following);
            } else if (following.known) {
              long last = following.last;
              verdict.holds(
                  caughtUp.seq() == last,
                  () ->
                      "socket %s: caught up at %d of `%s` after %d"
                          .formatted(caughtUp.socket(), caughtUp.seq(), caughtUp.room(), last));
              verdict.holds(
                  !(caughtUp.complete() && following.withheld),
                  () ->
                      "socket %s: `complete` at %d of `%s`, though something was withheld"
                          .formatted(caughtUp.socket(), caughtUp.seq(), caughtUp.room()));
            }
          }
          case Fact.Ended ended -> {
            var following = rooms.get(ended.room());
            verdict.holds(
                !ended.code().equals("cursor_ahead"),
                () ->
                    "socket %s: `%s` does not reach to what it brought before"
                        .formatted(ended.socket(), ended.room()));
            if (following != null) {
              following.active = false;
            }
          }
          default -> {}
        }
      }
    }
    for (var page : books.pages) {
      long last = page.afterSeq();
      boolean withheld = false;
      for (var entry : page.entries()) {
        long before = last;
        boolean next = entry.seq() == before + 1;
        verdict.holds(
            next || (entry.seq() > before && begins(page.room(), page.user(), entry.seq())),
            () -> "a page of `%s` goes from %d to %d".formatted(page.room(), before, entry.seq()));
        withheld |= entry.isTombstone() || (!next && page.afterSeq() > 0);
        last = entry.seq();
      }
      boolean something = withheld;
      verdict.holds(
          !(page.complete() && something),
          () ->
              "a page of `%s` after %d is `complete`, though something was withheld"
                  .formatted(page.room(), page.afterSeq()));
    }
    return verdict.done();
  }

  private void follow(
      Verdict.Open verdict, SocketStory story, Map<String, Following> rooms, Entry entry) {
    var following = rooms.computeIfAbsent(entry.room(), room -> new Following());
    if (following.known && !(following.fresh && following.maybeUnnamed)) {
      long last = following.last;
      boolean next = entry.seq() == last + 1;
      boolean begins =
          entry.seq() > last && begins(entry.room(), story.opened().user(), entry.seq());
      verdict.holds(
          next || begins,
          () ->
              "socket %s: after %d of `%s` came %s"
                  .formatted(story.opened().socket(), last, entry.room(), entry.brief()));
      following.withheld |= !next && !following.fromTheBeginning;
    }
    verdict.holds(
        following.active,
        () ->
            "socket %s: `%s` had ended before %s"
                .formatted(story.opened().socket(), entry.room(), entry.brief()));
    following.withheld |= entry.isTombstone();
    following.known = true;
    following.fresh = false;
    following.last = entry.seq();
  }

  /** Whether what that user may read begins there. */
  private boolean begins(String room, String user, long seq) {
    return books.stays(room, user).stream().anyMatch(stay -> stay.since() == seq);
  }

  // ------------------------------------------------------------------ nothing is made up

  private Verdict asked() {
    var verdict =
        new Verdict.Open("asked", "every entry was asked for, and what was refused is none");
    var changes = new HashSet<String>();
    var revoked = new HashSet<String>();
    for (var call : books.calls.values()) {
      if (!call.refused() && !call.called.deed().isMessage()) {
        changes.add(change(call.called));
        if (call.called.deed().kind().equals("revoke")) {
          revoked.add(call.called.deed().subject());
        }
      }
    }
    for (var log : books.logs.values()) {
      for (var entry : log.values()) {
        if (!entry.isEvent()) {
          var attempts = books.messages.get(entry.device() + "/" + entry.messageId());
          if (entry.device().isEmpty() && entry.kind() == Entry.PROPOSAL) {
            continue;
          }
          verdict.holds(
              attempts != null
                  && attempts.stream().anyMatch(call -> !call.refused())
                  && asked(attempts.getFirst(), entry),
              () ->
                  "in `%s` %s was %s"
                      .formatted(
                          entry.room(),
                          entry.brief(),
                          attempts == null ? "sent by nobody" : "refused, or sent otherwise"));
        } else if (entry.eventType().equals("device_removed")) {
          verdict.holds(
              revoked.contains(entry.eventDevice()),
              () -> "in `%s` %s: revoked by nobody".formatted(entry.room(), entry.brief()));
        } else if (!entry.eventType().equals("device_added")) {
          verdict.holds(
              changes.contains(change(entry)),
              () -> "in `%s` %s: nobody asked for it".formatted(entry.room(), entry.brief()));
        }
      }
    }
    return verdict.done();
  }

  private static boolean asked(Call call, Entry entry) {
    var deed = call.called.deed();
    int kind =
        switch (deed.kind()) {
          case "application" -> Entry.APPLICATION;
          case "proposal" -> Entry.PROPOSAL;
          default -> Entry.COMMIT;
        };
    return deed.room().equals(entry.room())
        && kind == entry.kind()
        && deed.epoch() == entry.epoch()
        && deed.blobHash().equals(entry.blobHash())
        && call.called.user().equals(entry.user())
        && Set.copyOf(deed.adds()).equals(Set.copyOf(entry.adds()))
        && Set.copyOf(deed.removes()).equals(Set.copyOf(entry.removes()));
  }

  // ------------------------------------------------------------------ inboxes

  private Verdict inbox() {
    var verdict =
        new Verdict.Open(
            "inbox", "Welcomes of Commits that won arrive, once and in order; no others");
    var held = new HashMap<String, TreeMap<Long, String>>();
    for (var story : books.sockets.values()) {
      long last = 0;
      var mine = held.computeIfAbsent(story.opened().device(), device -> new TreeMap<>());
      for (var fact : story.facts()) {
        if (fact instanceof Fact.Inbox item) {
          long before = last;
          verdict.holds(
              item.seq() > before,
              () ->
                  "socket %s: inbox entry %d after %d"
                      .formatted(item.socket(), item.seq(), before));
          last = item.seq();
          var what = item.item() + " " + item.room() + " " + item.digest();
          var other = mine.putIfAbsent(item.seq(), what);
          verdict.holds(
              other == null || other.equals(what),
              () -> "inbox entry %d of %s changed".formatted(item.seq(), story.opened().device()));
        }
      }
    }
    var expected = new HashMap<String, Set<String>>();
    var forbidden = new HashSet<String>();
    for (var attempts : books.messages.values()) {
      var deed = attempts.getFirst().called.deed();
      if (deed.welcomes().isEmpty()) {
        continue;
      }
      boolean won = attempts.stream().anyMatch(call -> call.accepted() != null);
      boolean lost = attempts.stream().allMatch(Call::refused);
      for (var welcome : deed.welcomes()) {
        if (won) {
          expected
              .computeIfAbsent(welcome.device(), device -> new HashSet<>())
              .add(welcome.digest());
        } else if (lost) {
          forbidden.add(welcome.digest());
        }
      }
    }
    held.forEach(
        (device, items) -> {
          var welcomes = new HashSet<String>();
          items.forEach(
              (seq, what) -> {
                if (what.startsWith("welcome ")) {
                  var digest = what.substring(what.lastIndexOf(' ') + 1);
                  verdict.holds(
                      welcomes.add(digest), () -> "%s got a Welcome twice".formatted(device));
                  verdict.holds(
                      !forbidden.contains(digest),
                      () -> "%s got the Welcome of a Commit that lost".formatted(device));
                }
              });
          if (caughtUpInTheEnd(device)) {
            for (var digest : expected.getOrDefault(device, Set.of())) {
              verdict.holds(
                  welcomes.contains(digest), () -> "%s never got a Welcome".formatted(device));
            }
          }
        });
    return verdict.done();
  }

  /** Whether the inbox was read to its end after everything was healed. */
  private boolean caughtUpInTheEnd(String device) {
    return lastStory(device) instanceof SocketStory story
        && story.facts().stream()
            .anyMatch(fact -> fact instanceof Fact.CaughtUp it && it.room().isEmpty());
  }

  private @Nullable SocketStory lastStory(String device) {
    var settled = books.settled;
    SocketStory last = null;
    for (var story : books.sockets.values()) {
      if (settled != null
          && story.opened().device().equals(device)
          && story.opened().at() > settled.at()) {
        last = story;
      }
    }
    return last;
  }

  // ------------------------------------------------------------------ durability

  private Verdict durable() {
    var verdict =
        new Verdict.Open(
            "durable", "each acknowledgement says how durable it is, and kills prove it");
    var expected = books.began == null ? "" : books.began.durability();
    for (var call : books.calls.values()) {
      var accepted = call.accepted();
      if (accepted == null || !call.called.deed().isMessage()) {
        continue;
      }
      verdict.holds(
          DURABILITIES.indexOf(accepted.durability()) >= DURABILITIES.indexOf(expected),
          () -> "acknowledged as `%s`".formatted(accepted.durability()));
      for (var fault : books.faults) {
        if (fault.phase().equals("begins")
            && fault.at() > accepted.at()
            && covers(accepted.durability(), fault)) {
          verdict.holds(
              books.entry(call.called.deed().room(), accepted.seq()) != null,
              () ->
                  "%d of `%s` was said to be `%s`, and did not survive %s of %s"
                      .formatted(
                          accepted.seq(),
                          call.called.deed().room(),
                          accepted.durability(),
                          fault.kind(),
                          fault.target()));
        }
      }
    }
    return verdict.done();
  }

  private static boolean covers(String durability, Fact.Fault fault) {
    if (!fault.kind().equals("kill")) {
      return false;
    }
    return switch (fault.target()) {
      case "postgres" -> DURABILITIES.indexOf(durability) >= DURABILITIES.indexOf("fsync");
      // it holds nothing
      case "nats" -> false;
      default -> DURABILITIES.indexOf(durability) >= DURABILITIES.indexOf("process");
    };
  }

  // ------------------------------------------------------------------ in the end

  private Verdict settled() {
    var verdict =
        new Verdict.Open(
            "settled", "in the end all gateways and devices hold the same, to the last entry");
    for (var state : books.states) {
      var log = books.logs.get(state.room());
      if (log == null || log.isEmpty()) {
        continue;
      }
      verdict.holds(
          state.lastSeq() == log.lastKey(),
          () ->
              "%s says that `%s` ends at %d, not %d"
                  .formatted(state.gateway(), state.room(), state.lastSeq(), log.lastKey()));
      var joined = new TreeSet<String>();
      for (var user : new HashSet<>(books.users.values())) {
        if (books.belongsAtTheEnd(state.room(), user)) {
          joined.add(user);
        }
      }
      verdict.holds(
          joined.equals(new TreeSet<>(state.joined())),
          () -> "%s says that others are in `%s`".formatted(state.gateway(), state.room()));
    }
    for (var page : books.pages) {
      if (page.last()) {
        for (var entry : page.entries()) {
          verdict.holds(
              entry.equals(books.entry(entry.room(), entry.seq())),
              () -> "%s shows %s otherwise".formatted(page.gateway(), entry.brief()));
        }
      }
    }
    var revoked = new HashSet<String>();
    for (var call : books.calls.values()) {
      if (call.called.deed().kind().equals("revoke")) {
        revoked.add(call.called.deed().subject());
      }
    }
    for (var device : books.users.keySet()) {
      var story = lastStory(device);
      verdict.holds(
          story != null || revoked.contains(device),
          () -> "%s was not looked at in the end".formatted(device));
      if (story == null) {
        continue;
      }
      var reached = new HashMap<String, Long>();
      for (var fact : story.facts()) {
        if (fact instanceof Fact.CaughtUp caughtUp) {
          reached.merge(caughtUp.room(), caughtUp.seq(), Math::max);
        } else if (fact instanceof Fact.Delivered delivered) {
          reached.merge(delivered.entry().room(), delivered.entry().seq(), Math::max);
        }
      }
      books.logs.forEach(
          (room, log) -> {
            if (!log.isEmpty() && books.belongsAtTheEnd(room, story.opened().user())) {
              verdict.holds(
                  log.lastKey().equals(reached.get(room)),
                  () ->
                      "%s has `%s` to %s, which ends at %d"
                          .formatted(device, room, reached.get(room), log.lastKey()));
            }
          });
    }
    return verdict.done();
  }
}
