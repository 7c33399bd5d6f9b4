package dev.sallyport.gateway.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.AppendOutcome.Appended;
import dev.sallyport.gateway.log.AppendOutcome.Fenced;
import dev.sallyport.gateway.log.AppendOutcome.FutureEpoch;
import dev.sallyport.gateway.log.AppendOutcome.IdReused;
import dev.sallyport.gateway.log.AppendOutcome.StaleEpoch;
import dev.sallyport.gateway.log.AppendOutcome.WrongRoom;
import dev.sallyport.gateway.log.RoomRecord.Member;
import dev.sallyport.gateway.log.RoomRecord.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store of the room log promises. A store's test says where to find one. */
abstract class RoomLogContract {

  private static final String ALICE = "0190d0c0-0000-7000-8000-00000000000a";
  private static final String BOB = "0190d0c0-0000-7000-8000-00000000000b";

  private final String phone = UUID.randomUUID().toString();
  private final String laptop = UUID.randomUUID().toString();
  private final AtomicLong ids = new AtomicLong(new Random().nextLong());

  abstract RoomLog log();

  abstract RecordingListener told();

  abstract javax.sql.DataSource dataSource();

  /** Moves the clock that the store reads. */
  abstract void at(Instant now);

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

    var before = contract("sallyport.v1.room-chain".getBytes(UTF_8), room.getBytes(UTF_8));
    for (var entry : readAll(room)) {
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
            default ->
                java.security.MessageDigest.getInstance("SHA-256")
                    .digest(java.util.Objects.requireNonNull(entry.blob()).toByteArray());
          };
      int[] kinds = {4, 1, 4, 3};
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
      var batch = new BatchTransaction(connection, 1, Durability.MEMORY);
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

