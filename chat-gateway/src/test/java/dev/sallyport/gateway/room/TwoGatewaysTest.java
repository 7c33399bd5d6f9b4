package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.deviceOf;
import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.device.TestDevices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.Chain;
import dev.sallyport.gateway.log.EntryKind;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.socket.MemoryOutbox;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two gateways that know nothing of each other, on one PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TwoGatewaysTest {

  private EmbeddedPostgres server;
  private List<Gateway> gateways;

  @BeforeAll
  void open() throws Exception {
    server = EmbeddedPostgres.start();
    var url = server.getJdbcUrl("postgres", "postgres");
    gateways = List.of(new Gateway(url, "postgres"), new Gateway(url, "postgres"));
  }

  @AfterAll
  void close() throws Exception {
    gateways.forEach(Gateway::close);
    server.close();
  }

  private static ServerFrame ask(Gateway gateway, Caller caller, Send.Builder send) {
    return gateway
        .relay()
        .attach(caller, new MemoryOutbox())
        .handle(ClientFrame.newBuilder().setSend(send).build())
        .blockOptional(Duration.ofSeconds(30))
        .orElseThrow(() -> new AssertionError("no answer"));
  }

  private static Send.Builder message(String room, long id, ByteString blob) {
    return Send.newBuilder()
        .setRoomId(room)
        .setClientMessageId(
            ByteString.copyFrom(ByteBuffer.allocate(16).putLong(0).putLong(id).flip()))
        .setMlsMessage(blob);
  }

  private static void inParallel(List<Callable<Void>> work) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var one : work.stream().map(threads::submit).toList()) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
  }

  private String room(Caller owner, Caller... members) {
    var made = (RoomOutcome.Done) join(gateways.get(0).rooms().create(owner, "", "open", ""));
    for (int i = 0; i < members.length; i++) {
      assertThat(join(gateways.get(i % 2).rooms().join(members[i], made.room().id())))
          .isInstanceOf(RoomOutcome.Done.class);
    }
    return made.room().id();
  }

  /** The log as that gateway reads it, its order and chain checked. */
  private static List<LogEntry> readAll(Gateway gateway, String room) {
    var entries = new ArrayList<LogEntry>();
    var chain = Chain.start(room);
    while (true) {
      var page = join(gateway.part(RoomLog.class).read(room, entries.size(), 100));
      for (var entry : page.entries()) {
        assertThat(Chain.verifies(chain, entry)).isTrue();
        chain = entry.chainHash();
        entries.add(entry);
      }
      if (page.end()) {
        assertThat(entries)
            .extracting(LogEntry::seq)
            .containsExactlyElementsOf(LongStream.rangeClosed(1, entries.size()).boxed().toList());
        return entries;
      }
    }
  }

  @Test
  void inbox_filledFromBoth_hasNoGapAndNoDuplicate() throws Exception {
    var bob = gateways.get(0).person();
    var first = gateways.get(0);
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();
    assertThat(TestDevices.register(first.part(Devices.class), bob, first.credential(bob, key)))
        .isTrue();
    var outbox = new MemoryOutbox();
    gateways
        .get(0)
        .relay()
        .attach(bob, outbox)
        .handle(ClientFrame.newBuilder().setSubscribe(Subscribe.getDefaultInstance()).build())
        .block(Duration.ofSeconds(30));
    outbox.await("caught up", frames -> frames.stream().anyMatch(ServerFrame::hasCaughtUp));
    for (int i = 0; i < 6; i++) {
      // The gateway that bob is at sees every other entry only.
      var gateway = gateways.get(i % 2 == 0 ? 1 : 0);
      var owner = gateway.person();
      var room = (RoomOutcome.Done) join(gateway.rooms().create(owner, "", "invite", ""));
      assertThat(
              join(gateway.rooms().invite(owner, room.room().id(), bob.userId(), RoomRole.MEMBER)))
          .isInstanceOf(RoomOutcome.Done.class);
      long last = i + 1L;
      if (i % 2 == 1) {
        outbox.await(
            "entry " + last,
            frames -> frames.stream().anyMatch(frame -> frame.getInboxEntry().getSeq() == last));
      }
    }

    assertThat(outbox.frames().stream().filter(ServerFrame::hasInboxEntry))
        .extracting(frame -> frame.getInboxEntry().getSeq())
        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void writersOnBoth_oneOrderNothingLostNothingTwice(long seed) throws Exception {
    var writers =
        List.of(
            gateways.get(0).person(),
            gateways.get(0).person(),
            gateways.get(1).person(),
            gateways.get(1).person());
    var rooms =
        List.of(
            room(writers.get(0), writers.subList(1, 4).toArray(Caller[]::new)),
            room(writers.get(3), writers.subList(0, 3).toArray(Caller[]::new)));
    int each = 60;
    Map<String, Map<Long, ByteString>> acknowledged = new HashMap<>();
    rooms.forEach(room -> acknowledged.put(room, Collections.synchronizedMap(new HashMap<>())));
    var work = new ArrayList<Callable<Void>>();
    for (int w = 0; w < writers.size(); w++) {
      int writer = w;
      var random = new Random(seed * 31 + w);
      work.add(
          () -> {
            for (int i = 0; i < each; i++) {
              var room = rooms.get(random.nextInt(2));
              var send = message(room, i, Gateway.sealed(room, 0, 1, writer + "/" + i));
              var accepted = ask(gateways.get(writer / 2), writers.get(writer), send).getAccepted();
              assertThat(accepted.getSeq()).isPositive();
              if (random.nextInt(4) == 0) {
                // A lost answer: the client repeats on whichever gateway it reaches.
                assertThat(
                        ask(gateways.get(random.nextInt(2)), writers.get(writer), send)
                            .getAccepted())
                    .isEqualTo(accepted);
              }
              Objects.requireNonNull(acknowledged.get(room))
                  .put(accepted.getSeq(), accepted.getChainHash());
            }
            return null;
          });
    }
    inParallel(work);

    int stored = 0;
    for (var room : rooms) {
      var entries = readAll(gateways.get(0), room);
      assertThat(readAll(gateways.get(1), room)).isEqualTo(entries);
      var messages = entries.stream().filter(e -> e.kind() == EntryKind.APPLICATION).toList();
      var chains = new HashMap<Long, ByteString>();
      messages.forEach(entry -> chains.put(entry.seq(), entry.chainHash()));
      assertThat(chains).isEqualTo(acknowledged.get(room));
      assertThat(messages).extracting(LogEntry::blob).doesNotHaveDuplicates();
      stored += messages.size();
    }
    assertThat(stored).isEqualTo(writers.size() * each);
  }

  @Test
  void commitsRacingOnBoth_oneWinsEachEpoch() throws Exception {
    var owner = gateways.get(0).person();
    var other = gateways.get(1).person();
    var room = room(owner, other);
    addToGroup(owner, other, room);
    int epochs = 20;
    var won = Collections.synchronizedList(new ArrayList<Long>());
    var work = new ArrayList<Callable<Void>>();
    for (int g = 0; g < 2; g++) {
      int which = g;
      var caller = List.of(owner, other).get(g);
      work.add(
          () -> {
            long epoch = 1;
            for (long id = 1; epoch < epochs; id++) {
              var send =
                  message(room, id, Gateway.sealed(room, epoch, 3, which + "/" + id))
                      .setCommit(CommitDeclaration.getDefaultInstance());
              var answer = ask(gateways.get(which), caller, send);
              if (answer.hasAccepted()) {
                won.add(epoch);
                epoch = answer.getAccepted().getEpoch();
              } else {
                assertThat(answer.getRefused().getCode()).isEqualTo("stale_epoch");
                epoch = answer.getRefused().getWinner().getEpoch() + 1;
              }
            }
            return null;
          });
    }
    inParallel(work);

    assertThat(won).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(epochs - 1);
    assertThat(readAll(gateways.get(1), room).stream().filter(e -> e.kind() == EntryKind.COMMIT))
        .extracting(LogEntry::epoch)
        .containsExactlyElementsOf(LongStream.rangeClosed(0, won.size()).boxed().toList());
  }

  private void addToGroup(Caller owner, Caller added, String room) throws Exception {
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();
    var second = gateways.get(1);
    assertThat(
            TestDevices.register(second.part(Devices.class), added, second.credential(added, key)))
        .isTrue();
    var leaf = DeclaredLeaf.newBuilder().setUserId(added.userId()).setDeviceId(deviceOf(added));
    assertThat(
            ask(
                    gateways.get(0),
                    owner,
                    message(room, 0, Gateway.sealed(room, 0, 3, "add"))
                        .setCommit(CommitDeclaration.newBuilder().addAdds(leaf)))
                .hasAccepted())
        .isTrue();
  }

  @Test
  void oneIdInTwoRoomsOnBothAtOnce_isStoredOnce() throws Exception {
    var caller = gateways.get(0).person();
    var rooms = List.of(room(caller), room(caller));
    for (long id = 0; id < 20; id++) {
      var answers = Collections.synchronizedList(new ArrayList<ServerFrame>());
      var work = new ArrayList<Callable<Void>>();
      for (int g = 0; g < 2; g++) {
        var gateway = gateways.get(g);
        var send = message(rooms.get(g), id, Gateway.sealed(rooms.get(g), 0, 1, "x"));
        work.add(
            () -> {
              answers.add(ask(gateway, caller, send));
              return null;
            });
      }
      inParallel(work);
      assertThat(answers.stream().filter(ServerFrame::hasAccepted)).hasSize(1);
      assertThat(answers.stream().filter(ServerFrame::hasRefused))
          .extracting(answer -> answer.getRefused().getCode())
          .containsExactly("id_reused");
    }
  }

  @Test
  void kickOnOne_fencesWhatTheOtherDecidesOnAnOldVersion() throws Exception {
    var owner = gateways.get(0).person();
    var bob = gateways.get(1).person();
    var room = room(owner, bob);
    assertThat(
            ask(gateways.get(1), bob, message(room, 1, Gateway.sealed(room, 0, 1, "in time")))
                .hasAccepted())
        .isTrue();
    join(gateways.get(0).rooms().kick(owner, room, bob.userId()));

    // The second gateway still knows the version of before: only the fence can tell it.
    var refused = ask(gateways.get(1), bob, message(room, 2, Gateway.sealed(room, 0, 1, "late")));

    assertThat(refused.getRefused().getCode()).isEqualTo("policy_denied");
    assertThat(readAll(gateways.get(1), room).getLast().kind()).isEqualTo(EntryKind.EVENT);
  }

  @Test
  void changesOfOneRoomOnBoth_eachIsDone() throws Exception {
    var owner = gateways.get(0).person();
    var room = room(owner);
    var joined = new HashSet<String>();
    var work = new ArrayList<Callable<Void>>();
    for (int i = 0; i < 16; i++) {
      var gateway = gateways.get(i % 2);
      var person = gateway.person();
      joined.add(person.userId());
      work.add(
          () -> {
            RoomOutcome outcome = join(gateway.rooms().join(person, room));
            // Who loses eight races in a row is told to come again.
            while (outcome instanceof RoomOutcome.Refused(Refusal refusal)) {
              assertThat(refusal.retryable()).isTrue();
              outcome = join(gateway.rooms().join(person, room));
            }
            return null;
          });
    }
    inParallel(work);

    var seen = join(gateways.get(1).part(Rooms.class).read(room)).orElseThrow().room();
    assertThat(joined).allMatch(seen::joined);
    assertThat(seen.version()).isEqualTo(17);
  }
}
