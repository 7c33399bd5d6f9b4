package dev.sallyport.acceptance.history;

import dev.sallyport.acceptance.history.Fact.Deed;
import dev.sallyport.acceptance.history.Fact.Entry;
import dev.sallyport.acceptance.history.Fact.Leaf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A relay in a few lines, in memory, with clients that see all of it: it makes histories that are
 * good, by chance from a seed, and, where a flaw is named, ones of a relay that has it.
 */
final class ModelRelay {

  /** What is wrong inside the relay; flaws on the way to clients are put into its histories. */
  enum Flaw {
    NONE,
    /** A repeated message is stored again. */
    FORGETS_IDS,
    /** Who was kicked may go on sending. */
    TAKES_FROM_THE_KICKED,
    /** Two Commits for one epoch are taken. */
    TAKES_TWO_COMMITS,
    /** Messages are taken while a leaf has to go. */
    DOES_NOT_WAIT,
    /** The newest entry of a room is forgotten, and its number given anew. */
    FORGETS_THE_NEWEST,
    /** A message that was refused is stored all the same. */
    STORES_THE_REFUSED
  }

  private static final List<String> GATEWAYS = List.of("g1", "g2");
  private static final int USERS = 5;
  private static final int DEVICES = 2;
  private static final int STEPS = 120;

  private final Random random;
  private final Flaw flaw;
  private final List<Fact> facts = new ArrayList<>();
  private final Map<String, Room> rooms = new LinkedHashMap<>();
  private final Map<String, String> sockets = new HashMap<>();
  private final Map<String, Set<String>> following = new HashMap<>();
  private final Map<String, Long> inboxes = new HashMap<>();
  private final Map<String, Integer> cursors = new HashMap<>();
  private final Map<String, List<Fact.Inbox>> inboxItems = new HashMap<>();
  private long calls;
  private long opened;
  private long ids;
  private long time;
  private boolean flawed;

  private static final class Room {
    final String id;
    final List<Entry> log = new ArrayList<>();
    final Map<String, String> leaves = new LinkedHashMap<>();
    final Set<String> outgoing = new LinkedHashSet<>();
    final Map<String, Long> since = new TreeMap<>();
    final Set<String> joined = new LinkedHashSet<>();
    final Set<String> out = new LinkedHashSet<>();
    long epoch;

    Room(String id) {
      this.id = id;
    }

    String chain() {
      return log.isEmpty() ? HashChain.start(id) : log.getLast().chainHash();
    }
  }

  private ModelRelay(long seed, Flaw flaw) {
    this.random = new Random(seed);
    this.flaw = flaw;
  }

  /** Empty where the flaw found no occasion. */
  static List<Fact> history(long seed, Flaw flaw) {
    var relay = new ModelRelay(seed, flaw);
    relay.run();
    return flaw == Flaw.NONE || relay.flawed ? relay.facts : List.of();
  }

  private long now() {
    return ++time;
  }

  private static String user(int number) {
    return "user-" + number;
  }

  private static String device(int user, int number) {
    return "device-%d-%d".formatted(user, number);
  }

  private static String user(String device) {
    return "user-" + device.charAt("device-".length());
  }

  private void run() {
    facts.add(new Fact.Began(now(), FactLines.VERSION, 1, "a model", "fsync", GATEWAYS));
    for (int user = 0; user < USERS; user++) {
      for (int number = 0; number < DEVICES; number++) {
        facts.add(new Fact.Device(now(), device(user, number), user(user)));
      }
    }
    for (int i = 0; i < 2; i++) {
      found("room-" + i);
    }
    for (int step = 0; step < STEPS; step++) {
      step(step);
    }
    facts.add(new Fact.Fault(now(), "kill", "g1", "begins"));
    facts.add(new Fact.Fault(now(), "kill", "postgres", "begins"));
    end();
  }

  private String socket(String device) {
    return Objects.requireNonNull(sockets.get(device));
  }

  private Set<String> followed(String socket) {
    return Objects.requireNonNull(following.get(socket));
  }

