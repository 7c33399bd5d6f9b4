package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.deviceOf;
import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.device.TestDevices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.InboxEntry;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.mls.RealMls;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.DeclaredLeaf;
import dev.sallyport.gateway.protocol.EntryKind;
import dev.sallyport.gateway.protocol.ExternalSender;
import dev.sallyport.gateway.protocol.RoomEntry;
import dev.sallyport.gateway.protocol.WelcomeDelivery;
import dev.sallyport.gateway.sender.TestSender;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What members meet while the leaf of someone who is out is still in the group. */
abstract class RelayRemovalsContract extends RelayFixture {

  private static CommitDeclaration.Builder adding(Caller added) {
    return CommitDeclaration.newBuilder()
        .addAdds(leaf(added))
        .addWelcomes(
            WelcomeDelivery.newBuilder()
                .setDeviceId(deviceOf(added))
                .setWelcome(Gateway.welcome("hello")));
  }

  private static CommitDeclaration removing(Caller removed) {
    return CommitDeclaration.newBuilder().addRemoves(leaf(removed)).build();
  }

  private static DeclaredLeaf leaf(Caller caller) {
    return DeclaredLeaf.newBuilder()
        .setUserId(caller.userId())
        .setDeviceId(deviceOf(caller))
        .build();
  }

  private static DeclaredLeaf leaf(Caller caller, int index) {
    return leaf(caller).toBuilder().setLeafIndex(index).build();
  }

  private Caller registered() throws Exception {
    var person = gateway.person();
    register(person);
    return person;
  }

  @Test
  void send_afterAKick_isRefusedUntilTheRemoveIsCommitted() throws Exception {
    var alice = new Socket(registered());
    var bob = registered();
    var room = room(alice.caller, bob);
    assertThat(alice.commit(room, 0, adding(bob).build()).hasAccepted()).isTrue();
    done(gateway.rooms().kick(alice.caller, room, bob.userId()));

    var refused = alice.send(room, 1, "not yet").getRefused();
    assertThat(refused.getCode()).isEqualTo("removal_pending");
    assertThat(refused.getRemovalsList()).containsExactly(leaf(bob, 1));
    assertThat(refused.getRetryable()).isFalse();
    assertThat(
            alice
                .commit(room, 1, CommitDeclaration.getDefaultInstance())
                .getRefused()
                .getRemovalsList())
        .containsExactly(leaf(bob, 1));

    assertThat(alice.commit(room, 1, removing(bob)).hasAccepted()).isTrue();
    assertThat(alice.send(room, 2, "now").hasAccepted()).isTrue();
  }

  @Test
  void subscribe_whileALeafHasToGo_tellsWhoResumes() throws Exception {
    var alice = new Socket(registered());
    var bob = registered();
    var room = room(alice.caller, bob);
    assertThat(alice.commit(room, 0, adding(bob).build()).hasAccepted()).isTrue();
    done(gateway.rooms().ban(alice.caller, room, bob.userId()));
    long last = join(gateway.part(RoomLog.class).room(room)).orElseThrow().lastSeq();

    var resumed = new Socket(alice.caller).subscribe(after(room, last)).caughtUp(room);
    assertThat(resumed.mark(room).getRemovalsList()).containsExactly(leaf(bob, 1));

    assertThat(alice.commit(room, 1, removing(bob)).hasAccepted()).isTrue();
    var later = new Socket(alice.caller).subscribe(after(room, last)).caughtUp(room);
    assertThat(later.mark(room).getRemovalsList()).isEmpty();
  }

  @Test
  void commit_removingALeafThatHasToGo_isNoExpulsionOfWhoCameBack() throws Exception {
    var alice = new Socket(registered());
    var bob = new Socket(registered());
    var carol = registered();
    var room = room(alice.caller, bob.caller, carol);
    assertThat(alice.commit(room, 0, adding(bob.caller).build()).hasAccepted()).isTrue();
    assertThat(alice.commit(room, 1, adding(carol).build()).hasAccepted()).isTrue();
    assertThat(bob.commit(room, 2, removing(carol)).getRefused().getCode())
        .isEqualTo("policy_denied");
    done(gateway.rooms().leave(carol, room));
    done(gateway.rooms().join(carol, room));

    assertThat(bob.commit(room, 2, removing(carol)).hasAccepted()).isTrue();
  }

