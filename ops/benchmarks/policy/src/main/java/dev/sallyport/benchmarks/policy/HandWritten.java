package dev.sallyport.benchmarks.policy;

import dev.sallyport.benchmarks.policy.Scenario.Action;
import dev.sallyport.benchmarks.policy.Scenario.Ask;
import dev.sallyport.benchmarks.policy.Scenario.Membership;
import dev.sallyport.benchmarks.policy.Scenario.Rank;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The floor: what a programmer would write by hand for exactly these rules, over live objects. It
 * looks up who asks and where by id, as any engine must, tests every rule that could matter, and
 * knows nothing of policies. Addresses and times were parsed when the request came in.
 */
final class HandWritten implements Decider {
  private static final int OFFICE = 10;
  private static final int SIZE_MAX = 65_536;
  private static final long OPENS = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  private static final long CLOSES = Instant.parse("2027-01-01T00:00:00Z").toEpochMilli();
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final long EVENING = Duration.ofHours(22).toMillis();
  private static final long MORNING = Duration.ofHours(6).toMillis();
  private static final long NEWCOMER = Duration.ofDays(7).toMillis();

  private record Person(
      boolean suspended,
      boolean admin,
      boolean press,
      boolean contractor,
      String department,
      int clearance,
      long joinedMillis,
      Set<String> teams) {}

  private record Place(
      String name,
      boolean archived,
      boolean classified,
      boolean announcements,
      boolean open,
      @Nullable String label,
      int clearance,
      Set<String> tags,
      List<String> grantedTeams,
      Map<String, Rank> ranks) {}

  private record Question(
      String user, Action action, String room, int size, boolean mfa, int ip, long nowMillis) {}

  private record Range(int address, int mask) {}

  private record Window(long fromMillis, long toMillis) {}

  private final boolean grown;
  private final Map<String, Person> people = new HashMap<>();
  private final Map<String, Place> places = new HashMap<>();
  private final Range[] ranges;
  private final Window[] windows;
  private final String[] infixes;
  private final Set<String> recalled = new HashSet<>();
  private final Map<String, Integer> sizeMaxByDepartment = new HashMap<>();
  private final Question[] questions;
  private final Scenario scenario;

  HandWritten(Scenario scenario) {
    this.scenario = scenario;
    grown = scenario.shape() == Scenario.Shape.GROWN;
    List<Range> forbiddenRanges = new ArrayList<>();
    List<Window> maintenance = new ArrayList<>();
    List<String> forbiddenInfixes = new ArrayList<>();
    for (int i = 0; i < scenario.extras(); i++) {
      switch (scenario.extra()) {
        case NONE, UNSCOPED_GRANT -> {}
        case IP -> forbiddenRanges.add(new Range(ipv4(Extras.network(i) + ".0"), 0xffffff00));
        case DATE ->
            maintenance.add(
                new Window(
                    Extras.window(i).toEpochMilli(),
                    Extras.window(i).plus(Extras.WINDOW).toEpochMilli()));
        case LIKE -> forbiddenInfixes.add(Extras.infix(i));
        case SET -> {
          recalled.add(Extras.tag(i));
          recalled.add(Extras.tag(i) + "-again");
        }
        case UNSCOPED -> sizeMaxByDepartment.put(Extras.department(i), Extras.SIZE_MAX);
      }
    }
    ranges = forbiddenRanges.toArray(Range[]::new);
    windows = maintenance.toArray(Window[]::new);
    infixes = forbiddenInfixes.toArray(String[]::new);
    settle(scenario);
    questions = scenario.asks().stream().map(this::question).toArray(Question[]::new);
  }

  private void settle(Scenario scenario) {
    for (Scenario.Room room : scenario.rooms()) {
      places.put(
          room.id(),
          new Place(
              room.name(),
              room.archived(),
              room.classified(),
              room.announcements(),
              room.joinRule().equals("open"),
              room.label(),
              room.clearance(),
              room.tags(),
              new ArrayList<>(),
              new HashMap<>()));
    }
    if (grown) {
      for (int i = 0; i < scenario.grants(); i++) {
        place(Scenario.roomOf(i)).grantedTeams().add(Scenario.teamOf(i));
      }
    }
    for (Scenario.User user : scenario.users()) {
      settle(user);
    }
  }

  private void settle(Scenario.User user) {
    Set<String> teams = new HashSet<>();
    for (Membership membership : user.memberships()) {
      if (grown) {
        teams.add(Scenario.team(membership.room(), membership.team()));
      } else {
        place(membership.room()).ranks().put(user.id(), membership.rank());
      }
    }
    people.put(
        user.id(),
        new Person(
            user.suspended(),
            user.admin(),
            user.groups().contains("press"),
            user.groups().contains("contractors"),
            user.department(),
            user.clearance(),
            user.joined().toEpochMilli(),
            teams));
  }

