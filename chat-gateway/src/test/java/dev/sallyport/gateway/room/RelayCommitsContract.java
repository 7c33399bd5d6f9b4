package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.deviceOf;
import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.GroupView;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.protocol.ClientFrame;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.ExternalSender;
import dev.sallyport.gateway.protocol.Send;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the relay takes of what is sent, on whichever database. */
abstract class RelayCommitsContract extends RelayFixture {

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
    // Where the leaf stands follows from who is there.
    assertThat(entry.getCommit().getAddsList())
        .containsExactly(adding(bob).getAdds(0).toBuilder().setLeafIndex(1).build());
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
  void send_inAnEpochThatEndedBeforeTheSenderCame_isNotShownTheWinner() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    alice.commit(room, 0, CommitDeclaration.getDefaultInstance()).getAccepted();
    var bob = new Socket(gateway.person());
    done(gateway.rooms().join(bob.caller, room));

    var refused = bob.send(room, 0, "what did I miss").getRefused();
    assertThat(refused.getCode()).isEqualTo("stale_epoch");
    assertThat(refused.hasWinner()).isFalse();

    var won = alice.commit(room, 1, CommitDeclaration.getDefaultInstance()).getAccepted();
    assertThat(bob.send(room, 1, "late").getRefused().getWinner().getSeq()).isEqualTo(won.getSeq());
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
    assertThat(
            alice
                .ask(frame(alice.send(room).setMlsMessage(Gateway.sealed(other, 0, 1, "x"))))
                .getRefused()
                .getCode())
        .isEqualTo("other_group");
    assertThat(alice.send(room, 0, "x".repeat(70_000)).getRefused().getCode())
        .isEqualTo("too_large");
    assertThat(alice.ask(ClientFrame.getDefaultInstance()).getRefused().getCode())
        .isEqualTo("malformed");
  }

  @Test
  void send_fromOutsideTheGroup_isRefusedWithItsOwnCode() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);

    assertThat(refusedCode(alice, alice.send(room).setMlsMessage(open(room, 4, 2))))
        .isEqualTo("malformed");
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

  /** MLSMessage(GroupInfo) as far as a relay reads it. */
  private static ByteString groupInfo(String group, long epoch) {
    return ByteString.copyFrom(new byte[] {0, 1, 0, 4, 0, 1, 0, 1, (byte) group.length()})
        .concat(ByteString.copyFromUtf8(group))
        .concat(ByteString.copyFrom(java.nio.ByteBuffer.allocate(8).putLong(epoch).flip()))
        .concat(ByteString.copyFromUtf8("the tree"));
  }

  private static ByteString externalCommit(String group, long epoch) {
    return ByteString.copyFrom(new byte[] {0, 1, 0, 1, (byte) group.length()})
        .concat(ByteString.copyFromUtf8(group))
        .concat(ByteString.copyFrom(java.nio.ByteBuffer.allocate(8).putLong(epoch).flip()))
        .concat(ByteString.copyFrom(new byte[] {4, 0, 3, 1, 2, 3}));
  }

  private static Send.Builder joining(
      Socket socket, String room, long epoch, CommitDeclaration.Builder declared) {
    return socket.send(room).setMlsMessage(externalCommit(room, epoch)).setCommit(declared);
  }

  private static DeclaredLeaf leaf(Caller caller) {
    return DeclaredLeaf.newBuilder()
        .setUserId(caller.userId())
        .setDeviceId(deviceOf(caller))
        .build();
  }

  private GroupView group(String room, Caller caller) {
    return Gateway.join(gateway.part(RoomLog.class).group(room, caller.userId(), deviceOf(caller)))
        .orElseThrow();
  }

  @Test
  void externalCommit_ofADeviceThatLostItsState_bringsItBack() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person());
    register(bob.caller);
    var room = room(alice.caller, bob.caller);
    var info = groupInfo(room, 1);
    assertThat(
            alice
                .commit(room, 0, adding(bob.caller).toBuilder().setGroupInfo(info).build())
                .hasAccepted())
        .isTrue();
    assertThat(group(room, bob.caller)).isEqualTo(new GroupView(true, 1, info));

    var rejoin = adding(bob.caller).toBuilder().addRemoves(leaf(bob.caller));
    var accepted = bob.ask(frame(joining(bob, room, 1, rejoin))).getAccepted();

    assertThat(accepted.getEpoch()).isEqualTo(2);
    // It brought none, and that of the epoch before is of no use.
    assertThat(group(room, bob.caller)).isEqualTo(new GroupView(true, 2, null));
    assertThat(bob.commit(room, 2, CommitDeclaration.getDefaultInstance()).hasAccepted()).isTrue();
    assertThat(refusedCode(bob, joining(bob, room, 1, rejoin))).isEqualTo("stale_epoch");
  }

  @Test
  void externalCommit_ofADeviceThatWasNeverThere_isForPolicyToPermit() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = new Socket(gateway.person());
    register(bob.caller);
    var room = room(alice.caller, bob.caller);
    var join = adding(bob.caller).toBuilder();
    var rejoin = adding(bob.caller).toBuilder().addRemoves(leaf(bob.caller));

    assertThat(refusedCode(bob, joining(bob, room, 0, join))).isEqualTo("policy_denied");
    assertThat(refusedCode(bob, joining(bob, room, 0, rejoin))).isEqualTo("not_in_group");
    assertThat(group(room, alice.caller).epoch()).isZero();
    gateway
        .door()
        .activate(
            "@id(\"join\") permit (principal, action == Chat::Action::\"room.joinGroup\","
                + " resource is Chat::Room);");
    var stranger = new Socket(gateway.person());
    register(stranger.caller);
    assertThat(
            refusedCode(stranger, joining(stranger, room, 0, adding(stranger.caller).toBuilder())))
        .isEqualTo("not_member");
    assertThat(bob.ask(frame(joining(bob, room, 0, join))).hasAccepted()).isTrue();
    assertThat(bob.commit(room, 1, CommitDeclaration.getDefaultInstance()).hasAccepted()).isTrue();
    assertThat(alice.commit(room, 2, CommitDeclaration.getDefaultInstance()).hasAccepted())
        .isTrue();
  }

  @Test
  void externalCommit_thatDeclaresMoreThanItself_isRefused() throws Exception {
    var alice = new Socket(gateway.person());
    var bob = gateway.person();
    register(alice.caller);
    register(bob);
    var room = room(alice.caller, bob);
    var own = adding(alice.caller);

    for (var declared :
        List.of(
            CommitDeclaration.newBuilder(),
            adding(bob).toBuilder(),
            own.toBuilder().addAdds(leaf(bob)),
            own.toBuilder().addRemoves(leaf(bob)),
            own.toBuilder().addRemoves(leaf(alice.caller)).addRemoves(leaf(alice.caller)))) {
      assertThat(refusedCode(alice, joining(alice, room, 0, declared))).isEqualTo("malformed");
    }
    assertThat(
            refusedCode(
                alice,
                joining(
                    alice,
                    room,
                    0,
                    own.toBuilder()
                        .setGroupInfo(
                            groupInfo(room, 1).concat(ByteString.copyFrom(new byte[98_304]))))))
        .isEqualTo("too_large");
    assertThat(group(room, alice.caller).epoch()).isZero();
  }

  @Test
  void groupInfo_isReplacedByTheNextCommit_andForgottenByAReset() throws Exception {
    var alice = new Socket(gateway.person());
    var room = room(alice.caller);
    var info = CommitDeclaration.newBuilder().setGroupInfo(groupInfo(room, 1)).build();
    assertThat(alice.commit(room, 0, info).hasAccepted()).isTrue();
    var next = groupInfo(room, 2);
    assertThat(
            alice
                .commit(room, 1, CommitDeclaration.newBuilder().setGroupInfo(next).build())
                .hasAccepted())
        .isTrue();
    assertThat(group(room, alice.caller)).isEqualTo(new GroupView(true, 2, next));

    done(gateway.rooms().resetGroup(alice.caller, room));

    assertThat(group(room, alice.caller)).isEqualTo(new GroupView(true, 0, null));
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
            adding(bob).toBuilder().setAdds(0, leaf.toBuilder().setLeafIndex(-1)),
            CommitDeclaration.newBuilder()
                .setExternalSender(ExternalSender.newBuilder().setIndex(256).setKeyId("x")),
            adding(bob).toBuilder().setAdds(0, leaf.toBuilder().setUserId("bob")),
            CommitDeclaration.newBuilder().addRemoves(leaf.toBuilder().setLeafIndex(-1)),
            CommitDeclaration.newBuilder().setGroupInfo(ByteString.copyFromUtf8("none")))) {
      assertThat(alice.commit(room, 0, bad.build()).getRefused().getCode()).isEqualTo("malformed");
    }
    assertThat(
            alice
                .commit(
                    room,
                    0,
                    adding(bob).toBuilder().setAdds(0, leaf.toBuilder().setLeafIndex(2)).build())
                .getRefused()
                .getCode())
        .isEqualTo("wrong_leaf");
    assertThat(
            alice
                .commit(
                    room,
                    0,
                    CommitDeclaration.newBuilder()
                        .setExternalSender(ExternalSender.newBuilder().setKeyId("none of ours"))
                        .build())
                .getRefused()
                .getCode())
        .isEqualTo("unknown_key");
    var notHis =
        adding(bob).toBuilder().setAdds(0, leaf.toBuilder().setUserId(alice.caller.userId()));
    assertThat(alice.commit(room, 0, notHis.build()).getRefused().getCode())
        .isEqualTo("unknown_device");
    assertThat(alice.commit(room, 0, adding(bob)).hasAccepted()).isTrue();
  }

  private static CommitDeclaration removing(Caller removed) {
    return CommitDeclaration.newBuilder()
        .addRemoves(
            DeclaredLeaf.newBuilder().setUserId(removed.userId()).setDeviceId(deviceOf(removed)))
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
