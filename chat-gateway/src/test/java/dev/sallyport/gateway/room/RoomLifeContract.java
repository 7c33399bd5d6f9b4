package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.deviceOf;
import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.device.TestDevices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.Chain;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.protocol.CommitDeclaration;
import dev.sallyport.gateway.protocol.Send;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What befalls rooms beyond coming and going, under the default policies, on any database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RoomLifeContract {

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

  private RoomActions rooms() {
    return gateway.rooms();
  }

  private String room(Caller owner, Caller... members) {
    var id = done(rooms().create(owner, "a room", "open", "")).id();
    for (var member : members) {
      done(rooms().join(member, id));
    }
    return id;
  }

  private static Room done(CompletableFuture<RoomOutcome> change) {
    var outcome = join(change);
    assertThat(outcome).isInstanceOf(RoomOutcome.Done.class);
    return ((RoomOutcome.Done) outcome).room();
  }

  private static String refused(CompletableFuture<RoomOutcome> change) {
    var outcome = join(change);
    assertThat(outcome).isInstanceOf(RoomOutcome.Refused.class);
    return ((RoomOutcome.Refused) outcome).refusal().codeName();
  }

  private static ByteString id() {
    var bytes = new byte[16];
    new Random().nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** The code of the refusal, or `accepted`. */
  private String send(Caller caller, String room, String group, long epoch) {
    return sent(
        caller,
        Send.newBuilder()
            .setRoomId(room)
            .setClientMessageId(id())
            .setMlsMessage(Gateway.sealed(group, epoch, 1, "text")));
  }

  private String commit(Caller caller, String room, String group, long epoch) {
    return sent(
        caller,
        Send.newBuilder()
            .setRoomId(room)
            .setClientMessageId(id())
            .setMlsMessage(Gateway.sealed(group, epoch, 3, UUID.randomUUID().toString()))
            .setCommit(CommitDeclaration.getDefaultInstance()));
  }

  private String sent(Caller caller, Send.Builder send) {
    return switch (join(
        gateway.part(Sending.class).send(caller, send.build(), new CompletableFuture<>()))) {
      case Sending.Sent.Accepted accepted -> "accepted";
      case Sending.Sent.Refused(Refusal refusal) -> refusal.codeName();
    };
  }

  private List<LogEntry> log(String room) {
    return join(gateway.part(RoomLog.class).read(room, 0, 100)).entries();
  }

  private LogEntry last(String room) {
    return log(room).getLast();
  }

  // ------------------------------------------------------------------------------------- muting

  @Test
  void mute_silencesMessagesNotCommits_andOutlastsLeaving() throws Exception {
    var owner = gateway.person();
    var bob = gateway.person();
    var room = room(owner, bob);
    assertThat(send(bob, room, room, 0)).isEqualTo("accepted");

    var muted = done(rooms().mute(owner, room, bob.userId()));

    assertThat(muted.muted()).containsExactly(bob.userId());
    assertThat(last(room).event())
        .isEqualTo(RoomEvent.about(RoomEvent.Type.MUTED, bob.userId(), ""));
    assertThat(send(bob, room, room, 0)).isEqualTo("muted");
    assertThat(send(owner, room, room, 0)).isEqualTo("accepted");
    assertThat(commit(bob, room, room, 0))
        .as("asked, and not in the group")
        .isEqualTo("not_in_group");
    done(rooms().leave(bob, room));
    done(rooms().join(bob, room));
    assertThat(send(bob, room, room, 0)).isEqualTo("muted");
    // Both ways, so that it is the state that refuses, not what this node remembers.
    gateway.part(Rooms.class).uncertain(List.of(room), List.of());
    assertThat(send(bob, room, room, 0)).isEqualTo("muted");

    done(rooms().unmute(owner, room, bob.userId()));
    assertThat(send(bob, room, room, 0)).isEqualTo("accepted");
  }

  @Test
  void mute_isForModerators_andOfModeratorsForOwners() throws Exception {
    var owner = gateway.person();
    var moderator = gateway.person();
    var other = gateway.person();
    var bob = gateway.person();
    var room = room(owner, moderator, other, bob);
    done(rooms().setRole(owner, room, moderator.userId(), RoomRole.MODERATOR));
    done(rooms().setRole(owner, room, other.userId(), RoomRole.MODERATOR));

    assertThat(refused(rooms().mute(bob, room, other.userId()))).isEqualTo("policy_denied");
    assertThat(refused(rooms().mute(moderator, room, other.userId()))).isEqualTo("policy_denied");
    assertThat(refused(rooms().mute(moderator, room, owner.userId()))).isEqualTo("policy_denied");
    var muted = done(rooms().mute(moderator, room, bob.userId()));
    assertThat(done(rooms().mute(moderator, room, bob.userId())).version())
        .isEqualTo(muted.version());
    assertThat(refused(rooms().unmute(bob, room, bob.userId()))).isEqualTo("policy_denied");
    assertThat(refused(rooms().mute(owner, room, UUID.randomUUID().toString())))
        .isEqualTo("not_member");
  }

  // ------------------------------------------------------------------------------------- transfer

  @Test
  void transfer_makesTheOtherOwnerInOneStep() throws Exception {
    var owner = gateway.person();
    var bob = gateway.person();
    var room = room(owner, bob);

    var handed = done(rooms().transfer(owner, room, bob.userId()));

    assertThat(handed.member(bob.userId())).map(Room.Member::role).contains(RoomRole.OWNER);
    assertThat(handed.member(owner.userId())).map(Room.Member::role).contains(RoomRole.MODERATOR);
    assertThat(last(room).event())
        .isEqualTo(RoomEvent.about(RoomEvent.Type.OWNERSHIP_TRANSFERRED, bob.userId(), "owner"));
    assertThat(last(room).author().userId()).isEqualTo(owner.userId());
    gateway.part(Rooms.class).uncertain(List.of(room), List.of());
    assertThat(refused(rooms().transfer(owner, room, owner.userId()))).isEqualTo("policy_denied");
    done(rooms().leave(owner, room));
  }

  @Test
  void transfer_isForOwnersToMembers() throws Exception {
    var owner = gateway.person();
    var bob = gateway.person();
    var invited = gateway.person();
    var room = room(owner, bob);
    done(rooms().invite(owner, room, invited.userId(), RoomRole.MEMBER));

    assertThat(refused(rooms().transfer(bob, room, bob.userId()))).isEqualTo("policy_denied");
    assertThat(refused(rooms().transfer(owner, room, invited.userId()))).isEqualTo("not_member");
    var same = done(rooms().transfer(owner, room, owner.userId()));
    assertThat(same.member(owner.userId())).map(Room.Member::role).contains(RoomRole.OWNER);
    // A policy that lets others hand it over does not make them owners.
    gateway
        .door()
        .activate(
            "@id(\"anyone\") permit (principal, action == Chat::Action::\"room.transfer\","
                + " resource);");
    assertThat(refused(rooms().transfer(bob, room, bob.userId()))).isEqualTo("not_owner");
  }

  // ------------------------------------------------------------------------------------- redaction

  @Test
  void redact_leavesATombstoneInAnUnbrokenChain() throws Exception {
    var owner = gateway.person();
    var bob = gateway.person();
    var carol = gateway.person();
    var room = room(owner, bob, carol);
    send(bob, room, room, 0);
    send(carol, room, room, 0);
    var hash = log(room).get(3).blobHash();

    assertThat(refused(rooms().redact(bob, room, 5))).isEqualTo("policy_denied");
    done(rooms().redact(bob, room, 4));
    var version = done(rooms().redact(bob, room, 4)).version();
    done(rooms().redact(owner, room, 5));

    assertThat(version).isEqualTo(6);
    var entries = log(room);
    assertThat(entries.get(3).blob()).isNull();
    assertThat(entries.get(3).blobHash()).isEqualTo(hash);
    assertThat(entries.get(4).blob()).isNull();
    assertThat(entries.get(5).event()).isEqualTo(RoomEvent.redacted(bob.userId(), 4));
    assertThat(entries.get(6).event()).isEqualTo(RoomEvent.redacted(carol.userId(), 5));
    var chain = Chain.start(room);
    for (var entry : entries) {
      assertThat(Chain.verifies(chain, entry)).isTrue();
      chain = entry.chainHash();
    }
    assertThat(join(gateway.part(RoomLog.class).read(room, 0, 100)).complete()).isFalse();
    assertThat(join(gateway.part(RoomLog.class).read(room, 5, 100)).complete()).isTrue();
  }

  @Test
  void redact_whatIsNoMessageOrNotSeen_isRefused() throws Exception {
    var owner = gateway.person();
    var room = room(owner);
    send(owner, room, room, 0);
    commit(owner, room, room, 0);
    var late = gateway.person();
    done(rooms().join(late, room));
    done(rooms().setRole(owner, room, late.userId(), RoomRole.MODERATOR));
    var stranger = gateway.person();

    assertThat(refused(rooms().redact(owner, room, 1))).isEqualTo("not_redactable");
    assertThat(refused(rooms().redact(owner, room, 3))).isEqualTo("not_redactable");
    for (long seq : new long[] {99, 0, -1}) {
      assertThat(refused(rooms().redact(owner, room, seq))).isEqualTo("not_found");
    }
    assertThat(refused(rooms().redact(late, room, 2))).isEqualTo("not_found");
    assertThat(refused(rooms().redact(stranger, room, 2))).isEqualTo("not_member");
    assertThat(refused(rooms().redact(stranger, UUID.randomUUID().toString(), 2)))
        .isEqualTo("not_found");
    assertThat(log(room).get(1).blob()).isNotNull();
  }

  // ------------------------------------------------------------------------------------- retention

  @Test
  void retention_isTheOwnersToSet_andShownByTheRoom() throws Exception {
    var owner = gateway.person();
    var bob = gateway.person();
    var room = room(owner, bob);

    assertThat(refused(rooms().setRetention(bob, room, 60))).isEqualTo("policy_denied");
    var kept = done(rooms().setRetention(owner, room, 86_400));

    assertThat(kept.retentionSeconds()).isEqualTo(86_400);
    assertThat(last(room).event()).isEqualTo(RoomEvent.retention(86_400));
    assertThat(done(rooms().setRetention(owner, room, 86_400)).version()).isEqualTo(kept.version());
    gateway.part(Rooms.class).uncertain(List.of(room), List.of());
    assertThat(done(rooms().read(bob, room)).retentionSeconds()).isEqualTo(86_400);
  }

  // ------------------------------------------------------------------------------------- a new
  // group

  @Test
  void resetGroup_endsTheOldOne_andTheOwnersDeviceBeginsTheNext() throws Exception {
    var owner = gateway.person();
    var bob = gateway.person();
    var room = room(owner, bob);
    assertThat(commit(owner, room, room, 0)).isEqualTo("accepted");

    assertThat(refused(rooms().resetGroup(bob, room))).isEqualTo("policy_denied");
    var reset = done(rooms().resetGroup(owner, room));

    var group = reset.groupId();
    assertThat(group).isNotEqualTo(room);
    assertThat(last(room).event()).isEqualTo(RoomEvent.groupReset(group));
    assertThat(send(bob, room, room, 1)).isEqualTo("other_group");
    assertThat(commit(owner, room, room, 1)).isEqualTo("other_group");
    assertThat(send(bob, room, group, 0)).isEqualTo("accepted");
    assertThat(commit(bob, room, group, 0)).isEqualTo("not_in_group");
    assertThat(commit(owner, room, group, 0)).isEqualTo("accepted");
    assertThat(send(bob, room, group, 0)).isEqualTo("stale_epoch");
    assertThat(send(bob, room, group, 1)).isEqualTo("accepted");
    gateway.part(Rooms.class).uncertain(List.of(room), List.of());
    assertThat(done(rooms().read(bob, room)).groupId()).isEqualTo(group);
    assertThat(commit(owner, room, group, 1)).isEqualTo("accepted");
  }

  @Test
  void resetGroup_byAPolicyForOthers_standsNotInForMembership() throws Exception {
    var owner = gateway.person();
    var auditor = gateway.person();
    var room = room(owner);
    gateway
        .door()
        .activate(
            "@id(\"anyone\") permit (principal, action == Chat::Action::\"room.resetGroup\","
                + " resource);");

    assertThat(refused(rooms().resetGroup(auditor, room))).isEqualTo("not_member");
  }

  // ------------------------------------------------------------------------------------- two alone

  @Test
  void direct_isOneRoomForBothHoweverOftenItIsAskedFor() throws Exception {
    var alice = gateway.person();
    var bob = gateway.person();

    var made = done(rooms().direct(alice, bob.userId()));
    var again = done(rooms().direct(alice, bob.userId()));
    var others = done(rooms().direct(bob, alice.userId()));

    assertThat(again.id()).isEqualTo(made.id());
    assertThat(again.version()).isEqualTo(made.version());
    assertThat(made.invited(bob.userId())).isTrue();
    assertThat(others.id()).isEqualTo(made.id());
    assertThat(others.joined(alice.userId())).isTrue();
    assertThat(others.joined(bob.userId())).isTrue();
    assertThat(others.owners()).isEqualTo(2);
    assertThat(send(bob, made.id(), made.id(), 0)).isEqualTo("accepted");
  }

  @Test
  void direct_askedForByBothAtOnce_isOneRoom() throws Exception {
    for (int i = 0; i < 8; i++) {
      var alice = gateway.person();
      var bob = gateway.person();
      var one = rooms().direct(alice, bob.userId());
      var other = rooms().direct(bob, alice.userId());
      assertThat(done(one).id()).isEqualTo(done(other).id());
      var room = done(rooms().direct(alice, bob.userId()));
      assertThat(room.joined(alice.userId())).isTrue();
      assertThat(room.joined(bob.userId())).isTrue();
    }
  }

  @Test
  void direct_staysOfTwoWhoBothOwnIt() throws Exception {
    var alice = gateway.person();
    var bob = gateway.person();
    var mallory = gateway.person();
    var room = done(rooms().direct(alice, bob.userId())).id();
    done(rooms().join(bob, room));

    assertThat(refused(rooms().invite(alice, room, mallory.userId(), RoomRole.MEMBER)))
        .isEqualTo("direct_room");
    assertThat(refused(rooms().join(mallory, room))).isEqualTo("not_found");
    assertThat(refused(rooms().read(mallory, room))).isEqualTo("not_found");
    assertThat(refused(rooms().setRole(alice, room, bob.userId(), RoomRole.GUEST)))
        .isEqualTo("direct_room");
    assertThat(refused(rooms().transfer(alice, room, bob.userId()))).isEqualTo("direct_room");
    assertThat(refused(rooms().direct(alice, alice.userId()))).isEqualTo("malformed");
  }

  @Test
  void direct_whoLeftComesBack_whoIsBannedDoesNot() throws Exception {
    var alice = gateway.person();
    var bob = gateway.person();
    var room = done(rooms().direct(alice, bob.userId())).id();
    done(rooms().join(bob, room));
    done(rooms().leave(bob, room));

    assertThat(done(rooms().direct(alice, bob.userId())).invited(bob.userId())).isTrue();
    assertThat(done(rooms().direct(bob, alice.userId())).joined(bob.userId())).isTrue();
    done(rooms().ban(alice, room, bob.userId()));
    assertThat(refused(rooms().direct(bob, alice.userId()))).isEqualTo("not_found");
    assertThat(done(rooms().direct(alice, bob.userId())).banned(bob.userId())).isTrue();
  }

  @Test
  void direct_isForPolicyToPermitWithThatUser() throws Exception {
    var alice = gateway.person();
    var bob = gateway.person();
    gateway
        .door()
        .activate(
            "@id(\"not bob\") forbid (principal, action == Chat::Action::\"room.direct\", resource)"
                + " when { context.subject == Chat::User::\""
                + bob.userId()
                + "\" };");

    assertThat(refused(rooms().direct(alice, bob.userId()))).isEqualTo("policy_denied");
    assertThat(refused(rooms().read(alice, Ids.direct(alice.userId(), bob.userId()))))
        .isEqualTo("not_found");
    done(rooms().direct(alice, gateway.person().userId()));
  }

  // ------------------------------------------------------------------------------------- devices

  private List<RoomEvent> news(String room) {
    return log(room).stream()
        .map(LogEntry::event)
        .filter(
            event ->
                event != null
                    && (event.type() == RoomEvent.Type.DEVICE_ADDED
                        || event.type() == RoomEvent.Type.DEVICE_REMOVED))
        .toList();
  }

  @Test
  void devices_comingAndGoing_areToldToTheRoomsOfTheirUser() throws Exception {
    var owner = gateway.person();
    var bob = gateway.person();
    var joined = room(owner, bob);
    var other = room(owner, bob);
    var invited = done(rooms().create(owner, "", "invite", "")).id();
    done(rooms().invite(owner, invited, bob.userId(), RoomRole.MEMBER));
    var devices = gateway.part(Devices.class);
    var key = Gateway.signatureKey().generatePublicKey().getEncoded();

    assertThat(TestDevices.register(devices, bob, gateway.credential(bob, key))).isTrue();

    var added = RoomEvent.device(RoomEvent.Type.DEVICE_ADDED, bob.userId(), deviceOf(bob));
    for (var room : List.of(joined, other)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(news(room)).containsExactly(added));
    }
    // A renewed credential is no news.
    assertThat(TestDevices.register(devices, bob, gateway.credential(bob, key))).isTrue();
    assertThat(join(devices.revoke(bob.userId(), deviceOf(bob)))).isTrue();
    assertThat(join(devices.revoke(bob.userId(), deviceOf(bob)))).isTrue();

    var removed = RoomEvent.device(RoomEvent.Type.DEVICE_REMOVED, bob.userId(), deviceOf(bob));
    for (var room : List.of(joined, other)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(news(room)).containsExactly(added, removed));
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(join(devices.unannounced()))
                    .extracting(Devices.Unannounced::deviceId)
                    .doesNotContain(deviceOf(bob)));
    assertThat(news(joined)).containsExactly(added, removed);
    assertThat(news(invited)).isEmpty();
    assertThat(last(joined).author().userId()).isEqualTo(bob.userId());
  }
}