  private void open(String device) {
    var socket = "s" + ++opened;
    sockets.put(device, socket);
    following.put(socket, new LinkedHashSet<>());
    facts.add(
        new Fact.Opened(
            now(), socket, device, user(device), GATEWAYS.get(random.nextInt(GATEWAYS.size()))));
  }

  /** On a new socket, every room that the user is in, each after what the device holds. */
  private void followAll(String device, boolean fromTheBeginning) {
    var before = sockets.get(device);
    if (before != null) {
      facts.add(new Fact.Closed(now(), before, 1000));
    }
    open(device);
    var socket = socket(device);
    var wanted = new TreeMap<String, Long>();
    for (var room : rooms.values()) {
      if (room.joined.contains(user(device))) {
        wanted.put(
            room.id, fromTheBeginning ? 0L : (long) cursors.getOrDefault(device + room.id, 0));
      }
    }
    facts.add(new Fact.Subscribing(now(), socket, wanted, 0));
    wanted.forEach((id, after) -> deliver(device, Objects.requireNonNull(rooms.get(id)), after));
  }

  private void deliver(String device, Room room, long after) {
    var socket = socket(device);
    if (after > room.log.size()) {
      facts.add(new Fact.Ended(now(), socket, room.id, "cursor_ahead"));
      return;
    }
    boolean withheld = false;
    long last = after;
    for (var entry : room.log) {
      if (entry.seq() > after && entry.seq() >= room.since.getOrDefault(user(device), 0L)) {
        withheld |= entry.seq() != last + 1 && after > 0;
        withheld |= entry.isTombstone();
        facts.add(new Fact.Delivered(now(), socket, entry));
        last = entry.seq();
      }
    }
    cursors.put(device + room.id, (int) last);
    String chain = last == 0 ? HashChain.start(room.id) : room.log.get((int) last - 1).chainHash();
    facts.add(new Fact.CaughtUp(now(), socket, room.id, last, chain, !withheld));
    followed(socket).add(room.id);
  }

  private void found(String id) {
    var room = new Room(id);
    rooms.put(id, room);
    var founder = device(0, 0);
    change(room, founder, "create", "created", user(0));
    room.leaves.put(founder, user(0));
    for (int user = 1; user < USERS; user++) {
      comeBack(room, user);
    }
    followAll(founder, false);
    followAll(device(0, 1), false);
    commit(room, founder);
  }

  private void comeBack(Room room, int user) {
    change(room, device(0, 0), "invite", "invited", user(user));
    change(room, device(user, 0), "join", "joined", user(user));
    for (int number = 0; number < DEVICES; number++) {
      followAll(device(user, number), false);
    }
  }

  private void change(Room room, String by, String kind, String type, String subject) {
    long call = called(by, Deed.change(kind, kind.equals("create") ? "" : room.id, subject, 0));
    if (type.equals("invited")) {
      room.since.put(subject, (long) room.log.size() + 1);
    }
    if (type.equals("created")) {
      room.joined.add(subject);
      room.since.put(subject, 1L);
    }
    if (type.equals("joined")) {
      room.joined.add(subject);
      room.out.remove(subject);
    }
    append(
        room,
        Entry.EVENT,
        by,
        "",
        0,
        "",
        List.of(type, subject, "", "", "", "", "", "", "", ""),
        List.of(),
        List.of());
    if (Set.of("kicked", "left", "banned").contains(type)) {
      room.joined.remove(subject);
      room.out.add(subject);
      room.leaves.forEach(
          (device, user) -> {
            if (user.equals(subject)) {
              room.outgoing.add(device);
              var socket = socket(device);
              if (followed(socket).remove(room.id)) {
                facts.add(new Fact.Ended(now(), socket, room.id, type));
              }
            }
          });
    }
    facts.add(new Fact.Accepted(now(), call, 0, "", "", 0, 0));
  }

  private long called(String by, Deed deed) {
    facts.add(
        new Fact.Called(
            now(), ++calls, by, user(by), GATEWAYS.get((int) (calls % GATEWAYS.size())), deed));
    return calls;
  }