    assertThat(both.stream().map(RoomLogContract::join).map(Appended.class::cast))
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
  void append_commitRepeatedAfterItWon_givesTheFirstAnswer() {
    var room = room();
    var commit = commit(room, 0, "c0");
    var first = appended(commit);
    appended(commit(room, 1, "c1"));

    var again = appended(commit);

    assertThat(again.repeated()).isTrue();
    assertThat(again.entry()).isEqualTo(first.entry());
    assertThat(again.epoch()).isEqualTo(1);
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

  @Test
  void append_commit_movesTheEpochOn() {
    var room = room();

    assertThat(appended(commit(room, 0, "c0")).epoch()).isEqualTo(1);
    assertThat(appended(application(room, "in epoch 1", 1, 1)).epoch()).isEqualTo(1);
    assertThat(appended(commit(room, 1, "c1")).epoch()).isEqualTo(2);
  }

  @Test
  void append_commitForAnEpochThatIsOver_isStaleAndNamesTheWinner() {
    var room = room();
    var winner = appended(commit(room, 0, "winner")).entry();
    appended(commit(room, 1, "next"));

    assertThat(append(commit(room, 0, "loser"))).isEqualTo(new StaleEpoch(2, winner));
  }

  @Test
  void append_twoCommitsForOneEpochInOneBatch_oneWins() {
    var room = room();
    var first = log().append(commit(room, 0, "first"));
    var second = log().append(commit(room, 0, "second"));

    var winner = ((Appended) join(first)).entry();
    assertThat(join(second)).isEqualTo(new StaleEpoch(1, winner));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void append_commitsRacingFromManyThreads_oneWinsEachEpoch(long seed) throws Exception {
    var room = room();
    int epochs = 25;
    int racers = 4;
    var winners = java.util.Collections.synchronizedList(new ArrayList<Long>());
    try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<java.util.concurrent.Future<?>>();
      for (int racer = 0; racer < racers; racer++) {
        var random = new Random(seed * 31 + racer);
        done.add(
            threads.submit(
                () -> {
                  long epoch = 0;
                  while (epoch < epochs) {
                    var blob = "c" + random.nextLong();
                    switch (append(commit(room, epoch, blob))) {
                      case Appended won -> {
                        winners.add(epoch);
                        epoch = won.epoch();
                      }
                      case StaleEpoch(long current, LogEntry winner) -> {
                        assertThat(winner).isNotNull();
                        epoch = current;
                      }
                      case AppendOutcome other -> throw new AssertionError(other);
                    }
                  }
                }));
      }
      for (var one : done) {
        one.get(60, TimeUnit.SECONDS);
      }
    }

    assertThat(winners).hasSizeGreaterThanOrEqualTo(epochs).doesNotHaveDuplicates();
    assertThat(readAll(room).stream().filter(entry -> entry.kind() == EntryKind.COMMIT))
        .extracting(LogEntry::epoch)
        .doesNotHaveDuplicates()
        .isSorted();
  }

  @Test
  void append_epochThatHasNotBegun_isRefused() {
    var room = room();
    assertThat(append(application(room, "early", 1, 1))).isEqualTo(new FutureEpoch(0));
    assertThat(append(commit(room, 7, "early"))).isEqualTo(new FutureEpoch(0));
  }

  @Test
  void append_messageOfThePastEpoch_isStale() {
    var room = room();
    var winner = appended(commit(room, 0, "c0")).entry();

    assertThat(append(application(room, "late"))).isEqualTo(new StaleEpoch(1, winner));
  }

  @Test
  void append_commitThatWins_deliversItsWelcomesInTheSameStep() {
    var room = room();
    var device = UUID.randomUUID().toString();
    var welcome = new InboxItem.Welcome(bytes("welcome"));
    var commit = withDelivery(commit(room, 0, "c0"), device, welcome);

    var accepted = appended(commit).entry();

    var inbox = join(log().readInbox(device, 0, 10));
    assertThat(inbox.entries())
        .containsExactly(new InboxEntry(device, 1, room, welcome, accepted.acceptedAtMillis()));
    assertThat(told().inboxOf(device)).isEqualTo(inbox.entries());
  }

  @Test
  void append_commitThatLoses_deliversNothing() {
    var room = room();
    var device = UUID.randomUUID().toString();
    appended(commit(room, 0, "winner"));

    append(withDelivery(commit(room, 0, "loser"), device, new InboxItem.Welcome(bytes("w"))));

    assertThat(join(log().readInbox(device, 0, 10)).entries()).isEmpty();
  }

  @Test
  void append_repeatedCommit_deliversItsWelcomesOnce() {
    var room = room();
    var device = UUID.randomUUID().toString();
    var commit = withDelivery(commit(room, 0, "c"), device, new InboxItem.Welcome(bytes("w")));
    appended(commit);
    appended(commit);

    assertThat(join(log().readInbox(device, 0, 10)).entries()).hasSize(1);
  }

  @Test
  void append_timeOfTheRoomNeverGoesBack() {
    var room = room();
    at(Instant.parse("2026-11-23T12:00:00Z"));
    var first = appended(application(room, "a")).entry();
    at(Instant.parse("2026-11-23T11:00:00Z"));
    var second = appended(application(room, "b")).entry();

    assertThat(second.acceptedAtMillis()).isEqualTo(first.acceptedAtMillis());
  }

  @Test
  void append_declaration_isReadBack() {
    var room = room();
    var declaration =
        new Content.Declaration(
            List.of(new Content.Leaf(BOB, laptop, null)),
            List.of(new Content.Leaf(ALICE, phone, 3)));
    appended(
        message(room, phone, clientMessageId(), new Content.Commit(bytes("c"), 0, declaration)));

    assertThat(readAll(room).getLast().declaration()).isEqualTo(declaration);
  }

  @Test
  void append_commitByADeviceThatNoCommitAdded_isNotInGroupAndMovesNothing() {
    var room = roomWithBob();

    assertThat(append(commit(room, BOB, laptop, 0, List.of(), List.of(leaf(ALICE, phone)))))
        .isEqualTo(new AppendOutcome.NotInGroup(laptop));
    assertThat(append(commit(room, BOB, phone, 0, List.of(), List.of())))
        .isEqualTo(new AppendOutcome.NotInGroup(phone));

    assertThat(appended(commit(room, 0, "alice goes on")).epoch()).isEqualTo(1);
    assertThat(append(commit(room, BOB, laptop, 0, List.of(), List.of())))
        .isInstanceOf(StaleEpoch.class);
  }

  @Test
  void append_commitByADeviceThatACommitAdded_winsUntilOneRemovesIt() {
    var room = roomWithBob();
    var tablet = UUID.randomUUID().toString();
    appended(commit(room, ALICE, phone, 0, List.of(leaf(BOB, laptop)), List.of()));
    appended(commit(room, BOB, laptop, 1, List.of(leaf(BOB, tablet)), List.of()));

    appended(commit(room, BOB, tablet, 2, List.of(), List.of(leaf(BOB, laptop))));
    assertThat(append(commit(room, BOB, laptop, 3, List.of(), List.of())))
        .isEqualTo(new AppendOutcome.NotInGroup(laptop));
    // A device that lost its state is removed and added by one Commit.
    appended(commit(room, ALICE, phone, 3, List.of(leaf(BOB, tablet)), List.of(leaf(BOB, tablet))));
    assertThat(appended(commit(room, BOB, tablet, 4, List.of(), List.of())).epoch()).isEqualTo(5);
  }

  @Test
  void append_commitRemovingWhatIsNotThere_isNotInGroup() {
    var room = roomWithBob();

    assertThat(append(commit(room, ALICE, phone, 0, List.of(), List.of(leaf(BOB, laptop)))))
        .isEqualTo(new AppendOutcome.NotInGroup(laptop));
    // Under another's name, policy would be asked about the wrong user.
    appended(commit(room, ALICE, phone, 0, List.of(leaf(BOB, laptop)), List.of()));
    assertThat(append(commit(room, BOB, laptop, 1, List.of(), List.of(leaf(BOB, phone)))))
        .isEqualTo(new AppendOutcome.NotInGroup(phone));
  }

  @Test
  void append_commitsInOneBatch_seeWhomTheOnesBeforeAdded() {
    var room = roomWithBob();
    var outcomes =
        List.of(
            log().append(commit(room, BOB, laptop, 0, List.of(), List.of())),
            log().append(commit(room, ALICE, phone, 0, List.of(leaf(BOB, laptop)), List.of())),
            log().append(commit(room, BOB, laptop, 1, List.of(), List.of())));

    assertThat(outcomes.stream().map(RoomLogContract::join))
        .extracting(outcome -> outcome.getClass().getSimpleName())
        .containsExactly("NotInGroup", "Appended", "Appended");
  }

  @Test
  void append_roomMadeWithoutADevice_isBegunByAnyDeviceOfItsMaker() {
    var room = UUID.randomUUID().toString();
    append(
        new Append(
            room,
            new Append.Author(ALICE, "", ByteString.EMPTY),
            new Content.Event(RoomEvent.created(ALICE, "a room", "open", "")),
            new Append.Fence.NoRoom(),
            List.of()));

    assertThat(append(commit(room, BOB, laptop, 0, List.of(), List.of())))
        .isEqualTo(new AppendOutcome.NotInGroup(laptop));
    appended(commit(room, ALICE, phone, 0, List.of(), List.of()));
    var tablet = UUID.randomUUID().toString();
    assertThat(append(commit(room, ALICE, tablet, 1, List.of(), List.of())))
        .isEqualTo(new AppendOutcome.NotInGroup(tablet));
    appended(commit(room, ALICE, phone, 1, List.of(), List.of()));
  }

  @Test
  void leavesFromHistory_areThoseThatItsCommitsDeclared() throws Exception {
    var told = roomWithBob();
    appended(commit(told, ALICE, phone, 0, List.of(leaf(BOB, laptop)), List.of()));
    appended(commit(told, BOB, laptop, 1, List.of(), List.of(leaf(ALICE, phone))));
    var fresh = room();
    var untold = roomWithBob();
    forgetLeaves(untold);
    appended(commit(untold, BOB, laptop, 0, List.of(), List.of()));
    for (var room : List.of(told, fresh)) {
      forgetLeaves(room);
    }

    try (var connection = dataSource().getConnection()) {
      new LeavesFromHistory().migrate(context(connection));
    }

    assertThat(append(commit(told, ALICE, phone, 2, List.of(), List.of())))
        .isEqualTo(new AppendOutcome.NotInGroup(phone));
    appended(commit(told, BOB, laptop, 2, List.of(), List.of()));
    assertThat(append(commit(fresh, BOB, laptop, 0, List.of(), List.of())))
        .isEqualTo(new AppendOutcome.NotInGroup(laptop));
    appended(commit(fresh, ALICE, phone, 0, List.of(), List.of()));
    // Bob had committed without ever having been added: there anyone may go on.
    appended(commit(untold, ALICE, phone, 1, List.of(), List.of()));
    appended(commit(untold, BOB, laptop, 2, List.of(), List.of()));
  }

  /** As in a database from before leaves were kept. */
  private void forgetLeaves(String room) throws Exception {
    try (var connection = dataSource().getConnection()) {
      for (var sql :
          List.of(
              "delete from room_leaf where room_id = ?",
              "update room set leaves_known = false where id = ?")) {
        try (var statement = connection.prepareStatement(sql)) {
          statement.setString(1, room);
          statement.executeUpdate();
        }
      }
    }
  }

  private static org.flywaydb.core.api.migration.Context context(java.sql.Connection connection) {
    return new org.flywaydb.core.api.migration.Context() {
      @Override
      public org.flywaydb.core.api.configuration.Configuration getConfiguration() {
        return org.flywaydb.core.Flyway.configure();
      }

      @Override
      public java.sql.Connection getConnection() {
        return connection;
      }
    };
  }

  private static Content.Leaf leaf(String userId, String deviceId) {
    return new Content.Leaf(userId, deviceId, null);
  }

  private Append commit(
      String room,
      String userId,
      String deviceId,
      long epoch,
      List<Content.Leaf> adds,
      List<Content.Leaf> removes) {
    return new Append(
        room,
        new Append.Author(userId, deviceId, clientMessageId()),
        new Content.Commit(
            bytes("c" + ids.incrementAndGet()), epoch, new Content.Declaration(adds, removes)),
        new Append.Fence.NotRestrictedSince(Long.MAX_VALUE),
        List.of());
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

  @Test
  void read_fromACursor_continuesAfterItAndAnchorsTheChain() {
    var room = room();
    var second = appended(application(room, "a")).entry();
    var third = appended(application(room, "b")).entry();

    var page = join(log().read(room, 2, 10));

    assertThat(page.entries()).containsExactly(third);
    assertThat(page.chainBefore()).isEqualTo(second.chainHash());
    assertThat(page.end()).isTrue();
    assertThat(page.complete()).isTrue();
  }

  @Test
  void read_atTheEnd_isEmptyAndAnchored() {
    var room = room();
    var last = appended(application(room, "a")).entry();

    var page = join(log().read(room, last.seq(), 10));

    assertThat(page.entries()).isEmpty();
    assertThat(page.end()).isTrue();
    assertThat(page.complete()).isTrue();
    assertThat(page.chainBefore()).isEqualTo(last.chainHash());
  }

  @Test
  void read_isBoundedByEntriesAndByBytes() {
    var room = room();
    for (int i = 0; i < 120; i++) {
      var _ = log().append(application(room, "m" + i));
    }
    appended(application(room, "last"));
    assertThat(join(log().read(room, 0, 1_000_000)).entries()).hasSize(RoomLog.PAGE_ENTRIES_MAX);
    assertThat(join(log().read(room, 0, 7)).end()).isFalse();
    assertThat(join(log().read(room, 0, -1)).entries()).hasSize(1);

    var big = room();
    for (int i = 0; i < 20; i++) {
      var _ =
          log()
              .append(
                  message(
                      big,
                      phone,
                      clientMessageId(),
                      new Content.Application(ByteString.copyFrom(new byte[65_536]), 0)));
    }
    appended(application(big, "last"));
    var page = join(log().read(big, 0, 100));
    assertThat(page.entries()).hasSize(5);
    assertThat(page.end()).isFalse();
    assertThat(readAll(big)).hasSize(22);
  }

  @Test
  void readInbox_isNumberedByDevice() {
    var device = UUID.randomUUID().toString();
    var low = new InboxItem.KeyPackagesLow(3);
    var invitation = new InboxItem.Invitation(ALICE, "guest");
    join(log().deliver("", List.of(new Append.Delivery(device, low))));
    join(
        log()
            .deliver(
                "room",
                List.of(
                    new Append.Delivery(device, invitation),
                    new Append.Delivery(UUID.randomUUID().toString(), low))));

    assertThat(join(log().readInbox(device, 0, 10)).entries())
        .extracting(InboxEntry::seq, InboxEntry::item)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, low),
            org.assertj.core.groups.Tuple.tuple(2L, invitation));
    var rest = join(log().readInbox(device, 1, 1));
    assertThat(rest.entries()).extracting(InboxEntry::item).containsExactly(invitation);
    assertThat(rest.complete()).isTrue();
  }

