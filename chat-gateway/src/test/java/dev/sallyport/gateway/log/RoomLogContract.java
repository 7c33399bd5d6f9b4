package dev.sallyport.gateway.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.AppendOutcome.Appended;
import dev.sallyport.gateway.log.AppendOutcome.Fenced;
import dev.sallyport.gateway.log.AppendOutcome.IdReused;
import dev.sallyport.gateway.log.AppendOutcome.WrongRoom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store of the room log promises. A store's test says where to find one. */
abstract class RoomLogContract extends LogFixture {

  @Test
  void append_givesEachEntryTheNextPlaceInItsRoom() {
    var one = room();
    var other = room();

    assertThat(appended(application(one, "a")).entry().seq()).isEqualTo(2);
    assertThat(appended(application(other, "b")).entry().seq()).isEqualTo(2);
    assertThat(appended(application(one, "c")).entry().seq()).isEqualTo(3);
  }

  @Test
  void append_manyAtOnce_readBackInTheOrderOfTheCallsWithAnUnbrokenChain() {
    var room = room();
    var outcomes = new ArrayList<CompletableFuture<AppendOutcome>>();
    for (int i = 0; i < 700; i++) {
      outcomes.add(log().append(application(room, "m" + i)));
    }
    for (int i = 0; i < 700; i++) {
      assertThat(join(outcomes.get(i)))
          .isInstanceOfSatisfying(
              Appended.class, appended -> assertThat(appended.repeated()).isFalse());
    }

    var entries = readAll(room);
    assertThat(entries).hasSize(701);
    assertThat(entries.subList(1, 701))
        .extracting(entry -> entry.blob() == null ? "" : entry.blob().toStringUtf8())
        .containsExactlyElementsOf(
            java.util.stream.IntStream.range(0, 700).mapToObj(i -> "m" + i).toList());
    assertThat(told().entriesOf(room)).isEqualTo(entries);
  }

  @Test
  void append_chain_isThatOfThePublishedContract() throws Exception {
    var room = room();
    appended(application(room, "a"));
    append(event(room, 1, RoomEvent.about(RoomEvent.Type.INVITED, BOB, "member")));
    appended(commit(room, 0, "c"));
    append(event(room, 3, RoomEvent.retention(86_400)));
    append(event(room, 5, RoomEvent.redacted(ALICE, 2)));
    append(event(room, 6, RoomEvent.device(RoomEvent.Type.DEVICE_ADDED, BOB, laptop)));

    var before = contract("sallyport.v1.room-chain".getBytes(UTF_8), room.getBytes(UTF_8));
    var none = new byte[0];
    for (var entry : join(log().read(room, 0, 100)).entries()) {
      // Spelled out as in the README, not by the code under test.
      byte[] blobHash =
          switch ((int) entry.seq()) {
            case 1 ->
                contract(
                    "created".getBytes(UTF_8),
                    ALICE.getBytes(UTF_8),
                    "owner".getBytes(UTF_8),
                    "a room".getBytes(UTF_8),
                    "invite".getBytes(UTF_8));
            case 3 ->
                contract("invited".getBytes(UTF_8), BOB.getBytes(UTF_8), "member".getBytes(UTF_8));
            case 5 ->
                contract(
                    "retention_changed".getBytes(UTF_8),
                    none,
                    none,
                    none,
                    none,
                    none,
                    none,
                    u64(86_400));
            case 6 ->
                contract(
                    "redacted".getBytes(UTF_8),
                    ALICE.getBytes(UTF_8),
                    none,
                    none,
                    none,
                    none,
                    none,
                    none,
                    u64(2));
            case 7 ->
                contract(
                    "device_added".getBytes(UTF_8),
                    BOB.getBytes(UTF_8),
                    none,
                    none,
                    none,
                    none,
                    none,
                    none,
                    none,
                    laptop.getBytes(UTF_8));
            case 2 -> sha256(bytes("a"));
            default ->
                java.security.MessageDigest.getInstance("SHA-256")
                    .digest(java.util.Objects.requireNonNull(entry.blob()).toByteArray());
          };
      int[] kinds = {4, 1, 4, 3, 4, 4, 4};
      before =
          contract(
              before,
              u64(entry.seq()),
              u64(kinds[(int) entry.seq() - 1]),
              ALICE.getBytes(UTF_8),
              phone.getBytes(UTF_8),
              entry.author().clientMessageId().toByteArray(),
              u64(entry.acceptedAtMillis()),
              blobHash);
      assertThat(entry.blobHash().toByteArray()).isEqualTo(blobHash);
      assertThat(entry.chainHash().toByteArray()).isEqualTo(before);
    }
  }

  private static byte[] sha256(ByteString bytes) throws Exception {
    return java.security.MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
  }

  /** H over LP of each. */
  private static byte[] contract(byte[]... fields) throws Exception {
    var all = new java.io.ByteArrayOutputStream();
    for (byte[] field : fields) {
      all.write(java.nio.ByteBuffer.allocate(4).putInt(field.length).array());
      all.write(field);
    }
    return java.security.MessageDigest.getInstance("SHA-256").digest(all.toByteArray());
  }

  private static byte[] u64(long value) {
    return java.nio.ByteBuffer.allocate(8).putLong(value).array();
  }

  @Test
  void batch_sameIdTwice_isDecidedWithinTheTransaction() throws Exception {
    var room = room();
    var message = application(room, "once");
    try (var connection = dataSource().getConnection()) {
      connection.setAutoCommit(false);
      var batch = new BatchTransaction(connection, 1, Durability.MEMORY, RemoveProposals.NONE);
      assertThat(batch.run(List.of(message, message), List.of()))
          .extracting(outcome -> ((Appended) outcome).repeated())
          .containsExactly(false, true);
      connection.rollback();
    }
  }