  private Place place(int room) {
    Place place = places.get("room-" + room);
    if (place == null) {
      throw new IllegalArgumentException("no room " + room);
    }
    return place;
  }

  private Question question(Ask ask) {
    return new Question(
        scenario.users().get(ask.user()).id(),
        ask.action(),
        scenario.rooms().get(ask.room()).id(),
        ask.size(),
        ask.mfa(),
        ipv4(ask.ip()),
        ask.now().toEpochMilli());
  }

  private static int ipv4(String text) {
    int address = 0;
    for (String octet : text.split("\\.", -1)) {
      address = address << 8 | Integer.parseInt(octet);
    }
    return address;
  }

  @Override
  public boolean permits(int request) {
    return permits(questions[request]);
  }

  /** The answer to a request that is not among those of the scenario, or not yet. */
  boolean permits(Ask ask) {
    return permits(question(ask));
  }

  /** Whether a rule forbids it, whatever is granted. */
  boolean isForbidden(Ask ask) {
    Question question = question(ask);
    Person person = people.get(question.user());
    Place place = places.get(question.room());
    return person == null || place == null || isForbidden(question, person, place);
  }

  private boolean permits(Question question) {
    Person person = people.get(question.user());
    Place place = places.get(question.room());
    if (person == null || place == null) {
      return false;
    }
    return !isForbidden(question, person, place)
        && (person.admin()
            || (grown ? isGranted(question, person, place) : isInRole(question, place)));
  }

  private boolean isForbidden(Question question, Person person, Place place) {
    if ((place.classified() && !(question.mfa() && question.ip() >>> 24 == OFFICE))
        || person.suspended()
        || question.nowMillis() < OPENS
        || question.nowMillis() >= CLOSES
        || (place.name().startsWith("legal-")
            && !person.department().equals("legal")
            && !person.department().equals("audit"))) {
      return true;
    }
    if (question.action() == Action.SEND
        && (place.archived()
            || question.size() > SIZE_MAX
            || (place.label() != null && place.label().equals("export-controlled")))) {
      return true;
    }
    return isForbiddenByExtras(question, person, place)
        || (!grown && isForbiddenByCustom(question, person, place));
  }

  private boolean isForbiddenByExtras(Question question, Person person, Place place) {
    for (Range range : ranges) {
      if ((question.ip() & range.mask()) == range.address()) {
        return true;
      }
    }
    for (Window window : windows) {
      if (question.nowMillis() >= window.fromMillis() && question.nowMillis() < window.toMillis()) {
        return true;
      }
    }
    for (String infix : infixes) {
      if (place.name().contains(infix)) {
        return true;
      }
    }
    if (!recalled.isEmpty()) {
      for (String tag : place.tags()) {
        if (recalled.contains(tag)) {
          return true;
        }
      }
    }
    if (!sizeMaxByDepartment.isEmpty()) {
      Integer sizeMax = sizeMaxByDepartment.get(person.department());
      return sizeMax != null && question.size() > sizeMax;
    }
    return false;
  }

  /** The rules of an idiomatic set beyond those that every set has. */
  private static boolean isForbiddenByCustom(Question question, Person person, Place place) {
    if (person.clearance() < place.clearance()
        || (person.contractor()
            && (place.tags().contains("board") || place.tags().contains("payroll")))) {
      return true;
    }
    switch (question.action()) {
      case SEND -> {
        if ((place.announcements() && !hasRank(question, place, Rank.MODERATOR))
            || (question.size() > 1_024 && person.department().equals("bots"))) {
          return true;
        }
      }
      case ARCHIVE -> {
        long time = Math.floorMod(question.nowMillis(), DAY);
        return time >= EVENING || time < MORNING;
      }
      case INVITE, KICK -> {
        return question.nowMillis() - person.joinedMillis() < NEWCOMER;
      }
      case REACT, READ -> {}
    }
    return place.tags().contains("embargo") && !person.press();
  }

  private static boolean isGranted(Question question, Person person, Place place) {
    if (question.action() != Action.SEND && question.action() != Action.READ) {
      return false;
    }
    for (String team : place.grantedTeams()) {
      if (person.teams().contains(team)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isInRole(Question question, Place place) {
    return switch (question.action()) {
      case SEND, REACT -> hasRank(question, place, Rank.MEMBER);
      case READ -> place.open() || hasRank(question, place, Rank.GUEST);
      case INVITE, KICK -> hasRank(question, place, Rank.MODERATOR);
      case ARCHIVE -> hasRank(question, place, Rank.OWNER);
    };
  }

  private static boolean hasRank(Question question, Place place, Rank least) {
    Rank rank = place.ranks().get(question.user());
    return rank != null && rank.compareTo(least) >= 0;
  }
}
