package dev.sallyport.acceptance.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.acceptance.history.Fact.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Good histories pass every check; each corruption, at a place of chance, fails the check for it.
 */
class CheckerTest {

  private static final int SEEDS = 15;

  static IntStream seeds() {
    return IntStream.range(0, SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void check_goodHistory_passesEverything_andEachCheckSawSomething(int seed) {
    var verdicts = Checker.check(ModelRelay.history(seed, ModelRelay.Flaw.NONE));
    assertEquals(List.of(), HistoryCheck.failed(verdicts), "seed " + seed);
    assertTrue(verdicts.stream().allMatch(verdict -> verdict.examined() > 0));
  }

  @Test
  void check_nothing_failsEverything() {
    assertTrue(Checker.check(List.of()).stream().noneMatch(Verdict::passed));
  }

  private static TreeSet<String> broken(Iterable<Fact> history) {
    var names = new TreeSet<String>();
    HistoryCheck.failed(Checker.check(history)).forEach(verdict -> names.add(verdict.check()));
    return names;
  }

  private static String of(ModelRelay.Flaw flaw) {
    return switch (flaw) {
      case NONE -> "";
      case FORGETS_IDS -> "twice";
      case TAKES_FROM_THE_KICKED -> "removed";
      case TAKES_TWO_COMMITS -> "epoch";
      case DOES_NOT_WAIT -> "pending";
      case FORGETS_THE_NEWEST -> "lost";
      case STORES_THE_REFUSED -> "asked";
    };
  }

  @ParameterizedTest
  @EnumSource(value = ModelRelay.Flaw.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void check_historyOfAFlawedRelay_failsWhatTheFlawBreaks(ModelRelay.Flaw flaw) {
    int struck = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      var history = ModelRelay.history(seed, flaw);
      if (!history.isEmpty()) {
        struck++;
        var broken = broken(history);
        assertTrue(broken.contains(of(flaw)), flaw + " with seed " + seed + ": " + broken);
      }
    }
    assertTrue(struck > SEEDS / 2, flaw + " struck " + struck + " times");
  }

  /** What goes wrong between relay and client, or is told wrongly. */
  enum Corruption {
    DELIVERY_GONE("gap"),
    DELIVERED_AGAIN("twice"),
    DELIVERIES_SWAPPED("gap"),
    DELIVERED_TO_THE_KICKED("removed"),
    FORKED("order"),
    FORKED_WITHOUT_A_CHAIN("chain"),
    ACKNOWLEDGED_AND_GONE("lost"),
    ACKNOWLEDGED_WITH_ANOTHER_CHAIN("chain"),
    ACKNOWLEDGED_WITH_ANOTHER_EPOCH("epoch"),
    ACKNOWLEDGED_AS_LESS_DURABLE("durable"),
    REPEATED_WITH_ANOTHER_ANSWER("retry"),
    ACKNOWLEDGED_BEFORE_AN_EARLIER_ONE("order"),
    CAUGHT_UP_ELSEWHERE("gap"),
    CAUGHT_UP_WITH_ANOTHER_CHAIN("chain"),
    COMPLETE_THOUGH_WITHHELD("gap"),
    REFUSED_AND_THERE("asked"),
    WELCOME_GONE("inbox"),
    WELCOME_TWICE("inbox"),
    WELCOME_OF_THE_LOSER("inbox"),
    WINNER_THAT_IS_NONE("order"),
    WINNER_SHOWN_TO_THE_KICKED("removed"),
    ENDED_FOR_A_CURSOR_AHEAD("gap"),
    GATEWAY_BEHIND("settled"),
    GATEWAY_WITH_OTHER_MEMBERS("settled"),
    GATEWAY_WITH_ANOTHER_LOG("settled"),
    DEVICE_BEHIND("settled"),
    BROKEN_OFF("whole"),
    NOT_READ("whole"),
    CALL_FORGOTTEN("whole"),
    ONE_GATEWAY_DEAD("served"),
    ALL_REFUSED("served"),
    CHANGE_ACKNOWLEDGED_AND_GONE("lost"),
    PAGE_WITH_A_GAP("gap"),
    TIME_GOES_BACKWARDS("order");

    final String check;

    Corruption(String check) {
      this.check = check;
    }
  }

  @ParameterizedTest
  @EnumSource(Corruption.class)
  void check_corruptedHistory_failsTheCheckForIt(Corruption corruption) {
    int struck = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      var facts = new ArrayList<>(ModelRelay.history(seed, ModelRelay.Flaw.NONE));
      if (corrupt(facts, corruption, new Random(seed))) {
        struck++;
        var broken = broken(facts);
        assertTrue(
            broken.contains(corruption.check), corruption + " with seed " + seed + ": " + broken);
      }
    }
    assertTrue(struck > SEEDS / 2, corruption + " struck " + struck + " times");
  }

  // ------------------------------------------------------------------ corruption

  interface Fits {
    boolean is(Fact fact);
  }

  /** One of chance among those that fit; -1 where there is none. */
  private static int any(List<Fact> facts, Random random, Fits fits) {
    var places = IntStream.range(0, facts.size()).filter(i -> fits.is(facts.get(i))).toArray();
    return places.length == 0 ? -1 : places[random.nextInt(places.length)];
  }

  private static boolean change(
      List<Fact> facts, Random random, Fits fits, UnaryOperator<Fact> change) {
    int at = any(facts, random, fits);
    if (at < 0) {
      return false;
    }
    facts.set(at, change.apply(facts.get(at)));
    return true;
  }

  private static boolean remove(List<Fact> facts, Random random, Fits fits) {
    int at = any(facts, random, fits);
    return at >= 0 && facts.remove(at) != null;
  }

  private static boolean isMessage(List<Fact> facts, long call) {
    return deed(facts, call).isMessage();
  }

  private static Fact.Deed deed(List<Fact> facts, long call) {
    return facts.stream()
        .filter(fact -> fact instanceof Fact.Called called && called.call() == call)
        .map(fact -> ((Fact.Called) fact).deed())
        .findFirst()
        .orElseThrow();
  }

  private static String otherHash(String hash) {
    return (hash.charAt(0) == '0' ? '1' : '0') + hash.substring(1);
  }

  private static Entry chained(Entry it, String blobHash, String chain) {
    return new Entry(
        it.room(),
        it.seq(),
        it.kind(),
        it.user(),
        it.device(),
        it.messageId(),
        it.acceptedAtMs(),
        it.epoch(),
        it.blob().isEmpty() ? "" : blobHash,
        it.event(),
        it.adds(),
        it.removes(),
        blobHash,
        chain);
  }

  /** A delivery with another of the same room on the same socket behind it. */
  private static int followed(List<Fact> facts, Random random) {
    return any(
        facts,
        random,
        fact -> fact instanceof Fact.Delivered it && next(facts, facts.indexOf(it)) >= 0);
  }

  private static int next(List<Fact> facts, int at) {
    var first = (Fact.Delivered) facts.get(at);
    for (int i = at + 1; i < facts.size(); i++) {
      if (facts.get(i) instanceof Fact.Delivered it
          && it.socket().equals(first.socket())
          && it.entry().room().equals(first.entry().room())) {
        return it.entry().seq() == first.entry().seq() + 1 ? i : -1;
      }
      if (facts.get(i) instanceof Fact.Ended it && it.socket().equals(first.socket())) {
        return -1;
      }
    }
    return -1;
  }

  private static boolean corrupt(List<Fact> facts, Corruption corruption, Random random) {
    switch (corruption) {
      case DELIVERY_GONE -> {
        int at = followed(facts, random);
        facts.remove(at);
        return true;
      }
      case DELIVERED_AGAIN -> {
        int at = followed(facts, random);
        facts.add(at + 1, facts.get(at));
        return true;
      }
      case DELIVERIES_SWAPPED -> {
        int at = followed(facts, random);
        int next = next(facts, at);
        var first = facts.get(at);
        facts.set(at, facts.get(next));
        facts.set(next, first);
        return true;
      }
      case DELIVERED_TO_THE_KICKED -> {
        int at =
            any(facts, random, fact -> fact instanceof Fact.Ended it && it.code().equals("kicked"));
        if (at < 0) {
          return false;
        }
        var ended = (Fact.Ended) facts.get(at);
        for (int i = at + 1; i < facts.size(); i++) {
          if (facts.get(i) instanceof Fact.Delivered it
              && it.entry().room().equals(ended.room())
              && !it.entry().isEvent()) {
            facts.add(i + 1, new Fact.Delivered(it.at(), ended.socket(), it.entry()));
            return true;
          }
        }
        return false;
      }
      case FORKED -> {
        return fork(facts, random, true);
      }
      case FORKED_WITHOUT_A_CHAIN -> {
        return fork(facts, random, false);
      }
      case ACKNOWLEDGED_AND_GONE -> {
        // the newest of a room, which leaves no gap
        var last = last(facts);
        var told =
            facts.stream()
                .anyMatch(
                    fact ->
                        fact instanceof Fact.Accepted it
                            && it.chainHash().equals(last.chainHash()));
        if (!told) {
          return false;
        }
        facts.replaceAll(
            fact ->
                fact instanceof Fact.Page page && page.room().equals(last.room())
                    ? page(page, page.entries().subList(0, page.entries().size() - 1))
                    : fact);
        facts.removeIf(fact -> fact instanceof Fact.Delivered it && it.entry().sameAs(last));
        return true;
      }
      case ACKNOWLEDGED_WITH_ANOTHER_CHAIN -> {
        return accepted(
            facts,
            random,
            it ->
                new Fact.Accepted(
                    it.at(),
                    it.call(),
                    it.seq(),
                    otherHash(it.chainHash()),
                    it.durability(),
                    it.acceptedAtMs(),
                    it.epoch()));
      }
      case ACKNOWLEDGED_WITH_ANOTHER_EPOCH -> {
        return accepted(
            facts,
            random,
            it ->
                new Fact.Accepted(
                    it.at(),
                    it.call(),
                    it.seq(),
                    it.chainHash(),
                    it.durability(),
                    it.acceptedAtMs(),
                    it.epoch() + 1));
      }
      case ACKNOWLEDGED_AS_LESS_DURABLE -> {
        return accepted(
            facts,
            random,
            it ->
                new Fact.Accepted(
                    it.at(),
                    it.call(),
                    it.seq(),
                    it.chainHash(),
                    "process",
                    it.acceptedAtMs(),
                    it.epoch()));
      }
      case REPEATED_WITH_ANOTHER_ANSWER -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.Accepted it && repeated(facts, it),
            fact -> {
              var it = (Fact.Accepted) fact;
              return new Fact.Accepted(
                  it.at(),
                  it.call(),
                  it.seq() + 1,
                  it.chainHash(),
                  it.durability(),
                  it.acceptedAtMs(),
                  it.epoch());
            });
      }
      case ACKNOWLEDGED_BEFORE_AN_EARLIER_ONE -> {
        return outOfTime(facts);
      }
      case CAUGHT_UP_ELSEWHERE -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.CaughtUp it && !it.room().isEmpty(),
            fact -> {
              var it = (Fact.CaughtUp) fact;
              return new Fact.CaughtUp(
                  it.at(), it.socket(), it.room(), it.seq() + 1, it.chainHash(), it.complete());
            });
      }
      case CAUGHT_UP_WITH_ANOTHER_CHAIN -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.CaughtUp it && !it.room().isEmpty(),
            fact -> {
              var it = (Fact.CaughtUp) fact;
              return new Fact.CaughtUp(
                  it.at(),
                  it.socket(),
                  it.room(),
                  it.seq(),
                  otherHash(it.chainHash()),
                  it.complete());
            });
      }
      case COMPLETE_THOUGH_WITHHELD -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.CaughtUp it && !it.complete(),
            fact -> {
              var it = (Fact.CaughtUp) fact;
              return new Fact.CaughtUp(
                  it.at(), it.socket(), it.room(), it.seq(), it.chainHash(), true);
            });
      }
      case REFUSED_AND_THERE -> {
        return change(
            facts,
            random,
            fact ->
                fact instanceof Fact.Accepted it
                    && isMessage(facts, it.call())
                    && attempts(facts, it) == 1,
            fact -> new Fact.Refused(fact.at(), ((Fact.Accepted) fact).call(), "muted", List.of()));
      }
      case WELCOME_GONE -> {
        int at = any(facts, random, fact -> fact instanceof Fact.Inbox);
        var gone = (Fact.Inbox) facts.get(at);
        facts.removeIf(fact -> fact instanceof Fact.Inbox it && it.digest().equals(gone.digest()));
        return true;
      }
      case WELCOME_TWICE -> {
        int at = any(facts, random, fact -> fact instanceof Fact.Inbox);
        var it = (Fact.Inbox) facts.get(at);
        facts.add(
            at + 1, new Fact.Inbox(it.at(), it.socket(), 1_000, it.room(), it.item(), it.digest()));
        return true;
      }
      case WELCOME_OF_THE_LOSER -> {
        int at =
            any(
                facts,
                random,
                fact ->
                    fact instanceof Fact.Refused it
                        && !deed(facts, it.call()).welcomes().isEmpty());
        if (at < 0) {
          return false;
        }
        var welcome = deed(facts, ((Fact.Refused) facts.get(at)).call()).welcomes().getFirst();
        var socket =
            facts.stream()
                .filter(
                    fact -> fact instanceof Fact.Opened it && it.device().equals(welcome.device()))
                .map(fact -> ((Fact.Opened) fact).socket())
                .findFirst()
                .orElseThrow();
        facts.add(at + 1, new Fact.Inbox(1, socket, 1_000, "room-0", "welcome", welcome.digest()));
        return true;
      }
      case WINNER_THAT_IS_NONE -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.Refused it && !it.winner().isEmpty(),
            fact -> {
              var it = (Fact.Refused) fact;
              var winner = it.winner().getFirst();
              return new Fact.Refused(
                  it.at(),
                  it.call(),
                  it.code(),
                  List.of(chained(winner, otherHash(winner.blobHash()), winner.chainHash())));
            });
      }
      case WINNER_SHOWN_TO_THE_KICKED -> {
        int at =
            any(
                facts,
                random,
                fact -> fact instanceof Fact.Refused it && it.code().equals("not_found"));
        if (at < 0) {
          return false;
        }
        var it = (Fact.Refused) facts.get(at);
        var room = deed(facts, it.call()).room();
        for (var fact : facts.subList(at, facts.size())) {
          if (fact instanceof Fact.Delivered delivered
              && delivered.entry().room().equals(room)
              && delivered.entry().kind() == Entry.COMMIT) {
            facts.set(
                at, new Fact.Refused(it.at(), it.call(), it.code(), List.of(delivered.entry())));
            return true;
          }
        }
        return false;
      }
      case ENDED_FOR_A_CURSOR_AHEAD -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.Ended,
            fact -> {
              var it = (Fact.Ended) fact;
              return new Fact.Ended(it.at(), it.socket(), it.room(), "cursor_ahead");
            });
      }
      case GATEWAY_BEHIND -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.State,
            fact -> {
              var it = (Fact.State) fact;
              return new Fact.State(
                  it.at(),
                  it.gateway(),
                  it.room(),
                  it.epoch(),
                  it.lastSeq() - 1,
                  it.groupId(),
                  it.joined());
            });
      }
      case GATEWAY_WITH_OTHER_MEMBERS -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.State,
            fact -> {
              var it = (Fact.State) fact;
              return new Fact.State(
                  it.at(),
                  it.gateway(),
                  it.room(),
                  it.epoch(),
                  it.lastSeq(),
                  it.groupId(),
                  it.joined().subList(1, it.joined().size()));
            });
      }
      case GATEWAY_WITH_ANOTHER_LOG -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.Page it && it.gateway().equals("g2"),
            fact -> {
              var it = (Fact.Page) fact;
              var entries = new ArrayList<>(it.entries());
              int at = random.nextInt(entries.size());
              entries.set(
                  at,
                  chained(
                      entries.get(at),
                      entries.get(at).blobHash(),
                      otherHash(entries.get(at).chainHash())));
              return page(it, entries);
            });
      }
      case DEVICE_BEHIND -> {
        int settled = any(facts, random, fact -> fact instanceof Fact.Settled);
        int at =
            any(
                facts,
                random,
                fact ->
                    fact instanceof Fact.CaughtUp it
                        && !it.room().isEmpty()
                        && facts.indexOf(fact) > settled);
        var it = (Fact.CaughtUp) facts.get(at);
        facts.removeIf(
            fact ->
                facts.indexOf(fact) > settled
                    && ((fact instanceof Fact.CaughtUp other
                            && other.socket().equals(it.socket())
                            && other.room().equals(it.room()))
                        || (fact instanceof Fact.Delivered delivered
                            && delivered.socket().equals(it.socket())
                            && delivered.entry().room().equals(it.room()))));
        return true;
      }
      case BROKEN_OFF -> {
        return remove(facts, random, fact -> fact instanceof Fact.Settled);
      }
      case NOT_READ -> {
        return remove(facts, random, fact -> fact instanceof Fact.Page);
      }
      case CALL_FORGOTTEN -> {
        return remove(
            facts, random, fact -> fact instanceof Fact.Unanswered || fact instanceof Fact.Refused);
      }
      case ONE_GATEWAY_DEAD -> {
        facts.replaceAll(
            fact ->
                fact instanceof Fact.Called it && it.gateway().equals("g2")
                    ? new Fact.Called(it.at(), it.call(), it.device(), it.user(), "g1", it.deed())
                    : fact);
        return true;
      }
      case ALL_REFUSED -> {
        facts.replaceAll(
            fact ->
                fact instanceof Fact.Accepted it
                    ? new Fact.Refused(it.at(), it.call(), "unwilling", List.of())
                    : fact);
        return true;
      }
      case CHANGE_ACKNOWLEDGED_AND_GONE -> {
        long call = 1_000_000;
        facts.add(
            2,
            new Fact.Called(
                2,
                call,
                "device-0-0",
                "user-0",
                "g1",
                Fact.Deed.change("kick", "room-0", "user-9", 0)));
        facts.add(3, new Fact.Accepted(3, call, 0, "", "", 0, 0));
        return true;
      }
      case PAGE_WITH_A_GAP -> {
        return change(
            facts,
            random,
            fact -> fact instanceof Fact.Page it && it.gateway().equals("g2"),
            fact -> {
              var it = (Fact.Page) fact;
              var entries = new ArrayList<>(it.entries());
              entries.remove(1 + random.nextInt(entries.size() - 2));
              return page(it, entries);
            });
      }
      case TIME_GOES_BACKWARDS -> {
        return backwards(facts);
      }
    }
    return false;
  }

  private static boolean accepted(
      List<Fact> facts, Random random, UnaryOperator<Fact.Accepted> change) {
    return change(
        facts,
        random,
        fact -> fact instanceof Fact.Accepted it && isMessage(facts, it.call()),
        fact -> change.apply((Fact.Accepted) fact));
  }

  private static boolean repeated(List<Fact> facts, Fact.Accepted one) {
    return isMessage(facts, one.call()) && attempts(facts, one) > 1;
  }

  private static long attempts(List<Fact> facts, Fact.Accepted one) {
    var id = deed(facts, one.call()).messageId();
    return facts.stream()
        .filter(fact -> fact instanceof Fact.Called it && it.deed().messageId().equals(id))
        .count();
  }

  private static Entry last(List<Fact> facts) {
    return facts.stream()
        .filter(fact -> fact instanceof Fact.Page)
        .map(fact -> ((Fact.Page) fact).entries().getLast())
        .findFirst()
        .orElseThrow();
  }

  private static Fact.Page page(Fact.Page it, List<Entry> entries) {
    return new Fact.Page(
        it.at(),
        it.device(),
        it.user(),
        it.gateway(),
        it.room(),
        it.afterSeq(),
        List.copyOf(entries),
        it.end(),
        it.complete(),
        it.chainBefore(),
        it.last());
  }

  /** One socket is shown another message, with a chain that fits to the end or without. */
  private static boolean fork(List<Fact> facts, Random random, boolean consistent) {
    int at =
        any(
            facts,
            random,
            fact ->
                fact instanceof Fact.Delivered it
                    && !it.entry().isEvent()
                    && chainBefore(facts, it) != null);
    var first = (Fact.Delivered) facts.get(at);
    var chain = Objects.requireNonNull(chainBefore(facts, first));
    boolean begun = false;
    for (int i = at; i < facts.size(); i++) {
      if (facts.get(i) instanceof Fact.Delivered it
          && it.socket().equals(first.socket())
          && it.entry().room().equals(first.entry().room())) {
        var entry = it.entry();
        var shown =
            chained(
                entry, begun ? entry.blobHash() : otherHash(entry.blobHash()), entry.chainHash());
        begun = true;
        chain = consistent ? HashChain.next(chain, shown) : entry.chainHash();
        facts.set(
            i, new Fact.Delivered(it.at(), it.socket(), chained(shown, shown.blobHash(), chain)));
        if (!consistent) {
          return true;
        }
      } else if (facts.get(i) instanceof Fact.Ended it
          && it.socket().equals(first.socket())
          && it.room().equals(first.entry().room())) {
        return true;
      } else if (facts.get(i) instanceof Fact.CaughtUp it
          && it.socket().equals(first.socket())
          && it.room().equals(first.entry().room())) {
        facts.set(
            i, new Fact.CaughtUp(it.at(), it.socket(), it.room(), it.seq(), chain, it.complete()));
      }
    }
    return true;
  }

  private static @Nullable String chainBefore(List<Fact> facts, Fact.Delivered it) {
    return facts.stream()
        .filter(fact -> fact instanceof Fact.Page page && page.room().equals(it.entry().room()))
        .flatMap(fact -> ((Fact.Page) fact).entries().stream())
        .filter(entry -> entry.seq() == it.entry().seq() - 1)
        .map(Entry::chainHash)
        .findFirst()
        .orElse(null);
  }

  /** A message that was acknowledged is made to have been so before an earlier one was sent. */
  private static boolean outOfTime(List<Fact> facts) {
    Fact.Called earlier = null;
    for (int i = 0; i < facts.size(); i++) {
      if (facts.get(i) instanceof Fact.Accepted it && isMessage(facts, it.call())) {
        var room = deed(facts, it.call()).room();
        if (earlier != null && earlier.deed().room().equals(room)) {
          long before = earlier.at();
          facts.set(
              i,
              new Fact.Accepted(
                  before - 1,
                  it.call(),
                  it.seq(),
                  it.chainHash(),
                  it.durability(),
                  it.acceptedAtMs(),
                  it.epoch()));
          return true;
        }
        long call = it.call();
        earlier =
            (Fact.Called)
                facts.stream()
                    .filter(fact -> fact instanceof Fact.Called called && called.call() == call)
                    .findFirst()
                    .orElseThrow();
      }
    }
    return false;
  }

  private static boolean backwards(List<Fact> facts) {
    var last = last(facts);
    UnaryOperator<Entry> older =
        it ->
            it.sameAs(last)
                ? new Entry(
                    it.room(),
                    it.seq(),
                    it.kind(),
                    it.user(),
                    it.device(),
                    it.messageId(),
                    1,
                    it.epoch(),
                    it.blob(),
                    it.event(),
                    it.adds(),
                    it.removes(),
                    it.blobHash(),
                    it.chainHash())
                : it;
    facts.replaceAll(
        fact ->
            fact instanceof Fact.Page page
                ? page(page, page.entries().stream().map(older).toList())
                : fact instanceof Fact.Delivered it
                    ? new Fact.Delivered(it.at(), it.socket(), older.apply(it.entry()))
                    : fact);
    return true;
  }

  // ------------------------------------------------------------------ the format

  @Test
  void line_everyFactOfAHistory_readsBackAsItWas() {
    for (var fact : ModelRelay.history(3, ModelRelay.Flaw.NONE)) {
      assertEquals(fact, FactLines.read(FactLines.line(fact)));
    }
  }

  @Test
  void read_whatIsNoFact_isRefused() {
    for (var line :
        List.of(
            "",
            "{}",
            "[]",
            "{\"type\":\"gossip\",\"at\":1}",
            "{\"type\":\"settled\"}",
            "{\"type\":\"settled\",\"at\":\"1\"}",
            "{\"type\":\"settled\",\"at\":1,\"more\":2}")) {
      org.junit.jupiter.api.Assertions.assertThrows(
          FactLines.Unreadable.class, () -> FactLines.read(line), line);
    }
  }

  @Test
  void plan_sameSeed_isTheSame_anotherIsNot() {
    var plan = Plan.of(5, HistoryCheck.WHOLE);
    assertEquals(plan, Plan.of(5, HistoryCheck.WHOLE));
    assertFalse(plan.steps().equals(Plan.of(6, HistoryCheck.WHOLE).steps()));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void plan_anySeed_hasEveryActAndTheFirstTroubles(int seed) {
    var plan = Plan.of(seed, HistoryCheck.WHOLE);
    for (var act : Plan.Act.values()) {
      assertTrue(plan.counts().getOrDefault(act, 0) > 0, act + " with seed " + seed);
    }
    var troubles = new TreeSet<Plan.Trouble>();
    plan.disturbances().forEach(each -> troubles.add(each.trouble()));
    assertTrue(
        troubles.containsAll(
            List.of(
                Plan.Trouble.KILL_GATEWAY, Plan.Trouble.KILL_POSTGRES, Plan.Trouble.CUT_CLIENTS)));
  }
}