  @Test
  void append_stateDurabilityOfTheStore() {
    assertThat(appended(application(room(), "a")).durability()).isEqualTo(log().durability());
  }

  @Test
  void append_sameIdAgain_givesTheFirstAnswerAndStoresOnce() {
    var room = room();
    var message = application(room, "once");
    var first = appended(message);
    appended(application(room, "between"));

    var again = appended(message);

    assertThat(again.repeated()).isTrue();
    assertThat(again.entry()).isEqualTo(first.entry());
    assertThat(again.epoch()).isEqualTo(first.epoch());
    assertThat(readAll(room)).hasSize(3);
    assertThat(told().entriesOf(room)).hasSize(3);
  }

  @Test
  void append_sameIdTwiceInOneBatch_storesOnce() {
    var room = room();
    var message = application(room, "once");

    var both = List.of(log().append(message), log().append(message));

    assertThat(both.stream().map(LogFixture::join).map(Appended.class::cast))
        .extracting(Appended::repeated)
        .containsExactly(false, true);
    assertThat(readAll(room)).hasSize(2);
  }

  @Test
  void append_repeatedAfterLosingTheRightTo_stillGivesTheFirstAnswer() {
    var room = room();
    var message = application(room, "once");
    var first = appended(message);
    append(event(room, 1, RoomEvent.archived()));

    assertThat(appended(message).entry()).isEqualTo(first.entry());
  }

  @Test
  void append_sameIdWithOtherBytesOrRoom_isReused() {
    var room = room();
    var id = clientMessageId();
    appended(message(room, phone, id, new Content.Application(bytes("a"), 0)));

    assertThat(append(message(room, phone, id, new Content.Application(bytes("b"), 0))))
        .isInstanceOf(IdReused.class);
    assertThat(append(message(room(), phone, id, new Content.Application(bytes("a"), 0))))
        .isInstanceOf(IdReused.class);
    assertThat(append(message(room, phone, id, new Content.Proposal(bytes("a"), 0))))
        .isInstanceOf(IdReused.class);
    assertThat(append(message(room, laptop, id, new Content.Application(bytes("a"), 0))))
        .isInstanceOf(Appended.class);
  }

  @Test
  void append_noSuchRoom_isWrongRoom() {
    assertThat(append(application(UUID.randomUUID().toString(), "a")))
        .isInstanceOf(WrongRoom.class);
  }

  @Test
  void append_roomCreatedTwice_isWrongRoom() {
    var room = room();
    assertThat(append(creation(room))).isInstanceOf(WrongRoom.class);
  }

  @Test
  void append_messageDecidedBeforeAKick_isFenced() {
    var room = roomWithBob();
    long decidedOn = versionOf(room);
    append(event(room, decidedOn, RoomEvent.about(RoomEvent.Type.KICKED, BOB, "")));

    var outcome = append(application(room, "late", decidedOn));

    assertThat(outcome).isEqualTo(new Fenced(versionOf(room)));
    assertThat(append(application(room, "decided again", versionOf(room))))
        .isInstanceOf(Appended.class);
  }

  @Test
  void append_messageBehindAKickInTheSameBatch_isFenced() {
    var room = roomWithBob();
    long decidedOn = versionOf(room);

    var kick =
        log().append(event(room, decidedOn, RoomEvent.about(RoomEvent.Type.KICKED, BOB, "")));
    var late = log().append(application(room, "late", decidedOn));

    assertThat(join(kick)).isInstanceOf(Appended.class);
    assertThat(join(late)).isInstanceOf(Fenced.class);
  }

  @Test
  void append_messageDecidedBeforeAnInvitation_passes() {
    var room = room();
    append(event(room, 1, RoomEvent.about(RoomEvent.Type.INVITED, BOB, "member")));

    assertThat(append(application(room, "a", 1))).isInstanceOf(Appended.class);
  }

  @Test
  void append_eventDecidedBeforeAnyOtherEvent_isFenced() {
    var room = room();
    append(event(room, 1, RoomEvent.about(RoomEvent.Type.INVITED, BOB, "member")));

    assertThat(append(event(room, 1, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "member"))))
        .isEqualTo(new Fenced(2));
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void append_fromManyThreads_everyRoomHasOneOrderAndNothingIsLost(long seed) throws Exception {
    var rooms = List.of(room(), room(), room(), room(), room());
    int threadsCount = 6;
    int each = 120;
    var acknowledged = java.util.Collections.synchronizedSet(new HashSet<LogEntry>());
    try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<java.util.concurrent.Future<?>>();
      for (int t = 0; t < threadsCount; t++) {
        var random = new Random(seed * 31 + t);
        done.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    var message = application(rooms.get(random.nextInt(5)), "m" + i);
                    var entry = appended(message).entry();
                    if (random.nextInt(4) == 0) {
                      assertThat(appended(message).entry()).isEqualTo(entry);
                    }
                    acknowledged.add(entry);
                  }
                }));
      }
      for (var one : done) {
        one.get(60, TimeUnit.SECONDS);
      }
    }

    var stored = new HashSet<LogEntry>();
    for (var room : rooms) {
      var entries = readAll(room);
      assertThat(told().entriesOf(room)).isEqualTo(entries);
      stored.addAll(entries.subList(1, entries.size()));
    }
    assertThat(stored).isEqualTo(acknowledged).hasSize(threadsCount * each);
  }
}
