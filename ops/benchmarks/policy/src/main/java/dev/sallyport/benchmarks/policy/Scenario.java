package dev.sallyport.benchmarks.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The chat workload: people, rooms, policies and requests, the same for every engine.
 *
 * @param shape how the policy set was written
 * @param policies how many policies it has
 * @param extra the kind of rule that it has beyond the ordinary ones
 * @param extras how many of these
 * @param rooms by number
 * @param users by number
 * @param asks the requests, in an order without pattern
 */
record Scenario(
    Shape shape,
    int policies,
    Extra extra,
    int extras,
    List<Room> rooms,
    List<User> users,
    List<Ask> asks) {

  /** The two ways in which policy sets are written. */
  enum Shape {
    /** Twenty global rules over room attributes and room roles; who may what is data. */
    IDIOMATIC,
    /** Eight global rules, and one policy for each grant of a team in a room. */
    GROWN
  }

  /** What becomes of the requests. */
  enum Outcome {
    /** A member sends; permitted. */
    ALLOW,
    /** A stranger sends; nothing forbids, nothing permits. */
    DENY,
    /** A member does what one of the global rules forbids. */
    FORBID,
    /** A member sends, permitted, while one forbid fails for want of an attribute. */
    ERROR,
    /** Of twenty: thirteen ALLOW, three DENY, three FORBID, one ERROR; all actions. */
    MIXED
  }

  /** Kinds of rules that other engines slow down at. */
  enum Extra {
    NONE,
    /** Forbidden address ranges. */
    IP,
    /** Maintenance windows. */
    DATE,
    /** Forbidden name patterns. */
    LIKE,
    /** Forbidden tags. */
    SET,
    /** Limits for departments, in policies whose head names nobody and nothing. */
    UNSCOPED,
    /** Grants whose head names nobody and nothing: team and room stand in the condition. */
    UNSCOPED_GRANT
  }

  /** Room roles; each contains those before it. */
  enum Rank {
    GUEST,
    MEMBER,
    MODERATOR,
    OWNER
  }

  enum Action {
    SEND("message.send"),
    REACT("message.react"),
    READ("message.read"),
    INVITE("room.invite"),
    KICK("room.kick"),
    ARCHIVE("room.archive");

    final String id;

    Action(String id) {
      this.id = id;
    }
  }

  static final int ROOMS = 1_000;
  static final int USERS = 10_000;
  static final int ROOMS_PER_USER_MAX = 10;

  /** A power of two, so that the next request costs one mask. */
  static final int ASKS = 1 << 12;

  static final int GLOBAL_RULES = 8;
  static final int IDIOMATIC_POLICIES = 20;

  private static final Instant SUMMER = Instant.parse("2026-06-01T08:00:00Z");
  private static final int TRIES_MAX = 1_000_000;

  /**
   * @param label null where it was never set, which the schema does not allow: rules that read it
   *     fail
   */
  record Room(
      int number,
      String name,
      boolean archived,
      boolean classified,
      boolean announcements,
      @Nullable String label,
      String joinRule,
      int clearance,
      Set<String> tags) {
    String id() {
      return Scenario.shared("room-" + number);
    }

    /** The role of the room of which its people of that rank are members. */
    String role(Rank rank) {
      return Scenario.shared(id() + "/" + rank.name().toLowerCase(Locale.ROOT));
    }
  }

  record User(
      int number,
      boolean suspended,
      String department,
      int clearance,
      Instant joined,
      boolean admin,
      Set<String> groups,
      List<Membership> memberships) {
    String id() {
      return Scenario.shared("user-" + number);
    }
  }

  record Membership(int room, int team, Rank rank) {}

  record Ask(int user, Action action, int room, int size, boolean mfa, String ip, Instant now) {}

  /**
   * The scenario of names as benchmarks have them.
   *
   * @param set shape and number of policies, {@code GROWN-1000}
   * @param extra kind and number of extra rules, {@code NONE-0}; an idiomatic set has these on top
   */
  static Scenario named(String set, String extra, String outcome) {
    int dash = set.indexOf('-');
    int extraDash = extra.indexOf('-');
    return of(
        Shape.valueOf(set.substring(0, dash)),
        Integer.parseInt(set.substring(dash + 1)),
        Outcome.valueOf(outcome),
        Extra.valueOf(extra.substring(0, extraDash)),
        Integer.parseInt(extra.substring(extraDash + 1)));
  }

  static Scenario of(Shape shape, int policies, Outcome outcome, Extra extra, int extras) {
    if (shape == Shape.IDIOMATIC && policies != IDIOMATIC_POLICIES) {
      throw new IllegalArgumentException(
          "an idiomatic set has " + IDIOMATIC_POLICIES + " policies");
    }
    SplittableRandom random = new SplittableRandom(2026);
    List<Room> rooms = new ArrayList<>();
    for (int r = 0; r < ROOMS; r++) {
      rooms.add(room(r));
    }
    Scenario world =
        new Scenario(shape, policies, extra, extras, rooms, new ArrayList<>(), new ArrayList<>());
    if (shape == Shape.GROWN && world.grants() < 2) {
      throw new IllegalArgumentException("too few policies for any grant: " + policies);
    }
    for (int u = 0; u < USERS; u++) {
      world.users.add(user(u, world, random));
    }
    new Asking(world, random).ask(outcome);
    return world;
  }

  /** How many policies of a grown set are grants. */
  int grants() {
    return policies - GLOBAL_RULES - (extra == Extra.UNSCOPED_GRANT ? 0 : extras);
  }

  /** Rooms in which anybody may do anything. */
  int grantedRooms() {
    return shape == Shape.GROWN ? Math.min(ROOMS, grants()) : ROOMS;
  }

  /** The room of a grant of a grown set. */
  static int roomOf(int grant) {
    return grant % ROOMS;
  }

  /** The role that a grant of a grown set names. */
  static String teamOf(int grant) {
    return team(roomOf(grant), grant / ROOMS);
  }

  static String team(int room, int team) {
    return shared("room-" + room + "/team-" + team);
  }

  /**
   * One string for each id, whoever asks: what is asked for by an id of its own is found by
   * identity, in the floor as in engines that share the process.
   */
  private static String shared(String id) {
    return id.intern();
  }

  /** All room roles of a user, those contained in others too. */
  List<String> rolesOf(User user) {
    List<String> roles = new ArrayList<>();
    for (Membership membership : user.memberships()) {
      switch (shape) {
        case GROWN -> roles.add(team(membership.room(), membership.team()));
        case IDIOMATIC -> {
          for (Rank rank : Rank.values()) {
            if (rank.compareTo(membership.rank()) <= 0) {
              roles.add(rooms.get(membership.room()).role(rank));
            }
          }
        }
      }
    }
    return roles;
  }

  private static Room room(int r) {
    String name = (r % 50 == 7 ? "legal-" : "team-") + r;
    Set<String> tags =
        switch (r % 40) {
          case 5 -> Set.of("team", "embargo");
          case 15 -> Set.of("team", "board");
          case 25 -> Set.of("team", "recall-" + r / 40);
          default -> Set.of("team", "quarter-" + r % 4);
        };
    return new Room(
        r,
        r % 40 == 11 ? name + "-wargame-" + r / 40 + "-x" : name,
        r % 20 == 19,
        r % 10 == 3,
        r % 20 == 9,
        r % 25 == 1 ? null : "internal",
        r % 30 == 2 ? "open" : "invite",
        r % 5,
        tags);
  }

  private static User user(int u, Scenario world, SplittableRandom random) {
    List<Membership> memberships = new ArrayList<>();
    int granted = world.grantedRooms();
    for (int i = 0; i < ROOMS_PER_USER_MAX; i++) {
      int room = random.nextInt(granted);
      int teams = world.shape == Shape.GROWN ? (world.grants() - room - 1) / ROOMS + 1 : 1;
      int team = random.nextInt(teams);
      int luck = random.nextInt(20);
      Rank rank =
          luck == 0
              ? Rank.OWNER
              : luck <= 2 ? Rank.MODERATOR : luck == 3 ? Rank.GUEST : Rank.MEMBER;
      if (memberships.stream().noneMatch(other -> other.room() == room)) {
        memberships.add(new Membership(room, team, rank));
      }
    }
    String department =
        u % 3 == 0
            ? "legal"
            : u % 20 == 1 ? "bots" : u % 25 == 2 ? "unit-" + u / 25 : "engineering";
    return new User(
        u,
        u % 50 == 49,
        department,
        3 + u % 3,
        u % 40 == 10 ? SUMMER.minus(Duration.ofDays(1)) : SUMMER.minus(Duration.ofDays(90)),
        u % 1_000 == 999,
        u % 12 == 5 ? Set.of("contractors") : u % 12 == 6 ? Set.of("press") : Set.of("staff"),
        List.copyOf(memberships));
  }

  /** Makes requests up and keeps those that come out as wanted, by the floor's word. */
  private static final class Asking {
    private final Scenario world;
    private final SplittableRandom random;
    private final HandWritten floor;

    Asking(Scenario world, SplittableRandom random) {
      this.world = world;
      this.random = random;
      this.floor = new HandWritten(world);
    }

    void ask(Outcome outcome) {
      while (world.asks.size() < ASKS) {
        world.asks.add(
            switch (outcome) {
              case ALLOW, DENY, FORBID, ERROR -> one(outcome, Action.SEND);
              case MIXED -> {
                int luck = random.nextInt(20);
                yield one(
                    luck < 13
                        ? Outcome.ALLOW
                        : luck < 16 ? Outcome.DENY : luck < 19 ? Outcome.FORBID : Outcome.ERROR,
                    luck == 19 ? Action.SEND : action());
              }
            });
      }
    }

    /** What is asked now and then. */
    private static final List<Action> RARE =
        List.of(Action.REACT, Action.READ, Action.INVITE, Action.KICK, Action.ARCHIVE);

    private Action action() {
      if (world.shape == Shape.GROWN) {
        return random.nextInt(4) == 0 ? Action.READ : Action.SEND;
      }
      int luck = random.nextInt(16);
      return luck < 8 ? Action.SEND : luck < 11 ? Action.READ : RARE.get(luck - 11);
    }

    private Ask one(Outcome outcome, Action action) {
      for (int i = 0; i < TRIES_MAX; i++) {
        User user = world.users.get(random.nextInt(USERS));
        boolean stranger = outcome == Outcome.DENY;
        int room =
            stranger
                ? random.nextInt(ROOMS)
                : user.memberships().get(random.nextInt(user.memberships().size())).room();
        if (stranger && user.memberships().stream().anyMatch(mine -> mine.room() == room)) {
          continue;
        }
        Ask good =
            new Ask(
                user.number(),
                action,
                room,
                random.nextInt(2_000),
                true,
                "10." + random.nextInt(256) + "." + random.nextInt(256) + ".7",
                SUMMER.plusSeconds(random.nextInt(8 * 60 * 60)));
        boolean unlabelled = world.rooms.get(room).label() == null;
        Ask ask = outcome == Outcome.FORBID ? spoilt(good) : good;
        boolean fits =
            switch (outcome) {
              case ALLOW -> !unlabelled && floor.permits(ask);
              case DENY -> !unlabelled && !floor.permits(ask) && !floor.isForbidden(ask);
              case FORBID -> !unlabelled && floor.isForbidden(ask);
              case ERROR -> unlabelled && floor.permits(ask);
              case MIXED -> throw new IllegalArgumentException("not one outcome");
            };
        if (fits) {
          return ask;
        }
      }
      throw new IllegalStateException("no request comes out as " + outcome);
    }

    /** One thing is wrong, or nothing: then room or user must be. */
    private Ask spoilt(Ask ask) {
      int size = ask.size();
      boolean mfa = ask.mfa();
      String ip = ask.ip();
      Instant now = ask.now();
      switch (random.nextInt(6)) {
        case 0 -> size = 70_000;
        case 1 -> mfa = false;
        case 2 -> ip = "172.16." + random.nextInt(100) + ".9";
        case 3 -> now = Instant.parse("2027-02-01T00:00:00Z");
        case 4 -> now = Extras.window(random.nextInt(100)).plusSeconds(60);
        default -> {}
      }
      return new Ask(ask.user(), ask.action(), ask.room(), size, mfa, ip, now);
    }
  }
}
