package dev.sallyport.gateway.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.protocol.RoomEntry;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the relay does for its sockets, on whichever database. */
abstract class RelayContract extends RelayFixture {

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
  void inbox_withATokenLimitedToRooms_isNeitherShownNorForgotten() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    register(bob);
    var room = done(gateway.rooms().create(alice.caller, "", "invite", "")).id();
    done(gateway.rooms().invite(alice.caller, room, bob.userId(), RoomRole.MEMBER));
    var limited = new Socket(gateway.limitedTo(bob, room));

    limited.subscribe(1);

    assertThat(limited.awaitEnd("").getCode()).isEqualTo("insufficient_authorization");
    assertThat(new Socket(bob).subscribe().awaitInbox(1).getFirst().hasInvitation()).isTrue();
    assertThat(inbox(limited.outbox.frames())).isEmpty();
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
}
