package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.log.AppendOutcome.Appended;
import dev.sallyport.gateway.log.AppendOutcome.FutureEpoch;
import dev.sallyport.gateway.log.AppendOutcome.StaleEpoch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commits, their epochs and their leaves, in every store of the room log. */
abstract class LogCommitsContract extends LogFixture {

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
  void append_declaration_isReadBack() {
    var room = roomWithBob();
    var tablet = UUID.randomUUID().toString();
    appended(commit(room, ALICE, phone, 0, List.of(leaf(BOB, tablet)), List.of()));
    appended(commit(room, ALICE, phone, 1, List.of(leaf(BOB, laptop)), List.of(leaf(BOB, tablet))));

    // Each leaf with its place, whether or not it was named.
    assertThat(readAll(room).getLast().declaration())
        .isEqualTo(
            new Content.Declaration(
                List.of(new Content.Leaf(BOB, laptop, 1)),
                List.of(new Content.Leaf(BOB, tablet, 1))));
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

    assertThat(outcomes.stream().map(LogFixture::join))
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

  static org.flywaydb.core.api.migration.Context context(java.sql.Connection connection) {
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

  private static Append withDelivery(Append append, String device, InboxItem item) {
    return new Append(
        append.roomId(),
        append.author(),
        append.content(),
        append.fence(),
        List.of(new Append.Delivery(device, item)));
  }

  @Test
  void groupReset_beginsAtEpochZeroWithTheAuthorsDeviceAlone() {
    var room = room();
    appended(commit(room, ALICE, phone, 0, List.of(leaf(ALICE, laptop)), List.of()));
    appended(commit(room, 1, "second"));
    var decidedOn = versionOf(room);

    var reset = appended(event(room, decidedOn, RoomEvent.groupReset("another group")));

    assertThat(reset.epoch()).isZero();
    assertThat(append(application(room, "of the old group", decidedOn, 2)))
        .isInstanceOf(AppendOutcome.Fenced.class);
    assertThat(append(application(room, "too new", Long.MAX_VALUE, 1)))
        .isEqualTo(new AppendOutcome.FutureEpoch(0));
    assertThat(
            append(
                message(
                    room,
                    laptop,
                    clientMessageId(),
                    new Content.Commit(bytes("c"), 0, Content.Declaration.NONE))))
        .isEqualTo(new AppendOutcome.NotInGroup(laptop));
    var won = appended(commit(room, 0, "first of the new"));
    assertThat(append(commit(room, 0, "late")))
        .isEqualTo(new AppendOutcome.StaleEpoch(1, won.entry()));
    var record = join(log().room(room)).orElseThrow();
    assertThat(record.groupId()).isEqualTo("another group");
    assertThat(record.epoch()).isEqualTo(1);
  }

  @Test
  void groupReset_betweenCommitsOfOneBatch_endsWhatCameBefore() throws Exception {
    var room = room();
    var version = versionOf(room);
    List<AppendOutcome> outcomes;
    try (var connection = dataSource().getConnection()) {
      connection.setAutoCommit(false);
      outcomes =
          new BatchTransaction(connection, 0, Durability.PROCESS, RemoveProposals.NONE)
              .run(
                  List.of(
                      commit(room, 0, "old"),
                      commit(room, 1, "old, too"),
                      event(room, version, RoomEvent.groupReset("another group")),
                      commit(room, 0, "new")),
                  List.of());
      connection.commit();
    }

    assertThat(outcomes).allMatch(Appended.class::isInstance);
    assertThat(append(commit(room, 0, "late")))
        .isEqualTo(new AppendOutcome.StaleEpoch(1, ((Appended) outcomes.get(3)).entry()));
    // Epoch 1 of the old group does not stand in the way of that of the new one.
    var second = appended(commit(room, 1, "second of the new"));
    assertThat(append(commit(room, 1, "late")))
        .isEqualTo(new AppendOutcome.StaleEpoch(2, second.entry()));
  }
}