  @Test
  void forgetInbox_dropsWhatTheDeviceHoldsAndSaysSo() {
    var device = UUID.randomUUID().toString();
    var low = new Append.Delivery(device, new InboxItem.KeyPackagesLow(3));
    join(log().deliver("", List.of(low, low, low)));

    join(log().forgetInbox(device, 2));

    var fromStart = join(log().readInbox(device, 0, 10));
    assertThat(fromStart.entries()).extracting(InboxEntry::seq).containsExactly(3L);
    assertThat(fromStart.complete()).isFalse();
    assertThat(join(log().readInbox(device, 2, 10)).complete()).isTrue();
    join(log().deliver("", List.of(low)));
    assertThat(join(log().readInbox(device, 3, 10)).entries())
        .extracting(InboxEntry::seq)
        .containsExactly(4L);
  }

  @Test
  void forgetInbox_beyondItsEnd_doesNothing() {
    var device = UUID.randomUUID().toString();
    join(log().deliver("", List.of(new Append.Delivery(device, new InboxItem.KeyPackagesLow(3)))));

    join(log().forgetInbox(device, 99));

    assertThat(join(log().readInbox(device, 0, 10)).entries()).hasSize(1);
  }

  @Test
  void inbox_keepsItsNewest() {
    var device = UUID.randomUUID().toString();
    var low = new Append.Delivery(device, new InboxItem.KeyPackagesLow(3));
    for (int i = 0; i < RoomLog.INBOX_ENTRIES_MAX / 100; i++) {
      join(log().deliver("", java.util.Collections.nCopies(100, low)));
    }
    join(log().deliver("", List.of(low, low)));

    var page = join(log().readInbox(device, 0, 10));
    assertThat(page.complete()).isFalse();
    assertThat(page.entries().getFirst().seq()).isEqualTo(3);
  }

