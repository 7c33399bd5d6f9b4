package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.deviceOf;
import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.device.TestDevices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.fanout.Fanout;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.protocol.CaughtUp;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.Cursor;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.InboxEntry;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.ServerFrame;
import dev.sallyport.gateway.protocol.Subscribe;
import dev.sallyport.gateway.protocol.SubscriptionEnded;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import dev.sallyport.gateway.socket.MemoryOutbox;
import dev.sallyport.gateway.socket.Relay;
import java.nio.file.Path;
import java.time.Duration;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the relay does for its sockets, on whichever database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RelayContract {

  private Gateway gateway;

  /** Opens the gateway on the database of this test. */
  abstract Gateway open(Path folder) throws Exception;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    gateway = open(folder);
  }

  @AfterEach
  void defaultPolicies() {
    gateway.door().activate("");
  }

  @AfterAll
  void close() throws Exception {
    gateway.close();
  }

  /** One open socket. */
  private final class Socket {
    final Caller caller;
    final MemoryOutbox outbox = new MemoryOutbox();
    final Relay.Attachment attachment;

    Socket(Caller caller) {
      this.caller = caller;
      this.attachment = gateway.relay().attach(caller, outbox);
    }

    ServerFrame ask(ClientFrame frame) {
      return attachment
          .handle(frame)
          .blockOptional(Duration.ofSeconds(30))
          .orElseThrow(() -> new AssertionError("no answer"));
    }

    ServerFrame send(String room, long epoch, String text) {
      return ask(frame(send(room).setMlsMessage(Gateway.sealed(room, epoch, 1, text))));
    }

    Send.Builder send(String room) {
      return Send.newBuilder().setRoomId(room).setClientMessageId(id());
    }

    ServerFrame commit(String room, long epoch, CommitDeclaration declaration) {
      return ask(
          frame(
              send(room)
                  .setMlsMessage(Gateway.sealed(room, epoch, 3, UUID.randomUUID().toString()))
                  .setCommit(declaration)));
    }

    Socket subscribe(Cursor... rooms) {
      return subscribe(0, rooms);
    }

    Socket subscribe(long inboxAfter, Cursor... rooms) {
      ask(
          ClientFrame.newBuilder()
              .setSubscribe(
                  Subscribe.newBuilder().addAllRooms(List.of(rooms)).setInboxAfterSeq(inboxAfter))
              .build());
      return this;
    }

    Socket caughtUp(String room) {
      outbox.await("caught_up", frames -> !marks(frames, room).isEmpty());
      return this;
    }

    List<RoomEntry> entries(String room) {
      return RelayContract.entries(outbox.frames(), room);
    }

    List<RoomEntry> awaitEntry(String room, long seq) {
      return RelayContract.entries(
          outbox.await(
              "entry " + seq,
              frames ->
                  RelayContract.entries(frames, room).stream().anyMatch(e -> e.getSeq() == seq)),
          room);
    }

    CaughtUp mark(String room) {
      return marks(outbox.frames(), room).getFirst();
    }

    SubscriptionEnded awaitEnd(String room) {
      return outbox
          .await("the end", frames -> frames.stream().anyMatch(f -> endOf(f, room)))
          .stream()
          .filter(f -> endOf(f, room))
          .findFirst()
          .orElseThrow()
          .getSubscriptionEnded();
    }

    List<InboxEntry> awaitInbox(int count) {
      return inbox(outbox.await("inbox", frames -> inbox(frames).size() >= count));
    }
  }

  private static boolean endOf(ServerFrame frame, String room) {
    return frame.hasSubscriptionEnded() && frame.getSubscriptionEnded().getRoomId().equals(room);
  }

  private static List<InboxEntry> inbox(List<ServerFrame> frames) {
    return frames.stream()
        .filter(ServerFrame::hasInboxEntry)
        .map(ServerFrame::getInboxEntry)
        .toList();
  }

  private static List<CaughtUp> marks(List<ServerFrame> frames, String room) {
    return frames.stream()
        .filter(ServerFrame::hasCaughtUp)
        .map(ServerFrame::getCaughtUp)
        .filter(mark -> mark.getRoomId().equals(room))
        .toList();
  }

  private static List<RoomEntry> entries(List<ServerFrame> frames, String room) {
    return frames.stream()
        .filter(ServerFrame::hasRoomEntry)
        .map(ServerFrame::getRoomEntry)
        .filter(entry -> entry.getRoomId().equals(room))
        .toList();
  }

  private static Cursor after(String room, long seq) {
    return Cursor.newBuilder().setRoomId(room).setAfterSeq(seq).build();
  }

  private static ClientFrame frame(Send.Builder send) {
    return ClientFrame.newBuilder().setSend(send).build();
  }

  private static ByteString id() {
    var bytes = new byte[16];
    new Random().nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private String room(Caller owner, Caller... members) {
    var room = done(gateway.rooms().create(owner, "a room", "open", "")).id();
    for (var member : members) {
      done(gateway.rooms().join(member, room));
    }
    return room;
  }

  private static Room done(java.util.concurrent.CompletableFuture<RoomOutcome> change) {
    var outcome = join(change);
    assertThat(outcome).isInstanceOf(RoomOutcome.Done.class);
    return ((RoomOutcome.Done) outcome).room();
  }

  @Test
  void send_isAcceptedAndDeliveredToAllMembersInOneOrder() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person());
    var room = room(alice.caller, bob.caller);
    alice.subscribe().caughtUp(room);
    bob.subscribe().caughtUp(room);

    var first = alice.send(room, 0, "one").getAccepted();
    bob.send(room, 0, "two");

    assertThat(first.getSeq()).isEqualTo(3);
    assertThat(first.getDurability()).hasToString(gateway.part(RoomLog.class).durability().name());
    var toAlice = alice.awaitEntry(room, 4);
    assertThat(toAlice).extracting(RoomEntry::getSeq).containsExactly(3L, 4L);
    assertThat(bob.awaitEntry(room, 4)).isEqualTo(toAlice);
    assertThat(toAlice.getFirst().getChainHash()).isEqualTo(first.getChainHash());
    assertThat(toAlice.getFirst().getMlsMessage()).isEqualTo(Gateway.sealed(room, 0, 1, "one"));
  }

  @Test
  void send_repeated_getsTheFirstAnswerAndIsDeliveredOnce() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    alice.subscribe().caughtUp(room);
    var frame = frame(alice.send(room).setMlsMessage(Gateway.sealed(room, 0, 1, "once")));

    var first = alice.ask(frame);
    assertThat(alice.ask(frame)).isEqualTo(first);

    alice.send(room, 0, "next");
    assertThat(alice.awaitEntry(room, 3)).extracting(RoomEntry::getSeq).containsExactly(2L, 3L);
  }

  @Test
  void resume_givesExactlyWhatWasMissedThenTheMarkerThenLive() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    var room = room(alice.caller, bob);
    var online = new Socket(bob).subscribe(after(room, 0)).caughtUp(room);
    alice.send(room, 0, "seen");
    online.awaitEntry(room, 3);
    online.attachment.detach();
    for (int i = 0; i < 3; i++) {
      alice.send(room, 0, "missed " + i);
    }

    var back = new Socket(bob).subscribe(after(room, 3)).caughtUp(room);
    alice.send(room, 0, "live");

    assertThat(back.awaitEntry(room, 7))
        .extracting(RoomEntry::getSeq)
        .containsExactly(4L, 5L, 6L, 7L);
    assertThat(back.mark(room).getSeq()).isEqualTo(6);
    assertThat(back.mark(room).getComplete()).isTrue();
    assertThat(back.mark(room).getChainHash()).isEqualTo(back.entries(room).get(2).getChainHash());
    assertThat(online.entries(room).getLast().getSeq()).isEqualTo(3);
  }

  @Test
  void subscribe_withoutNamingARoom_startsAfterItsNewestEntry() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    alice.send(room, 0, "before");

    var other = new Socket(alice.caller).subscribe().caughtUp(room);
    alice.send(room, 0, "after");

    assertThat(other.awaitEntry(room, 3)).extracting(RoomEntry::getSeq).containsExactly(3L);
    assertThat(other.mark(room).getSeq()).isEqualTo(2);
    assertThat(other.mark(room).getChainHash().size()).isEqualTo(32);
  }

  @Test
  void subscribe_again_changesNothing() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    alice.subscribe(after(room, 0)).caughtUp(room);
    alice.subscribe(after(room, 0));
    alice.send(room, 0, "once");

    assertThat(alice.awaitEntry(room, 2)).extracting(RoomEntry::getSeq).containsExactly(1L, 2L);
    assertThat(marks(alice.outbox.frames(), room)).hasSize(1);
  }

  @Test
  void subscribe_beyondTheEndOfTheLog_isRefused() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);

    alice.subscribe(after(room, 99));

    assertThat(alice.awaitEnd(room).getCode()).isEqualTo("cursor_ahead");
  }

  @Test
  void subscribe_byAStranger_isNotFoundAsIfThereWereNoRoom() throws Exception {
    var owner = gateway.person();
    var room = done(gateway.rooms().create(owner, "", "invite", "")).id();
    var none = UUID.randomUUID().toString();
    var stranger = new Socket(gateway.person());

    stranger.subscribe(after(room, 0), after(none, 0));

    assertThat(stranger.awaitEnd(room).toBuilder().clearRoomId().build())
        .isEqualTo(stranger.awaitEnd(none).toBuilder().clearRoomId().build());
    assertThat(stranger.send(room, 0, "x").getRefused())
        .isEqualTo(stranger.send(none, 0, "x").getRefused());
    assertThat(stranger.entries(room)).isEmpty();
  }

  @Test
  void kick_endsTheSubscriptionInTheOrderOfTheLog() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person());
    var room = room(alice.caller, bob.caller);
    alice.subscribe(after(room, 0)).caughtUp(room);
    bob.subscribe(after(room, 0)).caughtUp(room);
    alice.send(room, 0, "to both");

    done(gateway.rooms().kick(alice.caller, room, bob.caller.userId()));
    alice.send(room, 0, "without bob");
    alice.awaitEntry(room, 5);

    assertThat(bob.awaitEnd(room).getCode()).isEqualTo("kicked");
    // From joining, at 2, to the kick.
    assertThat(bob.entries(room)).extracting(RoomEntry::getSeq).containsExactly(2L, 3L, 4L);
    assertThat(bob.entries(room).getLast().getEvent().getType()).isEqualTo("kicked");
    // The room is open, so its existence is no secret.
    assertThat(bob.send(room, 0, "x").getRefused().getCode()).isEqualTo("policy_denied");
    bob.subscribe(after(room, 4));
    bob.outbox.await(
        "a second end", frames -> frames.stream().filter(f -> endOf(f, room)).count() == 2);
    assertThat(bob.entries(room)).hasSize(3);
  }

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
  void rejoin_opensTheLogFromThereOnAndSaysThatSomethingIsMissing() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    var room = room(alice.caller, bob);
    done(gateway.rooms().kick(alice.caller, room, bob.userId()));
    alice.send(room, 0, "not for bob");
    done(gateway.rooms().join(bob, room));

    var back = new Socket(bob).subscribe(after(room, 2)).caughtUp(room);

    assertThat(back.entries(room)).extracting(RoomEntry::getSeq).containsExactly(5L);
    assertThat(back.mark(room).getComplete()).isFalse();
  }

  @Test
  void invitation_lightsUpTheInboxAndOpensTheLogFromThereOn() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    register(bob);
    var bobsSocket = new Socket(bob).subscribe().caughtUp("");
    var room = done(gateway.rooms().create(alice.caller, "", "invite", "")).id();
    alice.send(room, 0, "before bob");

    done(gateway.rooms().invite(alice.caller, room, bob.userId(), RoomRole.MEMBER));

    var invitation = bobsSocket.awaitInbox(1).getFirst();
    assertThat(invitation.getRoomId()).isEqualTo(room);
    assertThat(invitation.getInvitation().getInviterUserId()).isEqualTo(alice.caller.userId());
    assertThat(invitation.getInvitation().getRole()).isEqualTo("member");
    alice.send(room, 0, "after the invitation");
    done(gateway.rooms().join(bob, room));
    bobsSocket.subscribe(after(room, 0)).caughtUp(room);
    assertThat(bobsSocket.entries(room)).extracting(RoomEntry::getSeq).containsExactly(3L, 4L, 5L);
    assertThat(bobsSocket.mark(room).getComplete()).isTrue();
  }

  @Test
  void inbox_withATokenThatMayNotRead_isNeitherShownNorForgotten() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    register(bob);
    var room = done(gateway.rooms().create(alice.caller, "", "invite", "")).id();
    done(gateway.rooms().invite(alice.caller, room, bob.userId(), RoomRole.MEMBER));
    var writer = new Socket(gateway.withScope(bob, "chat.write"));

    writer.subscribe(1);

    assertThat(writer.awaitEnd("").getCode()).isEqualTo("insufficient_scope");
    assertThat(new Socket(bob).subscribe().awaitInbox(1).getFirst().hasInvitation()).isTrue();
    assertThat(inbox(writer.outbox.frames())).isEmpty();
    assertThat(marks(writer.outbox.frames(), "")).isEmpty();
  }

  @Test
  void policyChange_isFeltByTheNextMessageOnAnOpenSocket() throws Exception {
    var alice = gateway.person();
    var bob = new Socket(gateway.person("department", "contractor"));
    var room = room(alice, bob.caller);
    assertThat(bob.send(room, 0, "fine").hasAccepted()).isTrue();

    gateway
        .door()
        .activate(
            """
            @id("contractors") @message("contractors only read")
            forbid (principal is Chat::User, action == Chat::Action::"message.send", resource)
            when { principal has department && principal.department == "contractor" };
            """);

    var refused = bob.send(room, 0, "no longer").getRefused();
    assertThat(refused.getCode()).isEqualTo("policy_denied");
    assertThat(refused.getMessage()).isEqualTo("contractors only read");
    assertThat(refused.getDecisionId()).isNotEmpty();
    gateway.door().activate("");
    assertThat(bob.send(room, 0, "again").hasAccepted()).isTrue();
  }

  @Test
  void policyChange_endsDeliveryToWhoMayNoLongerRead() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person("department", "contractor"));
    var room = room(alice.caller, bob.caller);
    alice.subscribe().caughtUp(room);
    bob.subscribe().caughtUp(room);

    gateway.door().activate(NOT_FOR_CONTRACTORS);
    alice.send(room, 0, "secret");
    alice.awaitEntry(room, 3);

    var end = bob.awaitEnd(room);
    assertThat(end.getCode()).isEqualTo("policy_denied");
    assertThat(end.getMessage()).isEqualTo("not for contractors");
    assertThat(bob.entries(room)).isEmpty();
  }

  @Test
  void commit_addsADevice_whoseWelcomeArrivesWithIt() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    register(bob);
    var room = room(alice.caller, bob);
    alice.subscribe().caughtUp(room);
    var bobsSocket = new Socket(bob).subscribe().caughtUp("");

    var accepted = alice.commit(room, 0, adding(bob)).getAccepted();

    assertThat(accepted.getEpoch()).isEqualTo(1);
    assertThat(bobsSocket.awaitInbox(1).getFirst().getWelcome())
        .isEqualTo(Gateway.welcome("hello"));
    var entry = alice.awaitEntry(room, accepted.getSeq()).getLast();
    assertThat(entry.getKind()).isEqualTo(EntryKind.COMMIT);
    assertThat(entry.getCommit().getAddsList()).isEqualTo(adding(bob).getAddsList());
    assertThat(entry.getCommit().getWelcomesCount()).isZero();
    assertThat(alice.send(room, 0, "old epoch").getRefused().getCode()).isEqualTo("stale_epoch");
    assertThat(alice.send(room, 1, "new epoch").hasAccepted()).isTrue();
    assertThat(alice.send(room, 2, "too early").getRefused().getCode()).isEqualTo("future_epoch");
  }

  @Test
  void commit_thatLosesItsEpoch_isToldTheWinner() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person());
    var room = room(alice.caller, bob.caller);
    var won = alice.commit(room, 0, CommitDeclaration.getDefaultInstance()).getAccepted();

    var refused = bob.commit(room, 0, CommitDeclaration.getDefaultInstance()).getRefused();

    assertThat(refused.getCode()).isEqualTo("stale_epoch");
    assertThat(refused.getWinner().getSeq()).isEqualTo(won.getSeq());
    assertThat(refused.getWinner().getMlsMessage().isEmpty()).isFalse();
  }

  @Test
  void commit_byWhoJoinedAnOpenRoomButIsInNoGroup_destroysNothing() throws Exception {
    var alice = new Socket(gateway.person());
    register(alice.caller);
    var mallory = new Socket(gateway.person());
    var room = room(alice.caller, mallory.caller);

    var expelling = mallory.commit(room, 0, removing(alice.caller)).getRefused();
    assertThat(expelling.getCode()).isEqualTo("policy_denied");
    assertThat(expelling.getMessage())
        .isEqualTo("only a moderator may remove devices of others who are in the room");
    var junk = mallory.commit(room, 0, CommitDeclaration.getDefaultInstance()).getRefused();
    assertThat(junk.getCode()).isEqualTo("not_in_group");
    assertThat(junk.getRetryable()).isFalse();

    assertThat(alice.commit(room, 0, CommitDeclaration.getDefaultInstance()).hasAccepted())
        .isTrue();
  }

  @Test
  void commit_removingDevices_isForModeratorsOfOnesOwnOrOfWhoIsGone() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person());
    var bobsTablet = gateway.person(bob.caller.userId(), true);
    var carol = gateway.person();
    var dave = gateway.person();
    var erin = gateway.person();
    for (var device : List.of(bob.caller, bobsTablet, carol, dave, erin)) {
      register(device);
    }
    var room = room(alice.caller, bob.caller, carol, dave, erin);
    long epoch = 0;
    for (var device : List.of(bob.caller, bobsTablet, carol, dave, erin)) {
      assertThat(alice.commit(room, epoch++, adding(device)).hasAccepted()).isTrue();
    }

    assertThat(bob.commit(room, epoch, removing(carol)).getRefused().getCode())
        .isEqualTo("policy_denied");
    // Carol's device under Bob's name.
    var disguised =
        CommitDeclaration.newBuilder()
            .addRemoves(removing(carol).getRemoves(0).toBuilder().setUserId(bob.caller.userId()))
            .build();
    assertThat(bob.commit(room, epoch, disguised).getRefused().getCode())
        .isEqualTo("unknown_device");
    assertThat(bob.commit(room, epoch++, removing(bobsTablet)).hasAccepted()).isTrue();
    done(gateway.rooms().kick(alice.caller, room, carol.userId()));
    assertThat(bob.commit(room, epoch++, removing(carol)).hasAccepted()).isTrue();
    assertThat(join(gateway.part(Devices.class).revoke(dave.userId(), deviceOf(dave)))).isTrue();
    assertThat(bob.commit(room, epoch++, removing(dave)).hasAccepted()).isTrue();
    assertThat(bob.commit(room, epoch, removing(dave)).getRefused().getCode())
        .isEqualTo("not_in_group");
    assertThat(alice.commit(room, epoch++, removing(erin)).hasAccepted()).isTrue();
    assertThat(
            new Socket(erin)
                .commit(room, epoch, CommitDeclaration.getDefaultInstance())
                .getRefused()
                .getCode())
        .isEqualTo("not_in_group");
  }

  @Test
  void commit_addingAnUnknownDeviceOrAStranger_isRefused() throws Exception {
    var alice = new Socket(gateway.person());
    var unregistered = gateway.person();
    var stranger = gateway.person();
    register(stranger);
    var room = room(alice.caller, unregistered);

    assertThat(alice.commit(room, 0, adding(unregistered)).getRefused().getCode())
        .isEqualTo("unknown_device");
    assertThat(alice.commit(room, 0, adding(stranger)).getRefused().getCode())
        .isEqualTo("not_member");
  }

  @Test
  void commit_isDecidedOnWhatItDeclares() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    register(bob);
    var room = room(alice.caller, bob);
    gateway
        .door()
        .activate(
            """
            @id("frozen") @message("nobody is added today")
            forbid (principal, action == Chat::Action::"room.commit", resource)
            when { context.adds.contains(Chat::User::"%s") };
            """
                .formatted(bob.userId()));

    assertThat(alice.commit(room, 0, adding(bob)).getRefused().getMessage())
        .isEqualTo("nobody is added today");
    assertThat(alice.commit(room, 0, CommitDeclaration.getDefaultInstance()).hasAccepted())
        .isTrue();
  }

  @Test
  void send_thatIsNotWhatItSays_isMalformed() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    var other = room(alice.caller);

    for (var bad :
        List.of(
            alice.send(room).setMlsMessage(ByteString.copyFromUtf8("plain text")),
            alice.send(room).setMlsMessage(Gateway.sealed(other, 0, 1, "x")),
            alice.send(room).setMlsMessage(Gateway.sealed(room, 0, 3, "undeclared")),
            alice
                .send(room)
                .setMlsMessage(Gateway.sealed(room, 0, 1, "x"))
                .setCommit(CommitDeclaration.getDefaultInstance()),
            alice.send(room).setMlsMessage(Gateway.welcome("x")),
            alice
                .send(room)
                .setClientMessageId(ByteString.EMPTY)
                .setMlsMessage(Gateway.sealed(room, 0, 1, "x")))) {
      assertThat(alice.ask(frame(bad)).getRefused().getCode()).isEqualTo("malformed");
    }
    assertThat(alice.send(room, 0, "x".repeat(70_000)).getRefused().getCode())
        .isEqualTo("too_large");
    assertThat(alice.ask(ClientFrame.getDefaultInstance()).getRefused().getCode())
        .isEqualTo("malformed");
  }

  /** A PublicMessage of that group: sender type 1 member, 2 external, 3 and 4 new members. */
  private static ByteString open(String group, int senderType, int contentType) {
    var index = senderType <= 2 ? new byte[4] : new byte[0];
    return ByteString.copyFrom(new byte[] {0, 1, 0, 1, (byte) group.length()})
        .concat(ByteString.copyFromUtf8(group))
        .concat(ByteString.copyFrom(new byte[8]))
        .concat(ByteString.copyFrom(new byte[] {(byte) senderType}))
        .concat(ByteString.copyFrom(index))
        .concat(ByteString.copyFrom(new byte[] {0, (byte) contentType, 1, 2, 3}));
  }

  @Test
  void send_fromOutsideTheGroup_isRefusedWithItsOwnCode() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    var declared = CommitDeclaration.getDefaultInstance();

    assertThat(
            refusedCode(
                alice, alice.send(room).setMlsMessage(open(room, 4, 3)).setCommit(declared)))
        .isEqualTo("external_commit");
    assertThat(refusedCode(alice, alice.send(room).setMlsMessage(open(room, 3, 2))))
        .isEqualTo("external_proposal");
    assertThat(refusedCode(alice, alice.send(room).setMlsMessage(open(room, 2, 2))))
        .isEqualTo("external_proposal");
    assertThat(refusedCode(alice, alice.send(room).setMlsMessage(open(room, 1, 1))))
        .isEqualTo("malformed");
    assertThat(alice.ask(frame(alice.send(room).setMlsMessage(open(room, 1, 2)))).hasAccepted())
        .isTrue();
  }

  private static String refusedCode(Socket socket, Send.Builder send) {
    return socket.ask(frame(send)).getRefused().getCode();
  }

  @Test
  void commit_thatDeclaresWhatCannotBe_isRefused() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    register(bob);
    var room = room(alice.caller, bob);
    var stranger = UUID.randomUUID().toString();
    var leaf = adding(bob).getAdds(0);
    var welcome = adding(bob).getWelcomes(0);

    var tooMany = CommitDeclaration.newBuilder();
    for (int i = 0; i < 257; i++) {
      tooMany.addRemoves(leaf);
    }
    assertThat(alice.commit(room, 0, tooMany.build()).getRefused().getCode())
        .isEqualTo("too_large");
    var many = CommitDeclaration.newBuilder();
    for (int i = 0; i < 257; i++) {
      many.addAdds(leaf.toBuilder().setDeviceId(UUID.randomUUID().toString()));
    }
    assertThat(alice.commit(room, 0, many.build()).getRefused().getCode()).isEqualTo("too_large");
    var large = welcome.toBuilder().setWelcome(Gateway.welcome("w".repeat(66_000)));
    assertThat(
            alice
                .commit(room, 0, adding(bob).toBuilder().setWelcomes(0, large).build())
                .getRefused()
                .getCode())
        .isEqualTo("too_large");
    for (var bad :
        List.of(
            adding(bob).toBuilder().setWelcomes(0, welcome.toBuilder().setDeviceId(stranger)),
            adding(bob).toBuilder().addAdds(leaf),
            adding(bob).toBuilder().setAdds(0, leaf.toBuilder().setLeafIndex(1)),
            adding(bob).toBuilder().setAdds(0, leaf.toBuilder().setUserId("bob")),
            CommitDeclaration.newBuilder().addRemoves(leaf.toBuilder().setLeafIndex(-1)),
            CommitDeclaration.newBuilder().setGroupInfo(ByteString.copyFromUtf8("none")))) {
      assertThat(alice.commit(room, 0, bad.build()).getRefused().getCode()).isEqualTo("malformed");
    }
    var notHis =
        adding(bob).toBuilder().setAdds(0, leaf.toBuilder().setUserId(alice.caller.userId()));
    assertThat(alice.commit(room, 0, notHis.build()).getRefused().getCode())
        .isEqualTo("unknown_device");
    assertThat(alice.commit(room, 0, adding(bob)).hasAccepted()).isTrue();
  }

  @Test
  void policyThatPermitsReadingAndSending_standsNotInForMembership() throws Exception {
    var alice = new Socket(gateway.person());
    var auditor = new Socket(gateway.person("department", "audit"));
    var room = room(alice.caller);
    gateway
        .door()
        .activate(
            """
            @id("auditors")
            permit (principal is Chat::User,
              action in [Chat::Action::"message.send", Chat::Action::"message.read"],
              resource is Chat::Room)
            when { principal has department && principal.department == "audit" };
            """);

    assertThat(auditor.send(room, 0, "x").getRefused().getCode()).isEqualTo("not_member");
    auditor.subscribe(after(room, 0));
    assertThat(auditor.awaitEnd(room).getCode()).isEqualTo("not_found");
    assertThat(auditor.entries(room)).isEmpty();
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
  void subscribe_byWhoMayNotRead_isToldWhyAndGetsNothing() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person("department", "contractor"));
    var room = room(alice.caller, bob.caller);
    alice.send(room, 0, "secret");
    gateway.door().activate(NOT_FOR_CONTRACTORS);

    bob.subscribe(after(room, 0));

    var end = bob.awaitEnd(room);
    assertThat(end.getCode()).isEqualTo("policy_denied");
    assertThat(end.getMessage()).isEqualTo("not for contractors");
    assertThat(bob.entries(room)).isEmpty();
    assertThat(marks(bob.outbox.frames(), room)).isEmpty();
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

  private static final String NOT_FOR_CONTRACTORS =
      """
      @id("contractors") @message("not for contractors")
      forbid (principal is Chat::User, action == Chat::Action::"message.read", resource)
      when { principal has department && principal.department == "contractor" };
      """;

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

  private void register(Caller caller) throws Exception {
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();
    var registered =
        TestDevices.register(gateway.part(Devices.class), caller, gateway.credential(caller, key));
    assertThat(registered).isTrue();
  }

  private static CommitDeclaration removing(Caller removed) {
    return CommitDeclaration.newBuilder()
        .addRemoves(
            DeclaredLeaf.newBuilder()
                .setUserId(removed.userId())
                .setDeviceId(deviceOf(removed))
                .setLeafIndex(1))
        .build();
  }

  private static CommitDeclaration adding(Caller added) {
    return CommitDeclaration.newBuilder()
        .addAdds(DeclaredLeaf.newBuilder().setUserId(added.userId()).setDeviceId(deviceOf(added)))
        .addWelcomes(
            WelcomeDelivery.newBuilder()
                .setDeviceId(deviceOf(added))
                .setWelcome(Gateway.welcome("hello")))
        .build();
  }
}
