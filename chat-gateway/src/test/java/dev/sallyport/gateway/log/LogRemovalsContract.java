package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.log.AppendOutcome.Appended;
import dev.sallyport.gateway.log.AppendOutcome.RemovalPending;
import dev.sallyport.gateway.log.AppendOutcome.StaleEpoch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Leaves that have to go, in every store of the room log. */
abstract class LogRemovalsContract extends LogFixture {

  private static final String CAROL = "0190d0c0-0000-7000-8000-00000000000c";

  private final String tablet = UUID.randomUUID().toString();

  private static Content.Leaf leaf(String userId, String deviceId) {
    return leaf(userId, deviceId, null);
  }

  private static Content.Leaf leaf(String userId, String deviceId, @Nullable Integer index) {
    return new Content.Leaf(userId, deviceId, index);
  }

  /** Alice's phone at 0, Bob's laptop and tablet at 1 and 2, epoch 1. */
  private String group() {
    var room = roomWithBob();
    appended(
        commit(room, ALICE, phone, 0, List.of(leaf(BOB, laptop), leaf(BOB, tablet)), List.of()));
    return room;
  }

  private Appended happens(String room, RoomEvent event) {
    return appended(event(room, versionOf(room), event));
  }

  private Appended kickBob(String room) {
    return happens(room, RoomEvent.about(RoomEvent.Type.KICKED, BOB, ""));
  }

  private Append sends(String room, long epoch) {
    return application(room, "hello", Long.MAX_VALUE, epoch);
  }

  private Append external(
      String room, String userId, String deviceId, long epoch, List<Content.Leaf> removes) {
    return new Append(
        room,
        new Append.Author(userId, deviceId, clientMessageId()),
        new Content.Commit(
            bytes("x" + ids.incrementAndGet()),
            epoch,
            new Content.Declaration(List.of(leaf(userId, deviceId)), removes),
            true,
            null,
            null),
        new Append.Fence.NotRestrictedSince(Long.MAX_VALUE),
        List.of());
  }

  /** One that says where the gateway stands in the group. */
  private Append introduces(String room, long epoch, int index, String keyId) {
    return new Append(
        room,
        new Append.Author(ALICE, phone, clientMessageId()),
        new Content.Commit(
            bytes("i" + ids.incrementAndGet()),
            epoch,
            Content.Declaration.NONE,
            false,
            null,
            new Content.ExternalSender(index, keyId)),
        new Append.Fence.NotRestrictedSince(Long.MAX_VALUE),
        List.of());
  }

  private final List<Content.Leaf> bobs = List.of(leaf(BOB, laptop, 1), leaf(BOB, tablet, 2));

  // ------------------------------------------------------------------ the fence

  @ParameterizedTest
  @EnumSource(
      value = RoomEvent.Type.class,
      names = {"KICKED", "BANNED", "LEFT"})
  void append_applicationAfterSomeoneIsOut_waitsForTheirRemoval(RoomEvent.Type type) {
    var room = group();
    happens(room, RoomEvent.about(type, BOB, ""));

    assertThat(append(sends(room, 1))).isEqualTo(new RemovalPending(bobs));
    assertThat(append(commit(room, 1, "an update"))).isEqualTo(new RemovalPending(bobs));
    assertThat(append(commit(room, ALICE, phone, 1, List.of(), List.of(leaf(BOB, laptop)))))
        .isEqualTo(new RemovalPending(bobs));

    appended(
        commit(room, ALICE, phone, 1, List.of(), List.of(leaf(BOB, tablet), leaf(BOB, laptop))));
    assertThat(appended(sends(room, 2)).epoch()).isEqualTo(2);
  }

  @Test
  void append_applicationAfterADeviceEnded_waitsForItsRemoval() {
    var room = group();
    happens(room, RoomEvent.device(RoomEvent.Type.DEVICE_REMOVED, BOB, tablet));

    assertThat(append(sends(room, 1))).isEqualTo(new RemovalPending(List.of(leaf(BOB, tablet, 2))));
    // The user's other device does it as well as anyone.
    appended(commit(room, BOB, laptop, 1, List.of(), List.of(leaf(BOB, tablet))));
    appended(sends(room, 2));
  }

