package dev.sallyport.acceptance.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What is to be done and to go wrong, and when: a function of seed and shape alone. Whom a step is
 * about is chosen when its time has come, among those it can be about then, by the step's own
 * {@code pick}: so the same seed gives the same steps, faults, bytes and ids, while how they
 * interleave, and what is answered, is the machine's affair.
 */
public record Plan(long seed, Shape shape, List<Step> steps, List<Disturbance> disturbances) {

  /**
   * @param loadMillis how long steps go on
   * @param perSecond steps a second
   * @param disturbances how many, in that time
   */
  public record Shape(
      int users,
      int devicesPerUser,
      int rooms,
      int usersPerRoom,
      int gateways,
      int loadMillis,
      int perSecond,
      int disturbances) {

    public int devices() {
      return users * devicesPerUser;
    }
  }

  /** What clients do. */
  public enum Act {
    SEND(700, 20),
    /** Sent, acknowledged, and sent again at another gateway. */
    SEND_AGAIN(60, 4),
    /** Sent twice at once, at two gateways. */
    SEND_TWICE(60, 4),
    /** Three in a row without waiting, then the first and second again, the wrong way round. */
    SEND_SHUFFLED(30, 3),
    PROPOSE(10, 1),
    COMMIT(30, 2),
    /** Several devices commit for one epoch at once. */
    RACE(20, 3),
    KICK(12, 3),
    BAN(4, 1),
    LEAVE(8, 1),
    /** Who is out is invited, if need be unbanned, and joins. */
    COME_BACK(40, 4),
    /** Who is out tries to send, follow and read. */
    TRESPASS(25, 3),
    REVOKE(2, 1),
    REDACT(5, 1),
    RESET(2, 1),
    /** Closes its socket and opens one elsewhere. */
    MOVE(30, 3),
    /** Stops reading for a while. */
    DAWDLE(8, 2),
    /** Its clock jumps. */
    CLOCK(8, 2),
    /** Reads a page of the log over HTTP. */
    READ(30, 3);

    private final int weight;
    private final int atLeast;

    Act(int weight, int atLeast) {
      this.weight = weight;
      this.atLeast = atLeast;
    }
  }

  /**
   * @param pick names whom it is about among those it can be about
   * @param size of a message's payload in bytes
   */
  public record Step(int number, int atMillis, Act act, int room, long pick, int size) {}

  /** What goes wrong. */
  public enum Trouble {
    KILL_GATEWAY,
    KILL_POSTGRES,
    CUT_CLIENTS,
    CUT_DATABASE,
    DRAIN_GATEWAY,
    CUT_ISSUER,
    KILL_NATS,
    CUT_NATS
  }

  /** How a connection is cut. */
  public enum Cut {
    /** All connections end, new ones are refused. */
    CLOSED,
    /** Nothing passes, nothing ends; later all of it passes. */
    STALLED,
    /** As before, and later all of it ends instead. */
    STALLED_THEN_CLOSED,
    DELAYED
  }

  /**
   * @param gateway which one it is about, where it is about one
   */
  public record Disturbance(int atMillis, int forMillis, Trouble trouble, int gateway, Cut cut) {}

  private static final int SIZE_MAX = 2_000;
  private static final int TROUBLE_MILLIS_MIN = 1_500;
  private static final int TROUBLE_MILLIS_MAX = 6_000;

  /** In a short run, these come first. */
  private static final List<Trouble> FIRST =
      List.of(Trouble.KILL_GATEWAY, Trouble.KILL_POSTGRES, Trouble.CUT_CLIENTS, Trouble.KILL_NATS);

  public static Plan of(long seed, Shape shape) {
    var random = new Random(seed);
    var steps = new ArrayList<Step>();
    for (var act : Act.values()) {
      for (int i = 0; i < act.atLeast; i++) {
        steps.add(step(act, shape, random));
      }
    }
    long wanted = (long) shape.loadMillis() * shape.perSecond() / 1000;
    while (steps.size() < wanted) {
      steps.add(step(weighted(random), shape, random));
    }
    steps.sort(Comparator.comparingInt(Step::atMillis));
    var numbered = new ArrayList<Step>();
    for (var step : steps) {
      numbered.add(
          new Step(
              numbered.size(), step.atMillis(), step.act(), step.room(), step.pick(), step.size()));
    }
    return new Plan(seed, shape, List.copyOf(numbered), disturbances(shape, random));
  }

  private static Step step(Act act, Shape shape, Random random) {
    // half of everything goes to one room, so that there is a hot one
    int room = random.nextBoolean() ? 0 : random.nextInt(shape.rooms());
    return new Step(
        0,
        random.nextInt(shape.loadMillis()),
        act,
        room,
        random.nextLong(),
        1 + random.nextInt(random.nextInt(20) == 0 ? SIZE_MAX : 200));
  }

  private static Act weighted(Random random) {
    int total = 0;
    for (var act : Act.values()) {
      total += act.weight;
    }
    int at = random.nextInt(total);
    for (var act : Act.values()) {
      at -= act.weight;
      if (at < 0) {
        return act;
      }
    }
    return Act.SEND;
  }

  private static List<Disturbance> disturbances(Shape shape, Random random) {
    var all = new ArrayList<Disturbance>();
    var kinds = new ArrayList<>(FIRST);
    while (kinds.size() < shape.disturbances()) {
      var kind = Trouble.values()[random.nextInt(Trouble.values().length)];
      kinds.add(kind);
    }
    int between = shape.loadMillis() / (shape.disturbances() + 1);
    for (int i = 0; i < shape.disturbances(); i++) {
      all.add(
          new Disturbance(
              between * i + between / 2 + random.nextInt(Math.max(1, between / 2)),
              TROUBLE_MILLIS_MIN + random.nextInt(TROUBLE_MILLIS_MAX - TROUBLE_MILLIS_MIN),
              kinds.get(i),
              random.nextInt(shape.gateways()),
              Cut.values()[random.nextInt(Cut.values().length)]));
    }
    return List.copyOf(all);
  }

  /** How often each act is planned. */
  public Map<Act, Integer> counts() {
    var counts = new EnumMap<Act, Integer>(Act.class);
    steps.forEach(step -> counts.merge(step.act(), 1, Integer::sum));
    return counts;
  }
}