  @Test
  void device_thatIsRevoked_leavesAtTheNextCommit() throws Exception {
    var alice = new Socket(registered());
    var bob = registered();
    var room = done(gateway.rooms().create(alice.caller, "", "invite", "")).id();
    done(gateway.rooms().invite(alice.caller, room, bob.userId(), RoomRole.MEMBER));
    assertThat(alice.commit(room, 0, adding(bob).build()).hasAccepted()).isTrue();

    // Only invited, but in the group.
    assertThat(join(gateway.part(Devices.class).revoke(bob.userId(), deviceOf(bob)))).isTrue();

    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !join(gateway.part(RoomLog.class).removals(room, "")).isEmpty());
    assertThat(alice.send(room, 1, "not yet").getRefused().getCode()).isEqualTo("removal_pending");
    assertThat(alice.commit(room, 1, removing(bob)).hasAccepted()).isTrue();
    assertThat(alice.send(room, 2, "now").hasAccepted()).isTrue();
  }

  @Test
  void device_renamed_isToldToTheOwnersOtherDevicesAlone() throws Exception {
    var phone = gateway.person();
    var laptop = gateway.person(phone.userId(), true);
    var stranger = gateway.person();
    for (var device : List.of(phone, laptop, stranger)) {
      register(device);
    }
    var devices = gateway.part(Devices.class);
    var log = gateway.part(RoomLog.class);

    assertThat(TestDevices.rename(devices, phone.userId(), deviceOf(phone), "pocket")).isTrue();
    // Said twice, it is no news.
    assertThat(TestDevices.rename(devices, phone.userId(), deviceOf(phone), "pocket")).isTrue();
    assertThat(TestDevices.rename(devices, stranger.userId(), deviceOf(phone), "mine")).isFalse();

    assertThat(join(log.readInbox(deviceOf(laptop), 0, 10)).entries())
        .extracting(InboxEntry::item)
        .containsExactly(new InboxItem.DeviceRenamed(deviceOf(phone), "pocket"));
    assertThat(join(log.readInbox(deviceOf(phone), 0, 10)).entries()).isEmpty();
    assertThat(join(log.readInbox(deviceOf(stranger), 0, 10)).entries()).isEmpty();
    var socket = new Socket(laptop).subscribe(0);
    assertThat(socket.awaitInbox(1).getFirst().getDeviceRenamed().getName()).isEqualTo("pocket");

    assertThat(join(devices.revoke(phone.userId(), deviceOf(phone)))).isTrue();
    assertThat(TestDevices.rename(devices, phone.userId(), deviceOf(phone), "gone")).isFalse();
  }

  @Test
  void kick_whereTheGatewayIsAnExternalSender_bringsItsProposal() throws Exception {
    var alice = new Socket(registered());
    var bob = registered();
    var room = room(alice.caller, bob);
    var sender = gateway.part(TestSender.class);
    var group = RealMls.Members.of(room, sender.externalSender());
    assertThat(
            alice
                .commit(
                    room,
                    0,
                    adding(bob)
                        .setExternalSender(
                            ExternalSender.newBuilder().setIndex(0).setKeyId(sender.keyId()))
                        .build())
                .hasAccepted())
        .isTrue();
    alice.subscribe(after(room, 0)).caughtUp(room);

    done(gateway.rooms().kick(alice.caller, room, bob.userId()));

    long seq = join(gateway.part(RoomLog.class).room(room)).orElseThrow().lastSeq();
    RoomEntry proposal = alice.awaitEntry(room, seq).getLast();
    assertThat(proposal.getKind()).isEqualTo(EntryKind.PROPOSAL);
    assertThat(proposal.getSenderUserId()).isEmpty();
    assertThat(proposal.getSenderDeviceId()).isEmpty();
    assertThat(proposal.getEpoch()).isEqualTo(1);
    // Bouncy Castle takes it, and the next Commit refers to it.
    assertThat(group.leaves()).isEqualTo(3);
    group.receive(proposal.getMlsMessage());
    assertThat(group.commit()).isEqualTo(2);
  }
}