  @Test
  void append_applicationAfterSomeoneWithoutALeafIsOut_isTaken() {
    var room = roomWithBob();
    kickBob(room);

    appended(sends(room, 0));
    assertThat(join(log().removals(room, ""))).isEmpty();
  }

  @Test
  void append_whoComesBackBeforeTheRemoval_leavesTheirLeafBehind() {
    var room = group();
    kickBob(room);
    happens(room, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "member"));

    assertThat(append(sends(room, 1))).isInstanceOf(RemovalPending.class);
    // What is left behind neither commits nor takes itself out.
    assertThat(append(commit(room, BOB, laptop, 1, List.of(), List.of(leaf(BOB, tablet)))))
        .isInstanceOf(RemovalPending.class);
    assertThat(
            append(
                commit(
                    room,
                    BOB,
                    laptop,
                    1,
                    List.of(),
                    List.of(leaf(BOB, tablet), leaf(BOB, laptop)))))
        .isEqualTo(new AppendOutcome.WrongLeaf(laptop));

    appended(
        commit(
            room,
            ALICE,
            phone,
            1,
            List.of(leaf(BOB, laptop)),
            List.of(leaf(BOB, tablet), leaf(BOB, laptop))));
    appended(sends(room, 2));
    appended(commit(room, BOB, laptop, 2, List.of(), List.of()));
  }

  @Test
  void append_messageRepeatedWhileALeafHasToGo_getsTheFirstAnswer() {
    var room = group();
    var message = sends(room, 1);
    var first = appended(message);
    kickBob(room);

    assertThat(appended(message).entry()).isEqualTo(first.entry());
  }

  @Test
  void append_proposalWhileALeafHasToGo_isTaken() {
    var room = group();
    kickBob(room);

    appended(message(room, phone, clientMessageId(), new Content.Proposal(bytes("a proposal"), 1)));
  }

  @Test
  void append_externalCommitWhileALeafHasToGo_isTakenAndTheLeafStillHasTo() {
    var room = group();
    kickBob(room);

    // Alice's phone lost its state; nobody else could remove Bob.
    appended(external(room, ALICE, phone, 1, List.of(leaf(ALICE, phone))));

    assertThat(append(sends(room, 2))).isEqualTo(new RemovalPending(bobs));
    appended(
        commit(room, ALICE, phone, 2, List.of(), List.of(leaf(BOB, tablet), leaf(BOB, laptop))));
    appended(sends(room, 3));
  }

  @Test
  void append_staleMessageWhileALeafHasToGo_isToldTheWinnerFirst() {
    var room = group();
    kickBob(room);

    assertThat(append(sends(room, 0))).isInstanceOf(StaleEpoch.class);
  }

  @Test
  void append_moreLeavesThanOneCommitRemoves_goInSeveral() {
    var room = group();
    var many = new ArrayList<Content.Leaf>();
    for (int i = 0; i < RoomLog.REMOVES_PER_COMMIT_MAX; i++) {
      many.add(leaf(BOB, UUID.randomUUID().toString()));
    }
    appended(commit(room, ALICE, phone, 1, many, List.of()));
    kickBob(room);

    assertThat(append(commit(room, ALICE, phone, 2, List.of(), many.subList(0, many.size() - 1))))
        .isInstanceOf(RemovalPending.class);
    appended(commit(room, ALICE, phone, 2, List.of(), many));
    assertThat(append(sends(room, 3))).isEqualTo(new RemovalPending(bobs));
    appended(
        commit(room, ALICE, phone, 3, List.of(), List.of(leaf(BOB, laptop), leaf(BOB, tablet))));
    appended(sends(room, 4));
  }

  @Test
  void groupReset_whileALeafHasToGo_endsThat() {
    var room = group();
    kickBob(room);
    happens(room, RoomEvent.groupReset("another group"));

    appended(sends(room, 0));
    assertThat(join(log().removals(room, ""))).isEmpty();
  }

  @Test
  void append_kickAndMessageInOneBatch_theMessageWaits() {
    var room = group();
    var version = versionOf(room);
    var kicked =
        log().append(event(room, version, RoomEvent.about(RoomEvent.Type.KICKED, BOB, "")));
    var sent = log().append(sends(room, 1));

    assertThat(join(kicked)).isInstanceOf(Appended.class);
    assertThat(join(sent)).isEqualTo(new RemovalPending(bobs));
  }

  /** Whatever the interleaving: between a kick and its Remove stands no message. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void append_kicksCommitsAndMessagesRacing_noMessageStandsBetweenKickAndRemove(long seed)
      throws Exception {
    var room = group();
    var over = new AtomicBoolean();
    var begin = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<java.util.concurrent.Future<?>>();
      for (int sender = 0; sender < 3; sender++) {
        done.add(
            threads.submit(
                () -> {
                  begin.await();
                  long epoch = 1;
                  while (!over.get()) {
                    switch (append(sends(room, epoch))) {
                      case StaleEpoch(long current, var winner) -> epoch = current;
                      case Appended taken -> {}
                      case RemovalPending pending -> {}
                      case AppendOutcome other -> throw new AssertionError(other);
                    }
                  }
                  return null;
                }));
      }
      begin.countDown();
      var random = new Random(seed);
      long epoch = 1;
      for (int round = 0; round < 15; round++) {
        kickBob(room);
        for (int i = random.nextInt(3); i > 0; i--) {
          append(sends(room, epoch));
        }
        epoch =
            appended(
                    commit(
                        room,
                        ALICE,
                        phone,
                        epoch,
                        List.of(),
                        List.of(leaf(BOB, laptop), leaf(BOB, tablet))))
                .epoch();
        happens(room, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "member"));
        epoch =
            appended(
                    commit(
                        room,
                        ALICE,
                        phone,
                        epoch,
                        List.of(leaf(BOB, laptop), leaf(BOB, tablet)),
                        List.of()))
                .epoch();
      }
      over.set(true);
      for (var one : done) {
        one.get(60, TimeUnit.SECONDS);
      }
    }

    boolean out = false;
    for (var entry : readAll(room)) {
      if (entry.event() != null && entry.event().type() == RoomEvent.Type.KICKED) {
        out = true;
      }
      if (entry.declaration() != null && !entry.declaration().removes().isEmpty()) {
        out = false;
      }
      assertThat(out && entry.kind() == EntryKind.APPLICATION).as(entry.toString()).isFalse();
    }
  }

  // ------------------------------------------------------------------ who learns of it

  @Test
  void read_atTheEnd_namesTheLeavesThatHaveToGo() {
    var room = group();
    assertThat(join(log().read(room, 0, 100)).removals()).isEmpty();
    long last = kickBob(room).entry().seq();

    assertThat(join(log().read(room, 0, 100)).removals()).isEqualTo(bobs);
    assertThat(join(log().read(room, last, 100)).removals()).isEqualTo(bobs);
    // More follows: not yet.
    assertThat(join(log().read(room, 0, 1)).removals()).isEmpty();
    assertThat(join(log().room(room)).orElseThrow().removals()).isEqualTo(bobs);
  }

  // ------------------------------------------------------------------ the gateway's own proposals

  private List<LogEntry> proposals(String room) {
    return readAll(room).stream().filter(entry -> entry.kind() == EntryKind.PROPOSAL).toList();
  }

  @Test
  void append_whereTheGatewayIsASender_itProposesTheRemovesInTheSameStep() {
    var room = group();
    appended(introduces(room, 1, 3, TestProposals.KEY));
    long kick = kickBob(room).entry().seq();

    var proposed = proposals(room);
    assertThat(proposed).extracting(LogEntry::seq).containsExactly(kick + 1, kick + 2);
    assertThat(proposed)
        .extracting(LogEntry::blob)
        .containsExactly(TestProposals.text(3, room, 2, 1), TestProposals.text(3, room, 2, 2));
    assertThat(proposed)
        .allMatch(entry -> entry.author().equals(Append.Author.GATEWAY) && entry.epoch() == 2);
    assertThat(told().entriesOf(room)).isEqualTo(readAll(room));

    appended(
        commit(room, ALICE, phone, 2, List.of(), List.of(leaf(BOB, tablet), leaf(BOB, laptop))));
    appended(sends(room, 3));
    assertThat(proposals(room)).hasSize(2);
  }

  @Test
  void append_epochThatEndsBeforeTheRemoval_getsProposalsOfItsOwn() {
    var room = group();
    appended(introduces(room, 1, 0, TestProposals.KEY));
    happens(room, RoomEvent.device(RoomEvent.Type.DEVICE_REMOVED, BOB, tablet));
    appended(external(room, ALICE, phone, 2, List.of(leaf(ALICE, phone))));

    assertThat(proposals(room))
        .extracting(LogEntry::blob)
        .containsExactly(TestProposals.text(0, room, 2, 2), TestProposals.text(0, room, 3, 2));
  }

  @Test
  void append_epochsBegunWhileManyLeavesHaveToGo_doNotFillTheLog() {
    var room = group();
    var many = new ArrayList<Content.Leaf>();
    for (int i = 0; i < 100; i++) {
      many.add(leaf(BOB, UUID.randomUUID().toString()));
    }
    appended(commit(room, ALICE, phone, 1, many, List.of()));
    appended(introduces(room, 2, 0, TestProposals.KEY));
    long kick = kickBob(room).entry().seq();
    assertThat(proposals(room)).hasSize(64);

    var back = appended(external(room, ALICE, phone, 3, List.of(leaf(ALICE, phone))));
    assertThat(back.entry().seq()).isEqualTo(kick + 65);
    assertThat(proposals(room)).hasSize(128);
    assertThat(join(log().removals(room, ""))).hasSize(102);
  }

  @Test
  void append_afterAReset_theGatewayIsNoSenderUntilACommitSaysSo() {
    var room = group();
    appended(introduces(room, 1, 0, TestProposals.KEY));
    happens(room, RoomEvent.groupReset("another group"));
    appended(commit(room, ALICE, phone, 0, List.of(leaf(BOB, laptop)), List.of()));
    kickBob(room);
    assertThat(proposals(room)).isEmpty();
    appended(commit(room, ALICE, phone, 1, List.of(), List.of(leaf(BOB, laptop))));

    appended(introduces(room, 2, 0, TestProposals.KEY));
    happens(room, RoomEvent.about(RoomEvent.Type.JOINED, BOB, "member"));
    appended(commit(room, ALICE, phone, 3, List.of(leaf(BOB, laptop)), List.of()));
    kickBob(room);
    assertThat(proposals(room))
        .extracting(LogEntry::blob)
        .containsExactly(TestProposals.text(0, "another group", 4, 1));
  }

  @Test
  void append_underAKeyThatIsGone_isProposedByNobody() {
    var room = group();
    appended(introduces(room, 1, 0, "a key of another gateway"));
    kickBob(room);

    assertThat(proposals(room)).isEmpty();
    assertThat(append(sends(room, 2))).isEqualTo(new RemovalPending(bobs));
  }

  // ------------------------------------------------------------------ where leaves stand

  @Test
  void append_addsAfterRemoves_takeTheLeftmostBlankLeaves() {
    var room = group();
    happens(room, RoomEvent.about(RoomEvent.Type.JOINED, CAROL, "member"));
    var one = UUID.randomUUID().toString();
    var two = UUID.randomUUID().toString();
    var won =
        appended(
            commit(
                room,
                ALICE,
                phone,
                1,
                List.of(leaf(CAROL, one), leaf(CAROL, two)),
                List.of(leaf(BOB, laptop, 1))));

    assertThat(won.entry().declaration())
        .isEqualTo(
            new Content.Declaration(
                List.of(leaf(CAROL, one, 1), leaf(CAROL, two, 3)), List.of(leaf(BOB, laptop, 1))));
    // Whoever comes back stands at the leftmost blank leaf, too.
    var back = appended(external(room, BOB, tablet, 2, List.of(leaf(BOB, tablet))));
    assertThat(back.entry().declaration())
        .isEqualTo(
            new Content.Declaration(List.of(leaf(BOB, tablet, 2)), List.of(leaf(BOB, tablet, 2))));
  }

  @Test
  void append_addsNamedWithTheirLeaves_mustFitInAnyOrder() {
    var room = group();
    var one = UUID.randomUUID().toString();
    var two = UUID.randomUUID().toString();

    for (var wrong :
        List.of(
            List.of(leaf(BOB, one, 2)),
            List.of(leaf(BOB, one, 4)),
            List.of(leaf(BOB, one, 3), leaf(BOB, two, 3)))) {
      assertThat(append(commit(room, ALICE, phone, 1, wrong, List.of())))
          .isInstanceOf(AppendOutcome.WrongLeaf.class);
    }
    appended(commit(room, ALICE, phone, 1, List.of(leaf(BOB, one, 4), leaf(BOB, two)), List.of()));
    assertThat(readAll(room).getLast().declaration())
        .isEqualTo(
            new Content.Declaration(List.of(leaf(BOB, one, 4), leaf(BOB, two, 3)), List.of()));
  }

  @Test
  void append_removeNamedWithAnotherLeaf_isRefused() {
    var room = group();

    assertThat(append(commit(room, ALICE, phone, 1, List.of(), List.of(leaf(BOB, laptop, 2)))))
        .isEqualTo(new AppendOutcome.WrongLeaf(laptop));
    assertThat(
            append(
                commit(
                    room,
                    ALICE,
                    phone,
                    1,
                    List.of(),
                    List.of(leaf(BOB, laptop), leaf(BOB, laptop)))))
        .isEqualTo(new AppendOutcome.NotInGroup(laptop));
  }

  @Test
  void append_addOfWhoIsThere_isRefusedUnlessRemovedByTheSameCommit() {
    var room = group();

    assertThat(append(commit(room, ALICE, phone, 1, List.of(leaf(BOB, laptop)), List.of())))
        .isEqualTo(new AppendOutcome.AlreadyInGroup(laptop));
    assertThat(append(external(room, BOB, laptop, 1, List.of())))
        .isEqualTo(new AppendOutcome.AlreadyInGroup(laptop));
    appended(commit(room, ALICE, phone, 1, List.of(leaf(BOB, laptop)), List.of(leaf(BOB, laptop))));
  }

  // ------------------------------------------------------------------ rooms from before

  @Test
  void migration_findsWhereLeavesStandAndWhoHasToGo() throws Exception {
    var room = group();
    var one = UUID.randomUUID().toString();
    appended(commit(room, ALICE, phone, 1, List.of(leaf(BOB, one)), List.of(leaf(BOB, laptop))));
    kickBob(room);
    var other = group();
    happens(other, RoomEvent.groupReset("another group"));
    appended(commit(other, ALICE, phone, 0, List.of(leaf(BOB, laptop)), List.of()));
    var odd = group();
    forgetIndexes();
    disturb(odd);

    try (var connection = dataSource().getConnection()) {
      new LeafIndexesFromHistory().migrate(LogCommitsContract.context(connection));
    }

    assertThat(append(sends(room, 2)))
        .isEqualTo(new RemovalPending(List.of(leaf(BOB, one, 1), leaf(BOB, tablet, 2))));
    appended(sends(other, 1));
    assertThat(append(commit(other, ALICE, phone, 1, List.of(), List.of(leaf(BOB, laptop, 2)))))
        .isEqualTo(new AppendOutcome.WrongLeaf(laptop));
    // Its history does not tell: anyone goes on, as before.
    appended(commit(odd, BOB, one, 1, List.of(), List.of()));
  }

  private void forgetIndexes() throws Exception {
    try (var connection = dataSource().getConnection();
        var statement = connection.createStatement()) {
      statement.executeUpdate("update room_leaf set leaf_index = null, expelled_at = 0");
      statement.executeUpdate("update room set removals_pending = 0");
    }
  }

  private void disturb(String room) throws Exception {
    try (var connection = dataSource().getConnection();
        var statement =
            connection.prepareStatement(
                "delete from room_leaf where room_id = ? and device_id = ?")) {
      statement.setString(1, room);
      statement.setString(2, laptop);
      statement.executeUpdate();
    }
  }
}
