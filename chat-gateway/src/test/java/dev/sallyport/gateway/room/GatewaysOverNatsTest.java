package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.ProofUse;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.fanout.Remembered;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.EntryKind;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.LogListeners;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.nats.NatsServer;
import dev.sallyport.gateway.nats.Node;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.socket.MemoryOutbox;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two gateways on one PostgreSQL and one NATS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewaysOverNatsTest {

  /** Between processes, on a machine that does other things. */
  private static final Duration SOON = Duration.ofSeconds(30);

  private final AtomicLong ids = new AtomicLong();
  private final Node.Proofs proofs = new Node.Proofs();
  private EmbeddedPostgres database;
  private NatsServer nats;
  private List<Gateway> gateways;
  private List<Node> nodes;

  @BeforeAll
  void open() throws Exception {
    database = EmbeddedPostgres.start();
    nats = NatsServer.started();
    var url = database.getJdbcUrl("postgres", "postgres");
    gateways = List.of(new Gateway(url, "postgres"), new Gateway(url, "postgres"));
    nodes = List.of(node(gateways.get(0), new Node.Proofs()), node(gateways.get(1), proofs));
    nodes.forEach(node -> until(node::connected));
  }

  private Node node(Gateway gateway, Node.Proofs memory) {
    return new Node(
        nats,
        Node.KEY,
        gateway.part(RoomLog.class),
        gateway.part(LogListeners.class),
        gateway.part(Fanout.class),
        gateway.part(Remembered.class),
        memory);
  }

  @AfterAll
  void close() throws Exception {
    nodes.forEach(Node::close);
    gateways.forEach(Gateway::close);
    nats.close();
    database.close();
  }

  private static void until(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(10))
        .until(condition::getAsBoolean);
  }

  private String room(Caller owner, Caller... members) {
    var made = (RoomOutcome.Done) join(gateways.get(0).rooms().create(owner, "", "open", ""));
    for (var member : members) {
      assertThat(join(gateways.get(0).rooms().join(member, made.room().id())))
          .isInstanceOf(RoomOutcome.Done.class);
    }
    return made.room().id();
  }

  private ServerFrame send(int gateway, Caller caller, String room) {
    long id = ids.incrementAndGet();
    var send =
        Send.newBuilder()
            .setRoomId(room)
            .setClientMessageId(
                ByteString.copyFrom(ByteBuffer.allocate(16).putLong(0).putLong(id).flip()))
            .setMlsMessage(Gateway.sealed(room, 0, 1, "message " + id));
    return gateways
        .get(gateway)
        .relay()
        .attach(caller, new MemoryOutbox())
        .handle(ClientFrame.newBuilder().setSend(send).build())
        .blockOptional(SOON)
        .orElseThrow();
  }

  private long sent(int gateway, Caller caller, String room) {
    var answer = send(gateway, caller, room);
    assertThat(answer.hasAccepted()).as(answer.toString()).isTrue();
    return answer.getAccepted().getSeq();
  }

  /** Follows the room from its first entry on. */
  private MemoryOutbox follow(int gateway, Caller caller, String room) {
    var outbox = new MemoryOutbox();
    gateways
        .get(gateway)
        .relay()
        .attach(caller, outbox)
        .handle(
            ClientFrame.newBuilder()
                .setSubscribe(Subscribe.newBuilder().addRooms(Cursor.newBuilder().setRoomId(room)))
                .build())
        .block(SOON);
    outbox.await(
        "caught up",
        frames -> frames.stream().anyMatch(f -> f.getCaughtUp().getRoomId().equals(room)));
    return outbox;
  }

  private static List<Long> seqs(List<ServerFrame> frames, String room) {
    return frames.stream()
        .filter(f -> f.hasRoomEntry() && f.getRoomEntry().getRoomId().equals(room))
        .map(f -> f.getRoomEntry().getSeq())
        .toList();
  }

  private static void reaches(MemoryOutbox outbox, String room, long last) {
    outbox.await("entry " + last, frames -> seqs(frames, room).contains(last));
    var seqs = seqs(outbox.frames(), room);
    assertThat(seqs)
        .containsExactlyElementsOf(
            LongStream.rangeClosed(seqs.getFirst(), seqs.getLast()).boxed().toList());
  }

  @Test
  void messages_crossToANodeOnce_howeverManyFollowThere() throws Exception {
    var owner = gateways.get(0).person();
    var members = new ArrayList<Caller>();
    for (int i = 0; i < 20; i++) {
      members.add(gateways.get(1).person());
    }
    var room = room(owner, members.toArray(Caller[]::new));
    var outboxes = members.stream().map(member -> follow(1, member, room)).toList();
    until(() -> nodes.get(1).follows(room));
    // The first tells that the subscription stands on the other side, too.
    long first = sent(0, owner, room);
    outboxes.forEach(outbox -> reaches(outbox, room, first));
    long before = nodes.get(1).heard();

    long last = 0;
    for (int i = 0; i < 50; i++) {
      last = sent(0, owner, room);
    }
    for (var outbox : outboxes) {
      reaches(outbox, room, last);
    }

    until(() -> nodes.get(1).heard() - before >= 50);
    assertThat(nodes.get(1).heard() - before).isEqualTo(50);
  }

  @Test
  void messages_ofARoomThatNobodyFollowsThere_doNotCross() throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var room = room(owner, member);
    var outbox = follow(1, member, room);
    until(() -> nodes.get(1).follows(room));
    var other = room(owner, member);
    long crossed = nodes.get(1).heard();
    for (int i = 0; i < 20; i++) {
      sent(0, owner, other);
    }
    reaches(outbox, room, sent(0, owner, room));

    until(() -> nodes.get(1).heard() > crossed);
    assertThat(nodes.get(1).heard() - crossed).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void writersOnBoth_followersOnBothGetEachEntryOnceInOrder(long seed) throws Exception {
    var callers = List.of(gateways.get(0).person(), gateways.get(1).person());
    var room = room(callers.get(0), callers.get(1));
    var outboxes = List.of(follow(0, callers.get(0), room), follow(1, callers.get(1), room));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var work =
          IntStream.range(0, 4)
              .mapToObj(
                  w ->
                      threads.submit(
                          () -> {
                            var random = new Random(seed * 31 + w);
                            for (int i = 0; i < 60; i++) {
                              sent(w % 2, callers.get(w % 2), room);
                              if (random.nextInt(8) == 0) {
                                Thread.yield();
                              }
                            }
                            return null;
                          }))
              .toList();
      for (var one : work) {
        one.get(SOON.toSeconds(), TimeUnit.SECONDS);
      }
    }
    long last = sent(0, callers.get(0), room);
    outboxes.forEach(outbox -> reaches(outbox, room, last));
  }

  @Test
  void natsDies_othersCatchUpFromTheLog_andLiveAgainWhenItIsBack() throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var room = room(owner, member);
    var outbox = follow(1, member, room);
    reaches(outbox, room, sent(0, owner, room));
    nats.kill();
    until(() -> !nodes.get(1).connected());
    // The last of its room, and nothing follows it: only the heads can tell.
    long alone = sent(0, owner, room);
    reaches(outbox, room, alone);
    long duringCut = sent(0, owner, room);
    nats.start();
    nodes.forEach(node -> until(node::connected));
    reaches(outbox, room, duringCut);
    long before = nodes.get(1).heard();
    reaches(outbox, room, sent(0, owner, room));

    until(() -> nodes.get(1).heard() > before);
  }

  @Test
  void kickOnOne_endsFollowingOnTheOther_rightThere() throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var room = room(owner, member);
    var outbox = follow(1, member, room);
    long before = sent(0, owner, room);
    join(gateways.get(0).rooms().kick(owner, room, member.userId()));
    sent(0, owner, room);

    var frames =
        outbox.await("the end", all -> all.stream().anyMatch(ServerFrame::hasSubscriptionEnded));
    assertThat(frames.getLast().getSubscriptionEnded().getCode()).isEqualTo("kicked");
    assertThat(seqs(frames, room)).endsWith(before, before + 1);
  }

  @Test
  void roleGivenOnOne_actsOnTheOtherAtOnce() throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var guest = gateways.get(1).person();
    var room = room(owner, member, guest);
    // The second gateway remembers the room, and that this one may not.
    assertThat(join(gateways.get(1).rooms().kick(member, room, guest.userId())))
        .isInstanceOf(RoomOutcome.Refused.class);
    join(gateways.get(0).rooms().setRole(owner, room, member.userId(), RoomRole.MODERATOR));

    until(
        () ->
            join(gateways.get(1).rooms().kick(member, room, guest.userId()))
                instanceof RoomOutcome.Done);
  }

  @Test
  void entryOfAnotherHistory_isNeverShown() throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var room = room(owner, member);
    var outbox = follow(1, member, room);
    long before = sent(0, owner, room);
    reaches(outbox, room, before);
    // A gateway with the right key, on a copy of the database that went its own way.
    var blob = Gateway.sealed(room, 0, 1, "of another world");
    var forged =
        new LogEntry(
            room,
            before + 1,
            EntryKind.APPLICATION,
            new Append.Author(owner.userId(), Gateway.deviceOf(owner), ByteString.EMPTY),
            1,
            0,
            blob,
            null,
            null,
            ByteString.copyFrom(new byte[32]),
            ByteString.copyFrom(new byte[32]));
    assertThat(nodes.get(1).hear(forged)).isTrue();

    long real = sent(0, owner, room);
    reaches(outbox, room, real);
    reaches(outbox, room, sent(1, member, room));

    assertThat(real).isEqualTo(before + 1);
    assertThat(outbox.frames())
        .noneMatch(frame -> frame.getRoomEntry().getMlsMessage().equals(blob));
  }

  @Test
  void entryFarAhead_holdsNothingUp() throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var room = room(owner, member);
    var outbox = follow(1, member, room);
    long before = sent(0, owner, room);
    reaches(outbox, room, before);
    var page = join(gateways.get(1).part(RoomLog.class).read(room, before - 1, 1));
    var entry = page.entries().getFirst();
    nodes
        .get(1)
        .hear(
            new LogEntry(
                room,
                1L << 60,
                entry.kind(),
                entry.author(),
                1,
                0,
                entry.blob(),
                null,
                null,
                entry.blobHash(),
                entry.chainHash()));

    reaches(outbox, room, sent(0, owner, room));
    reaches(outbox, room, sent(1, member, room));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatComesLateTwiceOutOfOrderOrNot_isDeliveredOnceInOrder(long seed) throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var room = room(owner, member);
    var outbox = follow(1, member, room);
    var random = new Random(seed);
    var log = gateways.get(0).part(RoomLog.class);
    for (int round = 0; round < 12; round++) {
      long from = sent(0, owner, room);
      for (int i = random.nextInt(20); i > 0; i--) {
        sent(random.nextInt(3) == 0 ? 1 : 0, owner, room);
      }
      var heard = new ArrayList<>(join(log.read(room, from - 1, 100)).entries());
      heard.addAll(List.copyOf(heard));
      Collections.shuffle(heard, random);
      heard.subList(0, random.nextInt(heard.size())).forEach(nodes.get(1)::hear);
    }

    reaches(outbox, room, sent(0, owner, room));
  }

  @Test
  void otherKey_isNotBelieved() throws Exception {
    var owner = gateways.get(0).person();
    var member = gateways.get(1).person();
    var room = room(owner, member);
    var outbox = follow(1, member, room);
    var third = gateways.get(0);
    long refused = nodes.get(1).refused();
    try (var stranger =
        new Node(
            nats,
            new byte[] {
              1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5,
              6, 7, 8
            },
            third.part(RoomLog.class),
            third.part(LogListeners.class),
            third.part(Fanout.class),
            third.part(Remembered.class),
            new Node.Proofs())) {
      until(stranger::connected);
      until(() -> nodes.get(1).follows(room));
      reaches(outbox, room, sent(0, owner, room));
      until(() -> nodes.get(1).refused() > refused);
      assertThat(
              stranger
                  .proofs()
                  .use(proofs.node(), new ProofUse("nonce", "jkt", "by another key"))
                  .block(SOON))
          .isEqualTo(ProofUse.Outcome.UNKNOWN);
    }
    // Its part in the first gateway stays: it is told to tell them again.
    gateways.get(0).part(Fanout.class).across(nodes.get(0).nodes());
  }

  @Test
  void proof_isGoodOnceWhereverItIsShown() {
    var elsewhere = nodes.get(0).proofs();
    var proof = new ProofUse("nonce", "jkt", "one");
    assertThat(elsewhere.use(proofs.node(), proof).block(SOON)).isEqualTo(ProofUse.Outcome.FIRST);
    assertThat(elsewhere.use(proofs.node(), proof).block(SOON))
        .isEqualTo(ProofUse.Outcome.REPEATED);
    assertThat(proofs.use(proof)).isEqualTo(ProofUse.Outcome.REPEATED);
    assertThat(elsewhere.use(proofs.node(), new ProofUse("", "jkt", "two")).block(SOON))
        .isEqualTo(ProofUse.Outcome.UNKNOWN);
    // One that ran before, and one that is none.
    assertThat(elsewhere.use("0123456789abcdef", proof).block(SOON))
        .isEqualTo(ProofUse.Outcome.UNKNOWN);
    assertThat(elsewhere.use("*", proof).block(SOON)).isEqualTo(ProofUse.Outcome.UNKNOWN);
  }
}