  private Entry append(
      Room room,
      int kind,
      String by,
      String id,
      long epoch,
      String blobHash,
      List<String> event,
      List<Leaf> adds,
      List<Leaf> removes) {
    var bare =
        new Entry(
            room.id,
            room.log.size() + 1,
            kind,
            user(by),
            by,
            id,
            1_000 + time,
            epoch,
            blobHash,
            event,
            adds,
            removes,
            blobHash,
            "");
    var hash = event.isEmpty() ? blobHash : HashChain.ofEvent(bare);
    var hashed =
        new Entry(
            room.id,
            bare.seq(),
            kind,
            user(by),
            by,
            id,
            bare.acceptedAtMs(),
            epoch,
            blobHash,
            event,
            adds,
            removes,
            hash,
            "");
    var entry =
        new Entry(
            room.id,
            bare.seq(),
            kind,
            user(by),
            by,
            id,
            bare.acceptedAtMs(),
            epoch,
            blobHash,
            event,
            adds,
            removes,
            hash,
            HashChain.next(room.chain(), hashed));
    room.log.add(entry);
    for (var each : sockets.entrySet()) {
      if (followed(each.getValue()).contains(room.id)) {
        facts.add(new Fact.Delivered(now(), each.getValue(), entry));
        cursors.put(each.getKey() + room.id, (int) entry.seq());
      }
    }
    return entry;
  }

  private String id() {
    return "%032x".formatted(++ids);
  }

  private static String blob(String id) {
    return Seen.digest(id.getBytes(StandardCharsets.UTF_8));
  }

  private void accepted(long call, Entry entry, long epoch) {
    facts.add(
        new Fact.Accepted(
            now(), call, entry.seq(), entry.chainHash(), "fsync", entry.acceptedAtMs(), epoch));
  }

  private void refused(long call, String code, List<Entry> winner) {
    facts.add(new Fact.Refused(now(), call, code, winner));
  }

  private void commit(Room room, String by) {
    var adds = new ArrayList<Leaf>();
    var removes = new ArrayList<Leaf>();
    var welcomes = new ArrayList<Fact.Welcome>();
    room.outgoing.forEach(device -> removes.add(new Leaf(user(device), device)));
    for (int user = 0; user < USERS; user++) {
      for (int number = 0; number < DEVICES; number++) {
        var device = device(user, number);
        if (room.joined.contains(user(user))
            && (!room.leaves.containsKey(device) || room.outgoing.contains(device))) {
          adds.add(new Leaf(user(user), device));
          welcomes.add(new Fact.Welcome(device, blob("welcome" + device + ids)));
        }
      }
    }
    var id = id();
    long call = called(by, Deed.commit(room.id, id, blob(id), room.epoch, adds, removes, welcomes));
    var entry = append(room, Entry.COMMIT, by, id, room.epoch, blob(id), List.of(), adds, removes);
    removes.forEach(leaf -> room.leaves.remove(leaf.device()));
    room.outgoing.clear();
    adds.forEach(leaf -> room.leaves.put(leaf.device(), leaf.user()));
    for (var welcome : welcomes) {
      long seq = inboxes.merge(welcome.device(), 1L, Long::sum);
      var item =
          new Fact.Inbox(
              now(), socket(welcome.device()), seq, room.id, "welcome", welcome.digest());
      facts.add(item);
      inboxItems.computeIfAbsent(welcome.device(), device -> new ArrayList<>()).add(item);
    }
    accepted(call, entry, room.epoch + 1);
    // who raced it learns of the winner
    var loser = id();
    long lost =
        called(
            device(0, 1),
            Deed.commit(
                room.id,
                loser,
                blob(loser),
                room.epoch,
                List.of(),
                List.of(),
                List.of(new Fact.Welcome(by, blob("lost" + loser)))));
    if (strikes(Flaw.TAKES_TWO_COMMITS)) {
      var other =
          append(
              room,
              Entry.COMMIT,
              device(0, 1),
              loser,
              room.epoch,
              blob(loser),
              List.of(),
              List.of(),
              List.of());
      accepted(lost, other, room.epoch + 1);
    } else {
      refused(lost, "stale_epoch", List.of(entry));
    }
    room.epoch++;
  }

  private boolean strikes(Flaw one) {
    if (flaw == one && time > 400 && !flawed) {
      flawed = true;
      return true;
    }
    return false;
  }

