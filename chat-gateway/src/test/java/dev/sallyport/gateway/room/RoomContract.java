package dev.sallyport.gateway.room;

import static dev.sallyport.gateway.room.Gateway.join;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.AppendOutcome;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.policy.value.EntityUid;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rooms under the default policies, on whichever database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RoomContract {

  private Gateway gateway;

  /** Opens the gateway on the database of this test. */
  abstract Gateway open(Path folder) throws Exception;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    gateway = open(folder);
  }

  @AfterAll
  void close() throws Exception {
    gateway.close();
  }

  private RoomActions rooms() {
    return gateway.rooms();
  }

  private String room(Caller owner, String joinRule, String classification) {
    return done(rooms().create(owner, "a room", joinRule, classification)).id();
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

  @Test
  void roles_containEachOther_forJoinedMembersOnly() throws Exception {
    var owner = gateway.person();
    var guest = gateway.person();
    var invited = gateway.person();
    var id = room(owner, "invite", "");
    done(rooms().invite(owner, id, guest.userId(), RoomRole.GUEST));
    done(rooms().join(guest, id));
    var room = done(rooms().invite(owner, id, invited.userId(), RoomRole.MEMBER));

    assertThat(room.rolesOf(owner.user()))
        .extracting(EntityUid::id)
        .containsExactly(id + "/owner", id + "/moderator", id + "/member", id + "/guest");
    assertThat(room.holds(owner.user(), role(room, "members"))).isTrue();
    assertThat(room.holds(guest.user(), role(room, "members"))).isFalse();
    assertThat(room.holds(guest.user(), role(room, "guests"))).isTrue();
    assertThat(room.rolesOf(invited.user())).isEmpty();
    var owners = Objects.requireNonNull(room.find(role(room, "owners")));
    assertThat(owners.isIn(role(room, "guests"))).isTrue();
    assertThat(owners.isIn(owners.uid())).isFalse();
  }

  private static EntityUid role(Room room, String attribute) {
    return (EntityUid) Objects.requireNonNull(room.attribute(attribute));
  }

  @Test
  void invitedOnly_strangerFindsNothing_inviteeMayJoinOnce() throws Exception {
    var owner = gateway.person();
    var invitee = gateway.person();
    var stranger = gateway.person();
    var id = room(owner, "invite", "");
    done(rooms().invite(owner, id, invitee.userId(), RoomRole.MODERATOR));

    assertThat(refused(rooms().join(stranger, id))).isEqualTo("not_found");
    assertThat(refused(rooms().read(stranger, id))).isEqualTo("not_found");
    assertThat(refused(rooms().archive(stranger, id))).isEqualTo("not_found");
    done(rooms().read(invitee, id));
    var joined = done(rooms().join(invitee, id));
    assertThat(joined.member(invitee.userId()).orElseThrow().role()).isEqualTo(RoomRole.MODERATOR);
    assertThat(done(rooms().join(invitee, id)).version()).isEqualTo(joined.version());
  }

  @Test
  void moderators_mayInviteAndKickMembers_butNotOwners() throws Exception {
    var owner = gateway.person();
    var moderator = gateway.person();
    var member = gateway.person();
    var id = room(owner, "open", "");
    done(rooms().join(moderator, id));
    done(rooms().join(member, id));
    assertThat(refused(rooms().setRole(moderator, id, moderator.userId(), RoomRole.OWNER)))
        .isEqualTo("policy_denied");
    done(rooms().setRole(owner, id, moderator.userId(), RoomRole.MODERATOR));

    assertThat(refused(rooms().kick(moderator, id, owner.userId()))).isEqualTo("policy_denied");
    assertThat(refused(rooms().invite(moderator, id, UUID.randomUUID().toString(), RoomRole.OWNER)))
        .isEqualTo("policy_denied");
    assertThat(refused(rooms().kick(member, id, moderator.userId()))).isEqualTo("policy_denied");
    assertThat(done(rooms().kick(moderator, id, member.userId())).joined(member.userId()))
        .isFalse();
  }

  @Test
  void policy_isAskedForEachChange() throws Exception {
    var owner = gateway.person();
    var member = gateway.person();
    var other = gateway.person();
    var id = room(owner, "open", "");
    done(rooms().join(member, id));
    done(rooms().ban(owner, id, other.userId()));

    assertThat(
            List.of(
                refused(rooms().ban(member, id, gateway.person().userId())),
                refused(rooms().unban(member, id, other.userId())),
                refused(rooms().kick(member, id, owner.userId())),
                refused(rooms().invite(member, id, gateway.person().userId(), RoomRole.MEMBER)),
                refused(rooms().setRole(member, id, member.userId(), RoomRole.OWNER)),
                refused(rooms().archive(member, id))))
        .containsOnly("policy_denied");
    assertThat(done(rooms().read(owner, id)).version()).isEqualTo(3);

    gateway
        .door()
        .activate(
            """
            @id("frozen")
            forbid (principal, action == Chat::Action::"room.create", resource);
            """);
    try {
      assertThat(refused(rooms().create(owner, "", "open", ""))).isEqualTo("policy_denied");
    } finally {
      gateway.door().activate("");
    }
  }

  @Test
  void ban_keepsOutOfAnOpenRoomUntilItIsLifted() throws Exception {
    var owner = gateway.person();
    var member = gateway.person();
    var id = room(owner, "open", "");
    done(rooms().join(member, id));
    done(rooms().ban(owner, id, member.userId()));

    assertThat(refused(rooms().join(member, id))).isEqualTo("not_found");
    assertThat(refused(rooms().read(member, id))).isEqualTo("not_found");
    assertThat(refused(rooms().invite(owner, id, member.userId(), RoomRole.MEMBER)))
        .isEqualTo("banned");
    done(rooms().unban(owner, id, member.userId()));
    assertThat(done(rooms().join(member, id)).joined(member.userId())).isTrue();
  }

  @Test
  void lastOwner_staysWhileOthersAreThere() throws Exception {
    var owner = gateway.person();
    var member = gateway.person();
    var id = room(owner, "open", "");
    done(rooms().join(member, id));

    assertThat(refused(rooms().leave(owner, id))).isEqualTo("last_owner");
    assertThat(refused(rooms().setRole(owner, id, owner.userId(), RoomRole.GUEST)))
        .isEqualTo("last_owner");
    done(rooms().setRole(owner, id, member.userId(), RoomRole.OWNER));
    assertThat(done(rooms().leave(owner, id)).joined(owner.userId())).isFalse();
    done(rooms().leave(member, id));
  }

  @Test
  void classified_needsASecondFactor() throws Exception {
    var owner = gateway.person();
    var id = room(owner, "open", "classified");
    var once = gateway.person(UUID.randomUUID().toString(), false);
    var again = gateway.person(once.userId(), true);

    assertThat(refused(rooms().join(once, id))).isEqualTo("not_found");
    done(rooms().join(again, id));
    // Who belongs to it is told why.
    assertThat(refused(rooms().leave(once, id))).isEqualTo("policy_denied");
  }

  @Test
  void archived_takesNobodyIn() throws Exception {
    var owner = gateway.person();
    var id = room(owner, "open", "");
    assertThat(done(rooms().archive(owner, id)).archived()).isTrue();
    assertThat(refused(rooms().join(gateway.person(), id))).isEqualTo("policy_denied");
  }

  @Test
  void declining_isLeaving() throws Exception {
    var owner = gateway.person();
    var invitee = gateway.person();
    var id = room(owner, "invite", "");
    done(rooms().invite(owner, id, invitee.userId(), RoomRole.MEMBER));
    assertThat(done(rooms().leave(invitee, id)).belongs(invitee.userId())).isFalse();
    assertThat(refused(rooms().read(invitee, id))).isEqualTo("not_found");
  }

  @Test
  void manyJoinAtOnce_eachIsIn() throws Exception {
    var owner = gateway.person();
    var id = room(owner, "open", "");
    var people = new ArrayList<Caller>();
    for (int i = 0; i < 60; i++) {
      people.add(gateway.person());
    }
    var joins = people.stream().map(person -> rooms().join(person, id)).toList();
    joins.forEach(RoomContract::done);

    var room = done(rooms().read(owner, id));
    assertThat(people).allMatch(person -> room.joined(person.userId()));
    assertThat(room.version()).isEqualTo(61);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void versionsInMemory_areThoseOfTheStore(long seed) {
    var random = new Random(seed);
    var log = gateway.part(RoomLog.class);
    var id = UUID.randomUUID().toString();
    var users = List.of("a", "b", "c", "d");
    var created = RoomEvent.created("a", "n", "open", "secret");
    append(log, id, created, new Append.Fence.NoRoom());
    var room = Room.created(id, created);
    for (int i = 0; i < 40; i++) {
      var user = users.get(random.nextInt(users.size()));
      var types =
          room.member(user).isEmpty()
              ? List.of(RoomEvent.Type.INVITED, RoomEvent.Type.JOINED, RoomEvent.Type.BANNED)
              : List.of(
                  RoomEvent.Type.JOINED,
                  RoomEvent.Type.LEFT,
                  RoomEvent.Type.KICKED,
                  RoomEvent.Type.BANNED,
                  RoomEvent.Type.UNBANNED,
                  RoomEvent.Type.ROLE_CHANGED,
                  RoomEvent.Type.MUTED,
                  RoomEvent.Type.UNMUTED,
                  RoomEvent.Type.OWNERSHIP_TRANSFERRED,
                  RoomEvent.Type.RETENTION_CHANGED,
                  RoomEvent.Type.GROUP_RESET,
                  RoomEvent.Type.DEVICE_REMOVED,
                  RoomEvent.Type.ARCHIVED);
      var type = types.get(random.nextInt(types.size()));
      var role = List.of(RoomRole.values()).get(random.nextInt(4)).wireName();
      var event =
          switch (type) {
            case ARCHIVED -> RoomEvent.archived();
            case RETENTION_CHANGED -> RoomEvent.retention(random.nextInt(1000));
            case GROUP_RESET -> RoomEvent.groupReset(UUID.randomUUID().toString());
            case DEVICE_REMOVED -> RoomEvent.device(type, user, "d");
            case BANNED, MUTED, UNMUTED -> RoomEvent.about(type, user, "");
            default -> RoomEvent.about(type, user, role);
          };
      append(log, id, event, new Append.Fence.Exactly(room.version()));
      room = room.after(event, "a", i + 2L);

      var stored = Room.of(join(log.room(id)).orElseThrow());
      assertThat(stored.members()).containsExactlyInAnyOrderElementsOf(room.members());
      assertThat(stored.version()).isEqualTo(room.version());
      assertThat(stored.archived()).isEqualTo(room.archived());
      assertThat(stored.muted()).isEqualTo(room.muted());
      assertThat(stored.retentionSeconds()).isEqualTo(room.retentionSeconds());
      assertThat(stored.groupId()).isEqualTo(room.groupId());
    }
  }

  private static void append(RoomLog log, String room, RoomEvent event, Append.Fence fence) {
    assertThat(
            join(
                log.append(
                    new Append(
                        room,
                        new Append.Author("a", "", ByteString.EMPTY),
                        new Content.Event(event),
                        fence,
                        List.of()))))
        .isInstanceOf(AppendOutcome.Appended.class);
  }
}
