package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.deviceOf;
import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The relay under load, with slow readers and doubtful stores, on whichever database. */
abstract class RelayLoadContract extends RelayFixture {

  @Test
  void kick_whileTheBacklogIsRead_endsItAtTheKick() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person());
    var room = room(alice.caller, bob.caller);
    for (int i = 0; i < 5; i++) {
      alice.send(room, 0, "m" + i);
    }
    bob.outbox.stall();
    bob.subscribe(after(room, 0));
    bob.outbox.awaitStalled();
    done(gateway.rooms().kick(alice.caller, room, bob.caller.userId()));
    alice.send(room, 0, "without bob");

    bob.outbox.drain();

    assertThat(bob.awaitEnd(room).getCode()).isEqualTo("kicked");
    assertThat(bob.entries(room)).extracting(RoomEntry::getSeq).endsWith(7L, 8L);
    assertThat(bob.entries(room).getLast().getEvent().getType()).isEqualTo("kicked");
  }

  @Test
  void subscribe_toManyUnknownRoomsManyTimes_startsNoStormOnTheDatabase() throws Exception {
    var mallory = new Socket(gateway.person());
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    var answers = new ArrayList<java.util.concurrent.CompletableFuture<ServerFrame>>();
    for (int i = 0; i < 40; i++) {
      var unknown = Subscribe.newBuilder();
      for (int r = 0; r < 990; r++) {
        unknown.addRooms(after(UUID.randomUUID().toString(), 0));
      }
      answers.add(
          mallory
              .attachment
              .handle(ClientFrame.newBuilder().setSubscribe(unknown).build())
              .toFuture());
    }
    gateway.part(Rooms.class).uncertain(Set.of(room), Set.of());
    assertThat(alice.send(room, 0, "in time").hasAccepted()).isTrue();
    alice.subscribe(after(room, 0)).caughtUp(room);

    var kinds = answers.stream().map(Gateway::join).map(ServerFrame::getBodyCase).toList();
    assertThat(kinds.getFirst()).isEqualTo(ServerFrame.BodyCase.SUBSCRIBED);
    assertThat(kinds).contains(ServerFrame.BodyCase.REFUSED);
    var told = answers.stream().map(Gateway::join).filter(ServerFrame::hasRefused).toList();
    assertThat(told).extracting(frame -> frame.getRefused().getCode()).containsOnly("rate_limited");
    assertThat(mallory.ask(ClientFrame.newBuilder().setSubscribe(Subscribe.newBuilder()).build()))
        .extracting(ServerFrame::getBodyCase)
        .isEqualTo(ServerFrame.BodyCase.SUBSCRIBED);
  }

  @Test
  void policyChange_whileTheBacklogIsRead_endsIt() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person("department", "contractor"));
    var room = room(alice.caller, bob.caller);
    alice.send(room, 0, "secret");
    bob.outbox.stall();
    bob.subscribe(after(room, 0));
    bob.outbox.awaitStalled();
    gateway.door().activate(NOT_FOR_CONTRACTORS);

    bob.outbox.drain();

    assertThat(bob.awaitEnd(room).getCode()).isEqualTo("policy_denied");
    assertThat(bob.entries(room)).isEmpty();
  }

  @Test
  void stalledReader_holdsOnePageAtMostAndLosesNothing() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    var reader = new Socket(alice.caller);
    for (int i = 0; i < 250; i++) {
      alice.send(room, 0, "m" + i);
    }
    reader.outbox.stall();
    reader.subscribe(after(room, 0));
    reader.outbox.awaitStalled();
    assertThat(reader.entries(room)).isEmpty();

    reader.outbox.drain();
    alice.send(room, 0, "live");

    assertThat(reader.awaitEntry(room, 252))
        .extracting(RoomEntry::getSeq)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 252).boxed().toList());
  }

  @Test
  void uncertain_everyoneReadsAgainAndNothingIsTwice() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    alice.subscribe(after(room, 0)).caughtUp(room);
    alice.send(room, 0, "one");

    gateway.part(Fanout.class).uncertain(Set.of(room), Set.of(deviceOf(alice.caller)));
    alice.send(room, 0, "two");
    alice.send(room, 0, "three");

    assertThat(alice.awaitEntry(room, 4))
        .extracting(RoomEntry::getSeq)
        .containsExactly(1L, 2L, 3L, 4L);
    assertThat(marks(alice.outbox.frames(), room)).hasSize(1);
  }

  @Test
  void send_beyondTheMostUnanswered_isRefusedUntilAnswersCome() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    alice.send(room, 0, "so that the room is known");
    var answers = new ArrayList<java.util.concurrent.CompletableFuture<ServerFrame>>();
    try (var connection = gateway.part(javax.sql.DataSource.class).getConnection()) {
      // Who holds the room's row holds up its log.
      connection.setAutoCommit(false);
      try (var lock = connection.prepareStatement("select id from room where id = ? for update")) {
        lock.setString(1, room);
        lock.executeQuery().close();
      }
      for (int i = 0; i < 260; i++) {
        answers.add(
            alice
                .attachment
                .handle(frame(alice.send(room).setMlsMessage(Gateway.sealed(room, 0, 1, "m" + i))))
                .toFuture());
      }
      for (var tooMany : answers.subList(256, 260)) {
        assertThat(Gateway.join(tooMany).getRefused().getCode()).isEqualTo("rate_limited");
      }
      connection.rollback();
    }
    for (var one : answers.subList(0, 256)) {
      assertThat(Gateway.join(one).hasRefused() && !Gateway.join(one).getRefused().getRetryable())
          .isFalse();
    }
    assertThat(alice.send(room, 0, "again").hasAccepted()).isTrue();
  }

  @Test
  void pipelinedMessages_keepTheirOrder() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    gateway.part(Rooms.class).uncertain(Set.of(room), Set.of());
    var answers = new ArrayList<java.util.concurrent.CompletableFuture<ServerFrame>>();
    for (int i = 0; i < 200; i++) {
      answers.add(
          alice
              .attachment
              .handle(frame(alice.send(room).setMlsMessage(Gateway.sealed(room, 0, 1, "" + i))))
              .toFuture());
    }

    for (int i = 0; i < 200; i++) {
      assertThat(join(answers.get(i)).getAccepted().getSeq()).isEqualTo(i + 2L);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void handOver_underLoadAndUncertainty_hasNoGapAndNoDuplicate(long seed) throws Exception {
    var random = new Random(seed);
    var writers = List.of(new Socket(gateway.person()), new Socket(gateway.person()));
    var readers = new ArrayList<Caller>();
    for (int i = 0; i < 4; i++) {
      readers.add(gateway.person());
    }
    var room =
        room(
            writers.get(0).caller,
            writers.get(1).caller,
            readers.get(0),
            readers.get(1),
            readers.get(2),
            readers.get(3));
    int each = 150;
    var sent = new Semaphore(0);
    var sockets = new ArrayList<Socket>();
    var starts = new ArrayList<Long>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var writing = new ArrayList<Future<?>>();
      var begun = new CountDownLatch(writers.size());
      for (var writer : writers) {
        writing.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    assertThat(writer.send(room, 0, "m" + i).hasAccepted()).isTrue();
                    begun.countDown();
                    sent.release();
                  }
                }));
      }
      begun.await(30, TimeUnit.SECONDS);
      var doubting =
          threads.submit(
              () -> {
                // Once for each message, while the next one is on its way.
                for (int i = 0; i < 2 * each; i++) {
                  sent.acquire();
                  gateway.part(Fanout.class).uncertain(Set.of(room), Set.of());
                }
                return null;
              });
      for (int i = 0; i < 24; i++) {
        long from = random.nextLong(6);
        starts.add(from);
        sockets.add(
            new Socket(readers.get(random.nextInt(readers.size()))).subscribe(after(room, from)));
      }
      for (var one : writing) {
        one.get(60, TimeUnit.SECONDS);
      }
      doubting.get(30, TimeUnit.SECONDS);
    }

    long last = 6 + 2L * each;
    for (int i = 0; i < sockets.size(); i++) {
      var entries = sockets.get(i).awaitEntry(room, last);
      long since =
          gateway
              .part(Rooms.class)
              .find(room)
              .join()
              .orElseThrow()
              .room()
              .since(sockets.get(i).caller.userId());
      long first = Math.max(starts.get(i) + 1, since);
      assertThat(entries)
          .extracting(RoomEntry::getSeq)
          .containsExactlyElementsOf(LongStream.rangeClosed(first, last).boxed().toList());
      sockets.get(i).attachment.detach();
    }
  }
}