  private void step(int step) {
    var room = Objects.requireNonNull(rooms.get("room-" + random.nextInt(rooms.size())));
    if (step == 10 || (step > 10 && random.nextInt(15) == 0)) {
      var users = new ArrayList<>(room.joined);
      users.remove(user(0));
      if (users.size() > 1) {
        kick(room, users.get(random.nextInt(users.size())));
      }
    } else if (!room.out.isEmpty() && random.nextInt(6) == 0) {
      comeBack(room, Integer.parseInt(room.out.iterator().next().substring("user-".length())));
      commit(room, device(0, 0));
    } else if (random.nextInt(12) == 0) {
      commit(room, device(0, random.nextInt(DEVICES)));
    } else {
      send(room);
    }
  }

  private void kick(Room room, String user) {
    change(room, device(0, 0), "kick", "kicked", user);
    var by = "device-" + user.substring("user-".length()) + "-0";
    var id = id();
    long call = called(by, Deed.message("application", room.id, id, blob(id), room.epoch));
    if (strikes(Flaw.TAKES_FROM_THE_KICKED)) {
      var entry =
          append(
              room, Entry.PROPOSAL, by, id, room.epoch, blob(id), List.of(), List.of(), List.of());
      accepted(call, entry, room.epoch);
    } else {
      refused(call, "not_found", List.of());
    }
    var waits = id();
    long early =
        called(device(0, 0), Deed.message("application", room.id, waits, blob(waits), room.epoch));
    if (strikes(Flaw.DOES_NOT_WAIT)) {
      accepted(early, message(room, device(0, 0), waits), room.epoch);
    } else {
      refused(early, "removal_pending", List.of());
    }
    commit(room, device(0, 0));
  }

  private Entry message(Room room, String by, String id) {
    return append(
        room, Entry.APPLICATION, by, id, room.epoch, blob(id), List.of(), List.of(), List.of());
  }

  private void send(Room room) {
    var users = new ArrayList<>(room.joined);
    var by =
        "device-%s-%d"
            .formatted(
                users.get(random.nextInt(users.size())).substring("user-".length()),
                random.nextInt(DEVICES));
    var id = id();
    var deed = Deed.message("application", room.id, id, blob(id), room.epoch);
    long call = called(by, deed);
    if (strikes(Flaw.STORES_THE_REFUSED)) {
      message(room, by, id);
      refused(call, "muted", List.of());
      return;
    }
    if (random.nextInt(8) == 0) {
      facts.add(new Fact.Unanswered(now(), call, "closed"));
      if (random.nextBoolean()) {
        message(room, by, id);
      }
      return;
    }
    var entry = message(room, by, id);
    accepted(call, entry, room.epoch);
    if (random.nextInt(5) == 0) {
      long again = called(by, deed);
      if (strikes(Flaw.FORGETS_IDS)) {
        entry = message(room, by, id);
      }
      accepted(again, entry, room.epoch);
    }
    if (strikes(Flaw.FORGETS_THE_NEWEST)) {
      room.log.removeLast();
    }
  }

  private void end() {
    facts.add(new Fact.Settled(now()));
    for (int user = 0; user < USERS; user++) {
      for (int number = 0; number < DEVICES; number++) {
        var device = device(user, number);
        followAll(device, random.nextBoolean());
        for (var item : inboxItems.getOrDefault(device, List.of())) {
          facts.add(
              new Fact.Inbox(
                  now(), socket(device), item.seq(), item.room(), item.item(), item.digest()));
        }
        facts.add(new Fact.CaughtUp(now(), socket(device), "", 0, "", true));
      }
    }
    for (var gateway : GATEWAYS) {
      for (var room : rooms.values()) {
        facts.add(
            new Fact.Page(
                now(),
                device(0, 0),
                user(0),
                gateway,
                room.id,
                0,
                List.copyOf(room.log),
                true,
                true,
                HashChain.start(room.id),
                true));
        facts.add(
            new Fact.State(
                now(),
                gateway,
                room.id,
                room.epoch,
                room.log.size(),
                room.id,
                List.copyOf(room.joined)));
      }
    }
  }
}
