package dev.sallyport.benchmarks.policy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The chat workload: people, rooms, policies and requests, the same for every engine.
 *
 * <p>Two shapes of policy set. {@code IDIOMATIC}: some twenty global rules over room attributes and
 * room roles; grants are data. {@code GROWN}: seven global rules and as many grants, one policy
 * each, as the size asks for.
 *
 * @param policies how many policies the set has
 * @param rooms by number
 * @param users by number
 * @param asks the requests, in an order without pattern
 */
record Scenario(Shape shape, int policies, List<Room> rooms, List<User> users, List<Ask> asks) {

  enum Shape {
    IDIOMATIC,
    GROWN
  }

  enum Outcome {
    /** A member sends; permitted. */
    ALLOW,
    /** A stranger sends; nothing permits. */
    DENY,
    /** A member sends, permitted, while one forbid fails for want of an attribute. */
    ERROR
  }

  static final int ROOMS = 1_000;
  static final int USERS = 10_000;

  /** A power of two, so that the next request costs one mask. */
  static final int ASKS = 1 << 12;

  static final int GLOBAL_RULES = 8;
  static final int SIZE_MAX = 65_536;
  static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
  static final Instant OPENS = Instant.parse("2026-01-01T00:00:00Z");
  static final Instant CLOSES = Instant.parse("2027-01-01T00:00:00Z");
  static final String OFFICE = "10.0.0.0/8";

  /** Teams of a room: the grants of a grown set name one each. */
  record Room(int number, String name, boolean archived, boolean classified, boolean labelled) {
    String id() {
      return "room-" + number;
    }
  }

  /**
   * @param rooms the rooms of which this user is a member
   * @param teams for each of these, the user's team in it
   */
  record User(
      int number, boolean suspended, String department, List<Integer> rooms, List<Integer> teams) {
    String id() {
      return "user-" + number;
    }
  }

  record Ask(int user, int room, int size, boolean mfa, String ip) {}

  /** Teams in each room: every grant of a grown set has one of its own. */
  int teamsPerRoom() {
    return Math.max(1, (grants() + ROOMS - 1) / ROOMS);
  }

  /** The grants of a grown set. */
  int grants() {
    return shape == Shape.GROWN ? policies - GLOBAL_RULES : ROOMS;
  }

  /** Rooms for which any grant exists. */
  private static int grantedRooms(Shape shape, int policies) {
    return shape == Shape.GROWN ? Math.min(ROOMS, policies - GLOBAL_RULES) : ROOMS;
  }

  static Scenario of(Shape shape, int policies, Outcome outcome) {
    SplittableRandom random = new SplittableRandom(2026);
    int granted = grantedRooms(shape, policies);
    int teams = shape == Shape.GROWN ? Math.max(1, (policies - GLOBAL_RULES) / ROOMS) : 1;
    List<Room> rooms = new ArrayList<>();
    for (int r = 0; r < ROOMS; r++) {
      boolean quiet = r < granted;
      rooms.add(
          new Room(
              r,
              (r % 50 == 7 ? "legal-" : "team-") + r,
              !quiet && r % 20 == 0,
              r % 10 == 3,
              outcome != Outcome.ERROR || r % 2 == 0));
    }
    List<User> users = new ArrayList<>();
    for (int u = 0; u < USERS; u++) {
      List<Integer> memberOf = new ArrayList<>();
      List<Integer> teamOf = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        int room = random.nextInt(granted);
        if (!memberOf.contains(room)) {
          memberOf.add(room);
          teamOf.add(random.nextInt(teams));
        }
      }
      users.add(new User(u, false, u % 3 == 0 ? "legal" : "engineering", memberOf, teamOf));
    }
    List<Ask> asks = new ArrayList<>();
    while (asks.size() < ASKS) {
      User user = users.get(random.nextInt(USERS));
      int room =
          outcome == Outcome.DENY
              ? random.nextInt(ROOMS)
              : user.rooms().get(random.nextInt(user.rooms().size()));
      Room asked = rooms.get(room);
      boolean wanted =
          outcome == Outcome.DENY
              ? !user.rooms().contains(room)
              : !asked.name().startsWith("legal-") || user.department().equals("legal");
      if (wanted && (outcome != Outcome.ERROR || !asked.labelled())) {
        asks.add(new Ask(user.number(), room, random.nextInt(2_000), true, "10.1.2.3"));
      }
      if (outcome == Outcome.ERROR && granted < 2) {
        throw new IllegalArgumentException("too few policies for the erroring scenario");
      }
    }
    return new Scenario(shape, policies, rooms, users, asks);
  }
}
