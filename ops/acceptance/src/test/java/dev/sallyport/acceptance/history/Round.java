package dev.sallyport.acceptance.history;

import dev.sallyport.acceptance.history.Fact.Deed;
import dev.sallyport.acceptance.history.Fact.Entry;
import dev.sallyport.acceptance.history.Fact.Leaf;
import dev.sallyport.acceptance.history.Plan.Act;
import dev.sallyport.acceptance.history.Plan.Disturbance;
import dev.sallyport.acceptance.history.Plan.Step;
import dev.sallyport.acceptance.history.SimDevice.Outcome;
import dev.sallyport.client.DeviceKey;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One plan, run from its first room to the last reading; its history goes to a recorder. */
final class Round {

  private static final Duration SETTLE_MAX = Duration.ofMinutes(3);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);
  private static final int ATTEMPTS_MAX = 4;
  private static final int SEALED_ANEW_MAX = 4;
  private static final int CONNECTING_MAX = 12;
  private static final int AWAY_MEMBERS_MIN = 4;
  private static final int REVOKED_MAX = 6;

  /** What devices need of the round they are in. */
  interface Stage {
    List<House.Node> nodes();

    String publicUrl();

    Web web();

    Recorder recorder();

    Collection<RoomBook> books();

    boolean has(String room);

    /** Whether the rooms are there, so that a first subscription can name them all. */
    boolean founded();

    long nextCall();

    String nextSocket();

    void saw(Entry entry);
  }

  private final Plan plan;
  private final House house;
  private final Crowd crowd;
  private final Recorder recorder;
  private final @Nullable Planting planting;
  private final Consumer<String> progress;
  private final Map<String, RoomBook> books = new ConcurrentHashMap<>();
  private final List<RoomBook> rooms = new ArrayList<>();
  private final Map<String, ReentrantLock> committing = new ConcurrentHashMap<>();
  private final List<SimDevice> devices = new ArrayList<>();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong sockets = new AtomicLong();
  private final AtomicLong ids = new AtomicLong();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger revoked = new AtomicInteger();
  private final Semaphore connecting = new Semaphore(CONNECTING_MAX);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean founded;
  private volatile boolean over;
  private volatile @Nullable Throwable failure;

  private final Stage stage =
      new Stage() {
        @Override
        public List<House.Node> nodes() {
          return house.nodes();
        }

        @Override
        public String publicUrl() {
          return house.publicUrl;
        }

        @Override
        public Web web() {
          return crowd.web;
        }

        @Override
        public Recorder recorder() {
          return recorder;
        }

        @Override
        public Collection<RoomBook> books() {
          return books.values();
        }

        @Override
        public boolean has(String room) {
          return books.containsKey(room);
        }

        @Override
        public boolean founded() {
          return founded;
        }

        @Override
        public long nextCall() {
          return calls.incrementAndGet();
        }

        @Override
        public String nextSocket() {
          return "s" + sockets.incrementAndGet();
        }

        @Override
        public void saw(Entry entry) {
          var book = books.get(entry.room());
          if (book != null) {
            book.take(entry);
          }
        }
      };

  Round(
      Plan plan,
      House house,
      Crowd crowd,
      Pool pool,
      Recorder recorder,
      @Nullable Planting planting,
      Consumer<String> progress) {
    this.plan = plan;
    this.house = house;
    this.crowd = crowd;
    this.recorder = recorder;
    this.planting = planting;
    this.progress = progress;
    var random = new Random(plan.seed());
    for (var registered : pool.devices()) {
      devices.add(
          new SimDevice(
              registered.id(), registered.user(), stage, random.nextInt(plan.shape().gateways())));
    }
    this.pool = pool;
  }

  private final Pool pool;

  /** The registered devices that were not revoked. */
  record Pool(List<Registered> devices) {}

  record Registered(String id, Crowd.User user) {}

  /** Registers devices for everyone. */
  static Pool register(House house, Crowd crowd, int each) throws Exception {
    var pool = new ArrayList<Registered>();
    var places = new Semaphore(6);
    try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
      var futures = new ArrayList<java.util.concurrent.Future<Registered>>();
      for (var user : crowd.users) {
        for (int i = 0; i < each; i++) {
          int number = i;
          futures.add(
              workers.submit(
                  () -> {
                    places.acquire();
                    try {
                      return registered(house, crowd, user, number);
                    } finally {
                      places.release();
                    }
                  }));
        }
      }
      for (var future : futures) {
        pool.add(future.get());
      }
    }
    return new Pool(new ArrayList<>(pool));
  }

  private static Registered registered(House house, Crowd crowd, Crowd.User user, int number) {
    var proof = DeviceKey.generate().proof(house.issuer(), user.accessToken(), Clock.systemUTC());
    var made =
        user.issuer("POST", "/v1/devices", Map.of("name", "device " + number, "proof", proof))
            .orThrow();
    var id = made.text("device_id");
    var token = user.gatewayToken(id);
    user.id = String.valueOf(Crowd.claim(token, "sub"));
    var node = house.nodes().get(number % house.nodes().size());
    crowd
        .web
        .call(
            "PUT",
            node.url(),
            house.publicUrl,
            "/v1/devices/" + id,
            user.key,
            token,
            Map.of("credential", made.text("credential")),
            Duration.ZERO)
        .orThrow();
    return new Registered(id, user);
  }

  // ------------------------------------------------------------------ the round

  void run() throws Exception {
    var shape = plan.shape();
    recorder.record(
        at ->
            new Fact.Began(
                at,
                FactLines.VERSION,
                plan.seed(),
                shape + " " + plan.counts() + " " + plan.disturbances(),
                "fsync",
                house.nodes().stream().map(node -> node.name).toList()));
    for (var device : devices) {
      recorder.record(at -> new Fact.Device(at, device.id, device.user.id));
    }
    try {
      for (var device : devices) {
        threads.submit(() -> tend(device));
      }
      found();
      founded = true;
      progress.accept("%d rooms, %d devices".formatted(rooms.size(), devices.size()));
      load();
      settle();
    } finally {
      over = true;
      for (var device : devices) {
        if (device.revoked()) {
          pool.devices().removeIf(registered -> registered.id().equals(device.id));
        }
        device.close();
      }
      threads.shutdownNow();
    }
    var failed = failure;
    if (failed != null) {
      throw new IllegalStateException("a step failed by itself", failed);
    }
  }

  private void tend(SimDevice device) {
    var pause = new Random(plan.seed() ^ device.id.hashCode());
    while (!over) {
      try {
        if (device.online()) {
          device.tend();
        } else {
          connecting.acquire();
          try {
            device.tend();
          } finally {
            connecting.release();
          }
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (!over) {
          failure = e;
        }
      }
      pause(device.online() ? 700 + pause.nextInt(600) : 150 + pause.nextInt(400));
    }
  }

  private static void pause(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private SimDevice warden() {
    return devices.getFirst();
  }

  /** Rooms with their members, all devices in the group. */
  private void found() throws Exception {
    var random = new Random(plan.seed());
    var works = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < plan.shape().rooms(); i++) {
      var members = new ArrayList<>(crowd.users.subList(1, crowd.users.size()));
      java.util.Collections.shuffle(members, random);
      int count = Math.min(members.size(), plan.shape().usersPerRoom() * (i == 0 ? 3 : 2) / 2 - 1);
      var chosen = List.copyOf(members.subList(0, count));
      var name = "room " + i;
      int at = i;
      var book = found(name, at);
      rooms.add(book);
      works.add(CompletableFuture.runAsync(() -> gather(book, chosen, at), threads));
    }
    for (var work : works) {
      work.get(SETTLE_MAX.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private RoomBook found(String name, int at) {
    var deed = Deed.change("create", "", warden().user.id, 0);
    var body = Map.of("name", name, "join_rule", "invite");
    var node = house.nodes().get(at % house.nodes().size());
    long call = calls.incrementAndGet();
    recorder.record(
        time -> new Fact.Called(time, call, warden().id, warden().user.id, node.name, deed));
    var made = warden().ask("POST", "/v1/rooms", body, at).orThrow();
    var book = new RoomBook(made.text("room_id"));
    books.put(book.id, book);
    recorder.record(time -> new Fact.Accepted(time, call, 0, "", "", 0, 0));
    return book;
  }

  private void gather(RoomBook book, List<Crowd.User> members, int at) {
    // the book begins with what the founder reads
    seed(book);
    for (var user : members) {
      invite(book, user, at);
      join(book, user, at);
    }
    Awaited.until(
        "the founder sees everyone in " + book.id,
        SETTLE_MAX,
        () -> {
          seed(book);
          return book.view().joined().size() == members.size() + 1;
        });
    commit(book, warden(), new Random(plan.seed() + at));
  }

  /** Reads what no socket brought, since nobody follows yet. */
  private void seed(RoomBook book) {
    var answer =
        warden()
            .ask(
                "GET",
                "/v1/rooms/" + book.id + "/log?limit=100&after_seq=" + book.view().seq(),
                null,
                0);
    answer.list("entries").forEach(one -> book.take(Seen.entry((Map<?, ?>) one)));
  }

  private void invite(RoomBook book, Crowd.User user, int at) {
    warden()
        .call(
            Deed.change("invite", book.id, user.id, 0),
            "POST",
            "/v1/rooms/" + book.id + "/invitations",
            Map.of("user_id", user.id, "role", "member"),
            at);
  }

  private void join(RoomBook book, Crowd.User user, int at) {
    var device = devicesOf(user.id).getFirst();
    device.call(
        Deed.change("join", book.id, user.id, 0),
        "POST",
        "/v1/rooms/" + book.id + "/join",
        Map.of(),
        at);
  }

  private List<SimDevice> devicesOf(String user) {
    return devices.stream()
        .filter(device -> device.user.id.equals(user) && !device.revoked())
        .toList();
  }

  // ------------------------------------------------------------------ steps and faults

  private void load() throws Exception {
    long begun = System.nanoTime();
    var trouble =
        threads.submit(
            () -> {
              disturb(begun);
              return null;
            });
    long told = 0;
    for (var step : plan.steps()) {
      await(begun, step.atMillis());
      if (planting != null && step.atMillis() > plan.shape().loadMillis() / 3) {
        plant();
      }
      threads.submit(() -> act(step));
      if (step.atMillis() / 15_000 > told) {
        told = step.atMillis() / 15_000;
        progress.accept(
            "%d s: %d of %d steps, %d calls, %d facts, %d of %d devices online"
                .formatted(
                    step.atMillis() / 1000,
                    step.number(),
                    plan.steps().size(),
                    calls.get(),
                    recorder.facts(),
                    devices.stream().filter(SimDevice::online).count(),
                    devices.size()));
      }
    }
    trouble.get(SETTLE_MAX.toSeconds(), TimeUnit.SECONDS);
    Awaited.until("what is under way ends", SETTLE_MAX, () -> underWay.get() == 0);
  }

  private void plant() {
    var what = java.util.Objects.requireNonNull(planting);
    what.arm();
    if (what.kind() == Planting.Kind.LOSE && !what.done() && house.forget(rooms.getFirst().id)) {
      what.struck();
    }
  }

  private static void await(long begun, long millis) {
    long wait = begun + TimeUnit.MILLISECONDS.toNanos(millis) - System.nanoTime();
    if (wait > 0) {
      LockSupport.parkNanos(wait);
    }
  }

  private void disturb(long begun) {
    for (var disturbance : plan.disturbances()) {
      await(begun, disturbance.atMillis());
      var node = house.nodes().get(disturbance.gateway());
      var target =
          switch (disturbance.trouble()) {
            case KILL_POSTGRES -> "postgres";
            case KILL_NATS -> "nats";
            default -> node.name;
          };
      var kind =
          switch (disturbance.trouble()) {
            case KILL_GATEWAY, KILL_POSTGRES, KILL_NATS -> "kill";
            case DRAIN_GATEWAY -> "drain";
            case CUT_CLIENTS -> "cut from clients, " + disturbance.cut();
            case CUT_DATABASE -> "cut from postgres, " + disturbance.cut();
            case CUT_ISSUER -> "cut from the issuer, " + disturbance.cut();
            case CUT_NATS -> "cut from nats, " + disturbance.cut();
          };
      progress.accept(kind + ": " + target);
      fault(kind, target, "begins");
      disturb(disturbance, node);
      fault(kind, target, "ends");
    }
  }

  private void fault(String kind, String target, String phase) {
    recorder.record(at -> new Fact.Fault(at, kind, target, phase));
  }

  private void disturb(Disturbance it, House.Node node) {
    switch (it.trouble()) {
      case KILL_GATEWAY -> {
        node.kill();
        pause(it.forMillis());
        node.start();
        node.awaitHealthy();
      }
      case DRAIN_GATEWAY -> {
        node.stop();
        pause(it.forMillis());
        node.start();
        node.awaitHealthy();
      }
      case KILL_POSTGRES -> {
        house.killPostgres();
        pause(it.forMillis());
        house.startPostgres();
      }
      case CUT_CLIENTS -> cut(node.toClients, it);
      case CUT_DATABASE -> cut(node.toDatabase, it);
      case CUT_ISSUER -> cut(node.toIssuer, it);
      case KILL_NATS -> {
        house.killNats();
        pause(it.forMillis());
        house.startNats();
      }
      case CUT_NATS -> cut(node.toNats, it);
    }
  }

  private static void cut(Hop hop, Disturbance it) {
    hop.cut(it.cut());
    pause(it.forMillis());
    hop.heal(it.cut());
  }

  private void act(Step step) {
    underWay.incrementAndGet();
    try {
      act(step, rooms.get(step.room()), new Random(step.pick()));
    } catch (RuntimeException | Error e) {
      failure = e;
    } finally {
      underWay.decrementAndGet();
    }
  }

  private void act(Step step, RoomBook book, Random random) {
    var view = book.view();
    switch (step.act()) {
      case SEND, SEND_AGAIN, SEND_TWICE, SEND_SHUFFLED, PROPOSE -> {
        var sender = member(view, random);
        if (sender != null) {
          say(step, book, sender, random);
        }
      }
      case COMMIT -> {
        var committer = leaf(view, random);
        if (committer != null) {
          commit(book, committer, random);
        }
      }
      case RACE -> race(book, view, random);
      case KICK, BAN -> {
        var user = someoneIn(view, random);
        if (user != null) {
          boolean ban = step.act() == Act.BAN;
          warden()
              .call(
                  Deed.change(ban ? "ban" : "kick", book.id, user, 0),
                  "POST",
                  "/v1/rooms/" + book.id + (ban ? "/bans" : "/kicks"),
                  Map.of("user_id", user),
                  random.nextInt(house.nodes().size()));
          commitAfterwards(book, random);
        }
      }
      case LEAVE -> {
        var user = someoneIn(view, random);
        if (user != null) {
          pick(devicesOf(user), random)
              .call(
                  Deed.change("leave", book.id, user, 0),
                  "POST",
                  "/v1/rooms/" + book.id + "/leave",
                  Map.of(),
                  random.nextInt(house.nodes().size()));
          commitAfterwards(book, random);
        }
      }
      case COME_BACK -> comeBack(book, view, random);
      case TRESPASS -> trespass(step, book, view, random);
      case REVOKE -> revoke(view, random);
      case REDACT -> {
        if (!view.messages().isEmpty()) {
          long seq = pick(view.messages(), random);
          warden()
              .call(
                  Deed.change("redact", book.id, "", seq),
                  "DELETE",
                  "/v1/rooms/" + book.id + "/messages/" + seq,
                  null,
                  random.nextInt(house.nodes().size()));
        }
      }
      case RESET -> {
        warden()
            .call(
                Deed.change("reset", book.id, "", 0),
                "POST",
                "/v1/rooms/" + book.id + "/group-resets",
                Map.of(),
                random.nextInt(house.nodes().size()));
        commitAfterwards(book, random);
      }
      case MOVE -> pick(devices, random).move(1 + random.nextInt(2));
      case DAWDLE -> pick(devices, random).dawdle(Duration.ofMillis(1_000 + random.nextInt(6_000)));
      case CLOCK ->
          pick(devices, random)
              .clock(Duration.ofSeconds(pick(List.of(-600L, -50L, -20L, 20L, 50L, 600L), random)));
      case READ -> {
        var reader = member(view, random);
        if (reader != null) {
          reader.read(
              book.id,
              random.nextInt((int) view.seq() + 1),
              random.nextInt(house.nodes().size()),
              false);
        }
      }
    }
  }

  private static <T> T pick(List<T> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }

  private static List<String> sorted(Collection<String> names) {
    return List.copyOf(new TreeSet<>(names));
  }

  private @Nullable String someoneIn(RoomBook.View view, Random random) {
    var users = new ArrayList<>(sorted(view.joined()));
    users.remove(warden().user.id);
    return users.size() < AWAY_MEMBERS_MIN ? null : pick(users, random);
  }

  private @Nullable SimDevice member(RoomBook.View view, Random random) {
    if (view.joined().isEmpty()) {
      return null;
    }
    var of = devicesOf(pick(sorted(view.joined()), random));
    return of.isEmpty() ? null : pick(of, random);
  }

  /** A device that is in the group, and whose user is in the room. */
  private @Nullable SimDevice leaf(RoomBook.View view, Random random) {
    var able =
        devices.stream()
            .filter(device -> !device.revoked())
            .filter(device -> view.leaves().containsKey(device.id))
            .filter(device -> !view.outgoing().contains(device.id))
            .filter(device -> view.joined().contains(device.user.id))
            .toList();
    return able.isEmpty() ? null : pick(able, random);
  }

  private byte[] bytes(int count, Random random) {
    var bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  // ------------------------------------------------------------------ messages

  private record Sealed(Deed deed, byte[] message) {}

  private Sealed seal(RoomBook book, int kind, int size, Random random) {
    return seal(book, kind, size, book.view().epoch(), random);
  }

  private Sealed seal(RoomBook book, int kind, int size, long epoch, Random random) {
    var view = book.view();
    // whatever chance gives, no two messages are alike
    var payload = bytes(size + Long.BYTES, random);
    java.nio.ByteBuffer.wrap(payload).putLong(ids.incrementAndGet());
    var message = Mls.message(view.group(), epoch, kind, payload);
    var deed =
        Deed.message(
            kind == Entry.APPLICATION ? "application" : "proposal",
            book.id,
            Seen.hex(bytes(16, random)),
            Seen.digest(message),
            epoch);
    return new Sealed(deed, message);
  }

  private void say(Step step, RoomBook book, SimDevice sender, Random random) {
    int kind = step.act() == Act.PROPOSE ? Entry.PROPOSAL : Entry.APPLICATION;
    if (step.act() == Act.SEND_SHUFFLED) {
      shuffled(step, book, sender, random);
      return;
    }
    for (int i = 0; i < SEALED_ANEW_MAX; i++) {
      var sealed = seal(book, kind, step.size(), random);
      if (step.act() == Act.SEND_TWICE) {
        int other = sender.gateway() + 1;
        threads.submit(() -> sender.post(sealed.deed(), sealed.message(), other));
      }
      var outcome = untilAnswered(sender, sealed, List.of(), random);
      if (outcome instanceof Outcome.Done && step.act() == Act.SEND_AGAIN) {
        sender.post(sealed.deed(), sealed.message(), sender.gateway() + 1 + random.nextInt(2));
      }
      if (!(outcome instanceof Outcome.No(String code)) || !sealAnew(book, sealed, code, random)) {
        return;
      }
    }
  }

  /** Whether the same may be tried again, sealed for what the group is now. */
  private boolean sealAnew(RoomBook book, Sealed sealed, String code, Random random) {
    switch (code) {
      case "removal_pending" -> commitRemovals(book, random);
      case "stale_epoch", "other_group", "future_epoch" -> {
        try {
          book.awaitEpoch(sealed.deed().epoch() + 1, book.view().group());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void shuffled(Step step, RoomBook book, SimDevice sender, Random random) {
    var all = new ArrayList<Sealed>();
    for (int i = 0; i < 3; i++) {
      all.add(seal(book, Entry.APPLICATION, step.size(), random));
    }
    var answers = new ArrayList<CompletableFuture<Outcome>>();
    for (int index : new int[] {0, 1, 2, 1, 0}) {
      var answer = sender.send(all.get(index).deed(), all.get(index).message(), List.of());
      if (answer != null) {
        answers.add(answer);
      }
    }
    answers.forEach(Round::outcome);
  }

  private static Outcome outcome(CompletableFuture<Outcome> answer) {
    try {
      return answer.get(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return new Outcome.Unknown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome.Unknown();
    }
  }

  /** Repeats the same until there is an answer, as clients should; by whatever way there is. */
  private Outcome untilAnswered(
      SimDevice sender, Sealed sealed, List<SimDevice.Welcomed> welcomes, Random random) {
    Outcome last = new Outcome.Unknown();
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (sender.revoked() && attempt > 0) {
        return last;
      }
      var answer = sender.send(sealed.deed(), sealed.message(), welcomes);
      if (answer != null) {
        last = outcome(answer);
      } else if (!sealed.deed().kind().equals("commit")) {
        last = sender.post(sealed.deed(), sealed.message(), random.nextInt(house.nodes().size()));
      }
      if (!(last instanceof Outcome.Unknown)) {
        return last;
      }
      pause(200 + random.nextInt(800));
    }
    return last;
  }

  // ------------------------------------------------------------------ Commits

  private ReentrantLock turn(RoomBook book) {
    return committing.computeIfAbsent(book.id, room -> new ReentrantLock());
  }

  /** Adds who is missing, removes who has to go. */
  private void commit(RoomBook book, SimDevice by, Random random) {
    var turn = turn(book);
    turn.lock();
    try {
      for (int i = 0; i < SEALED_ANEW_MAX; i++) {
        var outcome = commitOnce(book, by, random);
        if (!(outcome instanceof Outcome.No(String code))
            || !(code.equals("stale_epoch")
                || code.equals("removal_pending")
                || code.equals("other_group"))) {
          return;
        }
        pause(100);
        seed(book);
      }
    } finally {
      turn.unlock();
    }
  }

  private Outcome commitOnce(RoomBook book, SimDevice by, Random random) {
    var view = book.view();
    var adds = new ArrayList<Leaf>();
    for (var device : devices) {
      if (!device.revoked()
          && view.joined().contains(device.user.id)
          && (!view.leaves().containsKey(device.id) || view.outgoing().contains(device.id))) {
        adds.add(new Leaf(device.user.id, device.id));
      }
    }
    var welcomes = new ArrayList<SimDevice.Welcomed>();
    for (var leaf : adds) {
      if (welcomes.size() < 40) {
        welcomes.add(new SimDevice.Welcomed(leaf.device(), Mls.welcome(bytes(24, random))));
      }
    }
    var message = Mls.message(view.group(), view.epoch(), Entry.COMMIT, bytes(40, random));
    var deed =
        Deed.commit(
            book.id,
            Seen.hex(bytes(16, random)),
            Seen.digest(message),
            view.epoch(),
            List.copyOf(adds),
            view.removals(),
            welcomes.stream()
                .map(welcome -> new Fact.Welcome(welcome.device(), Seen.digest(welcome.bytes())))
                .toList());
    return untilAnswered(by, new Sealed(deed, message), welcomes, random);
  }

  private void commitRemovals(RoomBook book, Random random) {
    seed(book);
    var view = book.view();
    var by = leaf(view, random);
    if (by != null && !view.outgoing().isEmpty()) {
      commit(book, by, random);
    }
  }

  private void commitAfterwards(RoomBook book, Random random) {
    pause(random.nextInt(1_500));
    seed(book);
    var by = leaf(book.view(), random);
    if (by != null) {
      commit(book, by, random);
    }
  }

  private void race(RoomBook book, RoomBook.View view, Random random) {
    var racers = new ArrayList<CompletableFuture<Outcome>>();
    for (int i = 0; i < 3; i++) {
      var by = leaf(view, random);
      var own = new Random(random.nextLong());
      if (by != null) {
        racers.add(CompletableFuture.supplyAsync(() -> commitOnce(book, by, own), threads));
      }
    }
    racers.forEach(CompletableFuture::join);
  }

  // ------------------------------------------------------------------ people

  private void comeBack(RoomBook book, RoomBook.View view, Random random) {
    if (view.out().isEmpty()) {
      return;
    }
    var id = pick(sorted(view.out()), random);
    var user = crowd.users.stream().filter(each -> each.id.equals(id)).findFirst().orElseThrow();
    int at = random.nextInt(house.nodes().size());
    if (view.banned().contains(id)) {
      warden()
          .call(
              Deed.change("unban", book.id, id, 0),
              "DELETE",
              "/v1/rooms/" + book.id + "/bans/" + id,
              null,
              at);
    }
    invite(book, user, at);
    join(book, user, at + random.nextInt(2));
    if (view.epoch() > 0) {
      // who names an old epoch must not be shown what ended it before they came
      var old = seal(book, Entry.APPLICATION, 10, random.nextInt((int) view.epoch()), random);
      devicesOf(id).getFirst().post(old.deed(), old.message(), at);
    }
    commitAfterwards(book, random);
  }

  /** Who is out sends, follows and reads. */
  private void trespass(Step step, RoomBook book, RoomBook.View view, Random random) {
    if (view.out().isEmpty()) {
      return;
    }
    var device = pick(devicesOf(pick(sorted(view.out()), random)), random);
    device.follow(book.id, random.nextInt((int) view.seq() + 1));
    var sealed = seal(book, Entry.APPLICATION, step.size(), random);
    var answer = device.send(sealed.deed(), sealed.message(), List.of());
    if (answer != null) {
      outcome(answer);
    }
    device.read(
        book.id, random.nextInt((int) view.seq() + 1), random.nextInt(house.nodes().size()), false);
  }

  private void revoke(RoomBook.View view, Random random) {
    if (revoked.get() >= REVOKED_MAX || view.joined().isEmpty()) {
      return;
    }
    var of = devicesOf(pick(sorted(view.joined()), random));
    if (of.size() < 2) {
      return;
    }
    // the first stays: it is the founder of rooms, or who joins them
    var device = of.get(1 + random.nextInt(of.size() - 1));
    revoked.incrementAndGet();
    long call = calls.incrementAndGet();
    recorder.record(
        at ->
            new Fact.Called(
                at,
                call,
                device.id,
                device.user.id,
                "issuer",
                Deed.change("revoke", "", device.id, 0)));
    var answer = device.user.issuer("DELETE", "/v1/devices/" + device.id, null);
    device.revoke();
    recorder.record(
        at ->
            answer.good()
                ? new Fact.Accepted(at, call, 0, "", "", 0, 0)
                : new Fact.Unanswered(at, call, answer.why()));
  }

  // ------------------------------------------------------------------ the end

  private void settle() throws Exception {
    progress.accept("healed; the last readings");
    for (var node : house.nodes()) {
      node.awaitHealthy();
    }
    var heads = heads();
    recorder.record(Fact.Settled::new);
    var random = new Random(plan.seed());
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
      for (var device : devices) {
        device.startOver(random.nextBoolean(), random.nextInt(house.nodes().size()));
      }
      var wanted = heads;
      reach(wanted);
      heads = heads();
      if (heads.equals(wanted)) {
        break;
      }
    }
    for (int at = 0; at < house.nodes().size(); at++) {
      for (var book : rooms) {
        lastReading(book, at);
      }
    }
  }

  /** Gives up after a while: the checker will say who did not get there. */
  private void reach(Map<String, Long> heads) {
    long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    while (System.nanoTime() < deadline) {
      if (devices.stream()
          .allMatch(device -> device.revoked() || device.caughtUp(of(device, heads)))) {
        return;
      }
      pause(200);
    }
    recorder.note("not everyone caught up in time");
  }

  private Map<String, Long> of(SimDevice device, Map<String, Long> heads) {
    var mine = new HashMap<String, Long>();
    for (var book : rooms) {
      if (book.view().joined().contains(device.user.id)) {
        mine.put(book.id, heads.getOrDefault(book.id, 0L));
      }
    }
    return mine;
  }

  /** The newest entry of each room, once none comes any more. */
  private Map<String, Long> heads() {
    Map<String, Long> before = Map.of();
    for (int i = 0; i < 30; i++) {
      var now = new HashMap<String, Long>();
      for (var book : rooms) {
        seed(book);
        now.put(book.id, book.view().seq());
      }
      if (now.equals(before)) {
        return now;
      }
      before = now;
      pause(1_500);
    }
    return before;
  }

  private void lastReading(RoomBook book, int at) {
    warden().read(book.id, 0, at, true);
    var answer = warden().ask("GET", "/v1/rooms/" + book.id, null, at);
    if (answer.good()) {
      var joined = new ArrayList<String>();
      for (var one : answer.list("members")) {
        var member = (Map<?, ?>) one;
        if (Seen.text(member, "state").equals("joined")) {
          joined.add(Seen.text(member, "user_id"));
        }
      }
      var node = house.nodes().get(at);
      recorder.record(
          time ->
              new Fact.State(
                  time,
                  node.name,
                  book.id,
                  Seen.number(answer.json(), "epoch"),
                  Seen.number(answer.json(), "last_seq"),
                  answer.text("group_id"),
                  List.copyOf(joined)));
    }
  }

  /** Whose history it is. */
  Set<String> roomIds() {
    return Set.copyOf(books.keySet());
  }
}