  @Test
  void room_isWhatItsEventsMadeOfIt() {
    var room = room();
    assertThat(append(event(room, 1, RoomEvent.about(RoomEvent.Type.INVITED, BOB, "guest"))))
        .isInstanceOf(Appended.class);
    appended(application(room, "m"));
    append(event(room, 2, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "guest")));
    append(event(room, 4, RoomEvent.about(RoomEvent.Type.ROLE_CHANGED, BOB, "moderator")));
    var carol = UUID.randomUUID().toString();
    var last = appended(event(room, 5, RoomEvent.about(RoomEvent.Type.BANNED, carol, "")));

    var record = join(log().room(room)).orElseThrow();

    assertThat(record.name()).isEqualTo("a room");
    assertThat(record.version()).isEqualTo(6);
    assertThat(record.restrictedAt()).isEqualTo(6);
    assertThat(record.lastSeq()).isEqualTo(6);
    assertThat(record.chainHash()).isEqualTo(last.entry().chainHash());
    assertThat(record.members())
        .containsExactlyInAnyOrder(
            new Member(ALICE, State.JOINED, "owner", 1),
            new Member(BOB, State.JOINED, "moderator", 2),
            new Member(carol, State.BANNED, "", 6));

    append(event(room, 6, RoomEvent.about(RoomEvent.Type.UNBANNED, carol, "")));
    append(event(room, 7, RoomEvent.about(RoomEvent.Type.LEFT, BOB, "")));
    append(event(room, 8, RoomEvent.archived()));
    var after = join(log().room(room)).orElseThrow();
    assertThat(after.members()).extracting(Member::userId).containsExactly(ALICE);
    assertThat(after.archived()).isTrue();
    assertThat(join(log().room(UUID.randomUUID().toString()))).isEmpty();
  }

  @Test
  void roomsOf_listsJoinedAndInvitedButNotBanned() {
    var user = UUID.randomUUID().toString();
    var invited = room();
    var banned = room();
    var joined = room();
    append(event(invited, 1, RoomEvent.about(RoomEvent.Type.INVITED, user, "member")));
    append(event(banned, 1, RoomEvent.about(RoomEvent.Type.BANNED, user, "")));
    append(event(joined, 1, RoomEvent.about(RoomEvent.Type.JOINED, user, "member")));

    var all = join(log().roomsOf(user, "", 10));
    assertThat(all).containsExactlyInAnyOrder(invited, joined).isSorted();
    assertThat(join(log().roomsOf(user, all.getFirst(), 10))).containsExactly(all.getLast());
    assertThat(join(log().roomsOf(user, "", 1))).containsExactly(all.getFirst());
  }

  String room() {
    var room = UUID.randomUUID().toString();
    assertThat(append(creation(room))).isInstanceOf(Appended.class);
    return room;
  }

  private String roomWithBob() {
    var room = room();
    append(event(room, 1, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "member")));
    return room;
  }

  private Append creation(String room) {
    return new Append(
        room,
        new Append.Author(ALICE, phone, ByteString.EMPTY),
        new Content.Event(RoomEvent.created(ALICE, "a room", "invite", "")),
        new Append.Fence.NoRoom(),
        List.of());
  }

  private Append event(String room, long version, RoomEvent event) {
    return new Append(
        room,
        new Append.Author(ALICE, phone, ByteString.EMPTY),
        new Content.Event(event),
        new Append.Fence.Exactly(version),
        List.of());
  }

  Append application(String room, String text) {
    return application(room, text, Long.MAX_VALUE);
  }

  private Append application(String room, String text, long version) {
    return application(room, text, version, 0);
  }

  private Append application(String room, String text, long version, long epoch) {
    return new Append(
        room,
        new Append.Author(ALICE, phone, clientMessageId()),
        new Content.Application(bytes(text), epoch),
        new Append.Fence.NotRestrictedSince(version),
        List.of());
  }

  private Append commit(String room, long epoch, String text) {
    return message(
        room,
        phone,
        clientMessageId(),
        new Content.Commit(bytes(text), epoch, Content.Declaration.NONE));
  }

  private static Append message(
      String room, String device, ByteString clientMessageId, Content content) {
    return new Append(
        room,
        new Append.Author(ALICE, device, clientMessageId),
        content,
        new Append.Fence.NotRestrictedSince(Long.MAX_VALUE),
        List.of());
  }

  private static Append withDelivery(Append append, String device, InboxItem item) {
    return new Append(
        append.roomId(),
        append.author(),
        append.content(),
        append.fence(),
        List.of(new Append.Delivery(device, item)));
  }

  private ByteString clientMessageId() {
    var id = java.nio.ByteBuffer.allocate(16).putLong(0).putLong(ids.incrementAndGet()).flip();
    return ByteString.copyFrom(id);
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  AppendOutcome append(Append append) {
    return join(log().append(append));
  }

  private Appended appended(Append append) {
    return (Appended) append(append);
  }

  private long versionOf(String room) {
    return join(log().room(room)).orElseThrow().version();
  }

  /** Page by page, with the chain checked from the room id on. */
  List<LogEntry> readAll(String room) {
    var entries = new ArrayList<LogEntry>();
    var chain = Chain.start(room);
    while (true) {
      long after = entries.isEmpty() ? 0 : entries.getLast().seq();
      var page = join(log().read(room, after, 50));
      assertThat(page.complete()).isTrue();
      assertThat(page.chainBefore()).isEqualTo(chain);
      for (var entry : page.entries()) {
        assertThat(Chain.verifies(chain, entry)).isTrue();
        chain = entry.chainHash();
        entries.add(entry);
      }
      if (page.end()) {
        assertThat(entries)
            .extracting(LogEntry::seq)
            .containsExactlyElementsOf(
                java.util.stream.LongStream.rangeClosed(1, entries.size()).boxed().toList());
        return entries;
      }
    }
  }

  static <T extends @org.jspecify.annotations.Nullable Object> T join(CompletableFuture<T> future) {
    return future.orTimeout(30, TimeUnit.SECONDS).join();
  }
}
