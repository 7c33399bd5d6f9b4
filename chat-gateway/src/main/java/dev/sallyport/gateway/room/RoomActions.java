package dev.sallyport.gateway.room;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.Chat;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.AppendOutcome;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.EntryKind;
import dev.sallyport.gateway.log.GroupView;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.LogEntry;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.log.RoomRecord.State;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.StringValue;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Changes of rooms. Each is decided on one version of the room and appended to its log with that
 * version as the fence; if the room changed meanwhile, it is decided anew. On one node the changes
 * of a room wait for each other, so that this is rare.
 */
final class RoomActions {

  static final int NAME_CHARS_MAX = 200;
  static final int CLASSIFICATION_CHARS_MAX = 64;

  /** A version of a room is copied whole when it changes: at this size within a millisecond. */
  static final int MEMBERS_MAX = 10_000;

  /** Only other nodes can get in between; who loses so often should come again later. */
  private static final int TRIES_MAX = 8;

  private final Rooms rooms;
  private final RoomLog log;
  private final RoomDoor door;
  private final Devices devices;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Executor relay;
  private final Map<String, CompletableFuture<RoomOutcome>> turns = new ConcurrentHashMap<>();

  RoomActions(
      Rooms rooms,
      RoomLog log,
      RoomDoor door,
      Devices devices,
      InstantSource clock,
      SecureRandom random,
      Executor relay) {
    this.rooms = rooms;
    this.log = log;
    this.door = door;
    this.devices = devices;
    this.clock = clock;
    this.random = random;
    this.relay = relay;
  }

  /** What a decision on one version of the room comes to. */
  private sealed interface Step {
    record Unchanged() implements Step {}

    record Refused(Refusal refusal) implements Step {}

    record Change(RoomEvent event) implements Step {}
  }

  /**
   * Who changes a room.
   *
   * @param deviceId empty where the caller has none
   */
  private record Actor(String userId, String deviceId) {

    static Actor of(Caller caller) {
      var device = caller.deviceId();
      return new Actor(caller.userId(), device == null ? "" : device);
    }

    Append.Author author() {
      return new Append.Author(userId, deviceId, ByteString.EMPTY);
    }
  }

  CompletableFuture<RoomOutcome> create(
      Caller caller, String name, String joinRule, String classification) {
    var refusal = door.creating(caller);
    if (refusal != null) {
      return refused(refusal);
    }
    var roomId = Ids.next(clock, random);
    var event = RoomEvent.created(caller.userId(), name, joinRule, classification);
    return log.append(
            new Append(
                roomId,
                Actor.of(caller).author(),
                new Content.Event(event),
                new Append.Fence.NoRoom(),
                List.of()))
        .thenApplyAsync(
            outcome ->
                outcome instanceof AppendOutcome.Appended
                    ? new RoomOutcome.Done(Room.created(roomId, event))
                    : new RoomOutcome.Refused(Refusal.UNAVAILABLE),
            relay);
  }

  /** The room, for who may read it. */
  CompletableFuture<RoomOutcome> read(Caller caller, String roomId) {
    // Nothing fences an answer: a kick on another node must not be overlooked here.
    return decide(
        roomId,
        rooms::read,
        Actor.of(caller),
        room -> {
          var refusal = door.refusal(caller, "room.read", room, RoomDoor.invited(caller, room));
          if (refusal == null && !room.banned(caller.userId())) {
            return new Step.Unchanged();
          }
          return new Step.Refused(
              refusal != null && room.belongs(caller.userId()) ? refusal : Refusal.NOT_FOUND);
        });
  }

  CompletableFuture<RoomOutcome> invite(
      Caller caller, String roomId, String userId, RoomRole role) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(
                    caller,
                    "room.invite",
                    room,
                    RecordValue.of(
                        "subject", Chat.user(userId), "role", StringValue.of(role.wireName()))),
                () -> inviting(room, userId, role)));
  }

  private static Step inviting(Room room, String userId, RoomRole role) {
    if (room.direct()) {
      return IS_DIRECT;
    }
    var member = room.member(userId).orElse(null);
    if (member == null) {
      return room.members().size() >= MEMBERS_MAX
          ? ROOM_FULL
          : event(RoomEvent.Type.INVITED, userId, role.wireName());
    }
    return switch (member.state()) {
      case JOINED -> conflict("already_member", "the user has joined");
      case BANNED -> conflict("banned", "the user is banned: lift the ban first");
      case INVITED ->
          member.role() == role
              ? new Step.Unchanged()
              : event(RoomEvent.Type.ROLE_CHANGED, userId, role.wireName());
    };
  }

  CompletableFuture<RoomOutcome> join(Caller caller, String roomId) {
    var userId = caller.userId();
    return inTurn(
        roomId,
        caller,
        room -> {
          var member = room.member(userId).orElse(null);
          if (member != null && member.state() == State.BANNED) {
            return new Step.Refused(Refusal.NOT_FOUND);
          }
          // Repeated, it is a question about a room that one is in already.
          var action = room.joined(userId) ? "room.read" : "room.join";
          return admitted(
              door.refusal(caller, action, room, RoomDoor.invited(caller, room)),
              () -> joining(room, userId, member));
        });
  }

  private static Step joining(Room room, String userId, Room.@Nullable Member member) {
    if (member == null) {
      return room.members().size() >= MEMBERS_MAX
          ? ROOM_FULL
          : event(RoomEvent.Type.JOINED, userId, RoomRole.MEMBER.wireName());
    }
    if (member.joined()) {
      return new Step.Unchanged();
    }
    var role = member.role() == null ? RoomRole.MEMBER : member.role();
    return event(RoomEvent.Type.JOINED, userId, role.wireName());
  }

  /** Leaves the room, or declines its invitation. */
  CompletableFuture<RoomOutcome> leave(Caller caller, String roomId) {
    var userId = caller.userId();
    return inTurn(
        roomId,
        caller,
        room -> {
          if (room.invited(userId)) {
            // To decline is not a right that a policy could take away.
            return event(RoomEvent.Type.LEFT, userId, "");
          }
          return admitted(
              door.refusal(caller, "room.leave", room, RoomDoor.invited(caller, room)),
              () -> leaving(room, userId));
        });
  }

  private static Step leaving(Room room, String userId) {
    if (!room.joined(userId)) {
      return NOT_JOINED;
    }
    return unlessLastOwner(room, RoomEvent.Type.LEFT, userId, "");
  }

  /** What takes someone's role from them; the last owner keeps theirs while others are there. */
  private static Step unlessLastOwner(Room room, RoomEvent.Type type, String userId, String role) {
    return lastOwnerOfOthers(room, userId)
        ? conflict("last_owner", "make someone else an owner first")
        : event(type, userId, role);
  }

  private static boolean lastOwnerOfOthers(Room room, String userId) {
    var member = room.member(userId).orElse(null);
    return member != null
        && member.joined()
        && member.role() == RoomRole.OWNER
        && room.owners() == 1
        && room.members().stream().filter(Room.Member::joined).count() > 1;
  }

  /** Removes a member, or takes an invitation back. */
  CompletableFuture<RoomOutcome> kick(Caller caller, String roomId, String userId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.kick", room, about(room, userId)),
                () -> {
                  if (!room.belongs(userId)) {
                    return NOT_JOINED;
                  }
                  return unlessLastOwner(room, RoomEvent.Type.KICKED, userId, "");
                }));
  }

  /** Removes a user and keeps them out. */
  CompletableFuture<RoomOutcome> ban(Caller caller, String roomId, String userId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.ban", room, about(room, userId)),
                () -> {
                  var member = room.member(userId).orElse(null);
                  if (member != null && member.state() == State.BANNED) {
                    return new Step.Unchanged();
                  }
                  if (member == null && room.members().size() >= MEMBERS_MAX) {
                    return conflict("room_full", "the list of bans is full");
                  }
                  return unlessLastOwner(room, RoomEvent.Type.BANNED, userId, "");
                }));
  }

  /** Who may ban may lift a ban. */
  CompletableFuture<RoomOutcome> unban(Caller caller, String roomId, String userId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.ban", room, about(room, userId)),
                () ->
                    room.member(userId)
                        .filter(member -> member.state() == State.BANNED)
                        .<Step>map(member -> event(RoomEvent.Type.UNBANNED, userId, ""))
                        .orElseGet(Step.Unchanged::new)));
  }

  CompletableFuture<RoomOutcome> setRole(
      Caller caller, String roomId, String userId, RoomRole role) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.setRole", room, RecordValue.EMPTY),
                () -> {
                  var member = room.member(userId).orElse(null);
                  if (member == null || member.state() == State.BANNED) {
                    return NOT_JOINED;
                  }
                  if (member.role() == role) {
                    return new Step.Unchanged();
                  }
                  if (room.direct()) {
                    return IS_DIRECT;
                  }
                  return unlessLastOwner(
                      room, RoomEvent.Type.ROLE_CHANGED, userId, role.wireName());
                }));
  }

  CompletableFuture<RoomOutcome> archive(Caller caller, String roomId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.archive", room, RecordValue.EMPTY),
                () ->
                    room.archived()
                        ? new Step.Unchanged()
                        : new Step.Change(RoomEvent.archived())));
  }

  /** A member, or who was one, sends no messages until they are unmuted. */
  CompletableFuture<RoomOutcome> mute(Caller caller, String roomId, String userId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.mute", room, about(room, userId)),
                () -> {
                  if (room.muted().contains(userId)) {
                    return new Step.Unchanged();
                  }
                  if (!room.belongs(userId)) {
                    return NOT_JOINED;
                  }
                  return room.muted().size() >= MEMBERS_MAX
                      ? conflict("room_full", "the list of the muted is full")
                      : event(RoomEvent.Type.MUTED, userId, "");
                }));
  }

  /** Who may mute may unmute. */
  CompletableFuture<RoomOutcome> unmute(Caller caller, String roomId, String userId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.mute", room, about(room, userId)),
                () ->
                    room.muted().contains(userId)
                        ? event(RoomEvent.Type.UNMUTED, userId, "")
                        : new Step.Unchanged()));
  }

  /** In one step the other becomes an owner, and the caller, who was one, a moderator. */
  CompletableFuture<RoomOutcome> transfer(Caller caller, String roomId, String userId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(
                    caller, "room.transfer", room, RecordValue.of("subject", Chat.user(userId))),
                () -> {
                  if (room.direct()) {
                    return IS_DIRECT;
                  }
                  var own = room.member(caller.userId()).orElse(null);
                  if (own == null || !own.joined() || own.role() != RoomRole.OWNER) {
                    return conflict("not_owner", "only who owns the room can hand it over");
                  }
                  if (userId.equals(caller.userId())) {
                    return new Step.Unchanged();
                  }
                  return room.joined(userId)
                      ? event(
                          RoomEvent.Type.OWNERSHIP_TRANSFERRED, userId, RoomRole.OWNER.wireName())
                      : NOT_JOINED;
                }));
  }

  /**
   * Sets how long messages are kept.
   *
   * @param seconds 0: for ever
   */
  CompletableFuture<RoomOutcome> setRetention(Caller caller, String roomId, long seconds) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.setRetention", room, RecordValue.EMPTY),
                () ->
                    room.retentionSeconds() == seconds
                        ? new Step.Unchanged()
                        : new Step.Change(RoomEvent.retention(seconds))));
  }

  /**
   * Ends the room's MLS group, whatever became of it, for another that the caller's device founds.
   * Only members do: the group is theirs.
   */
  CompletableFuture<RoomOutcome> resetGroup(Caller caller, String roomId) {
    return inTurn(
        roomId,
        caller,
        room ->
            admitted(
                door.refusal(caller, "room.resetGroup", room, RecordValue.EMPTY),
                () ->
                    room.joined(caller.userId())
                        ? new Step.Change(RoomEvent.groupReset(Ids.next(clock, random)))
                        : conflict("not_member", "join the room first")));
  }

  /** Erases a message that the caller may read; its place in the order and in the chain stays. */
  CompletableFuture<RoomOutcome> redact(Caller caller, String roomId, long seq) {
    if (!Ids.canonical(roomId) || seq < 1) {
      return refused(Refusal.NOT_FOUND);
    }
    return log.read(roomId, seq - 1, 1)
        .thenApply(page -> page.entries().stream().filter(entry -> entry.seq() == seq).findFirst())
        .thenCompose(
            found ->
                inTurn(roomId, caller, room -> redacting(caller, room, seq, found.orElse(null))))
        .exceptionally(RoomActions::unavailable);
  }

  private Step redacting(Caller caller, Room room, long seq, @Nullable LogEntry entry) {
    if (!room.joined(caller.userId())) {
      return door.visible(caller, room)
          ? conflict("not_member", "join the room first")
          : new Step.Refused(Refusal.NOT_FOUND);
    }
    if (entry == null || seq < room.since(caller.userId())) {
      return new Step.Refused(
          Refusal.of(Refusal.Code.NOT_FOUND, "not_found", "there is no such entry"));
    }
    var message = new MessageEntity(room, seq, entry.author().userId());
    return admitted(
        door.refusal(caller, "message.redact", room, message, RecordValue.EMPTY),
        () -> {
          if (entry.kind() != EntryKind.APPLICATION) {
            return conflict("not_redactable", "only messages can be redacted");
          }
          return entry.blob() == null
              ? new Step.Unchanged()
              : new Step.Change(RoomEvent.redacted(entry.author().userId(), seq));
        });
  }

  // ------------------------------------------------------------------ direct conversations

  /**
   * The one direct conversation of the caller and that user, made if there is none: the caller has
   * joined it, the other has or is invited. Both own it, nobody else ever belongs to it.
   */
  CompletableFuture<RoomOutcome> direct(Caller caller, String userId) {
    var refusal = door.conversing(caller, userId);
    if (refusal != null) {
      return refused(refusal);
    }
    if (userId.equals(caller.userId())) {
      return refused(Refusal.malformed("a direct conversation is with someone else"));
    }
    var roomId = Ids.direct(caller.userId(), userId);
    var created = RoomEvent.created(caller.userId(), "", Room.DIRECT, "");
    return log.append(
            new Append(
                roomId,
                Actor.of(caller).author(),
                new Content.Event(created),
                new Append.Fence.NoRoom(),
                List.of()))
        .thenComposeAsync(
            outcome ->
                switch (outcome) {
                  // There already: then only who is missing comes back.
                  case AppendOutcome.Appended appended -> both(caller, roomId, userId);
                  case AppendOutcome.WrongRoom there -> both(caller, roomId, userId);
                  case AppendOutcome other -> refused(Refusal.UNAVAILABLE);
                },
            relay);
  }

  private CompletableFuture<RoomOutcome> both(Caller caller, String roomId, String userId) {
    var owner = RoomRole.OWNER.wireName();
    return inTurn(
            roomId,
            caller,
            room ->
                room.banned(caller.userId())
                    ? new Step.Refused(Refusal.NOT_FOUND)
                    : room.joined(caller.userId())
                        ? new Step.Unchanged()
                        : event(RoomEvent.Type.JOINED, caller.userId(), owner))
        .thenComposeAsync(
            outcome ->
                outcome instanceof RoomOutcome.Refused
                    ? CompletableFuture.completedFuture(outcome)
                    : inTurn(
                        roomId,
                        caller,
                        room ->
                            room.member(userId).isPresent()
                                ? new Step.Unchanged()
                                : event(RoomEvent.Type.INVITED, userId, owner)),
            relay);
  }

  // ------------------------------------------------------------------ news of devices

  /**
   * Tells a room, if the user has joined it, that a device of theirs came or went. A room that only
   * invited the user is told of the end of a device that is in its group. Asks no policy: it is so.
   */
  CompletableFuture<RoomOutcome> tell(
      String roomId, RoomEvent.Type type, String userId, String deviceId) {
    var inGroup =
        type == RoomEvent.Type.DEVICE_REMOVED
            ? log.group(roomId, userId, deviceId)
                .thenApply(group -> group.map(GroupView::leaf).orElse(false))
            : CompletableFuture.completedFuture(false);
    return inGroup
        .thenCompose(
            leaf ->
                inTurn(
                    roomId,
                    new Actor(userId, deviceId),
                    room ->
                        room.joined(userId) || (leaf && room.belongs(userId))
                            ? new Step.Change(RoomEvent.device(type, userId, deviceId))
                            : new Step.Unchanged()))
        .exceptionally(RoomActions::unavailable);
  }

  private static RecordValue about(Room room, String userId) {
    var role = room.member(userId).map(Room.Member::role).map(RoomRole::wireName).orElse("");
    return RecordValue.of("subject", Chat.user(userId), "subjectRole", StringValue.of(role));
  }

  private static Step admitted(@Nullable Refusal refusal, Supplier<Step> then) {
    return refusal == null ? then.get() : new Step.Refused(refusal);
  }

  private static Step event(RoomEvent.Type type, String userId, String role) {
    return new Step.Change(RoomEvent.about(type, userId, role));
  }

  private static final Step IS_DIRECT =
      conflict("direct_room", "a direct conversation is of two who both own it");

  private static final Step NOT_JOINED = conflict("not_member", "the user has not joined");

  private static final Step ROOM_FULL =
      conflict("room_full", "a room holds at most " + MEMBERS_MAX + " members");

  private static Step conflict(String code, String message) {
    return new Step.Refused(Refusal.conflict(code, message));
  }

  /** Changes the room when the changes of it that came before are done. */
  private CompletableFuture<RoomOutcome> inTurn(
      String roomId, Caller caller, Function<Room, Step> decide) {
    return inTurn(roomId, Actor.of(caller), decide);
  }

  private CompletableFuture<RoomOutcome> inTurn(
      String roomId, Actor actor, Function<Room, Step> decide) {
    var mine = new CompletableFuture<RoomOutcome>();
    var before = turns.put(roomId, mine);
    Runnable run =
        () -> {
          var _ =
              change(roomId, actor, decide)
                  .whenComplete(
                      (outcome, failure) -> {
                        turns.remove(roomId, mine);
                        if (failure == null) {
                          mine.complete(outcome);
                        } else {
                          mine.completeExceptionally(failure);
                        }
                      });
        };
    if (before == null) {
      run.run();
    } else {
      var _ = before.whenCompleteAsync((outcome, failure) -> run.run(), relay);
    }
    return mine;
  }

  private CompletableFuture<RoomOutcome> change(
      String roomId, Actor actor, Function<Room, Step> decide) {
    return decide(roomId, rooms::find, actor, decide);
  }

  /** Where a version of the room comes from. */
  private interface Source {
    CompletableFuture<Optional<Rooms.Seen>> of(String roomId, String userId);
  }

  private CompletableFuture<RoomOutcome> decide(
      String roomId, Source source, Actor actor, Function<Room, Step> decide) {
    if (!Ids.canonical(roomId)) {
      return refused(Refusal.NOT_FOUND);
    }
    return source
        .of(roomId, actor.userId())
        .thenComposeAsync(found -> decided(found.orElse(null), actor, decide, 1), relay)
        .exceptionally(RoomActions::unavailable);
  }

  private CompletableFuture<RoomOutcome> decided(
      Rooms.@Nullable Seen seen, Actor actor, Function<Room, Step> decide, int attempt) {
    if (seen == null) {
      return refused(Refusal.NOT_FOUND);
    }
    var room = seen.room();
    return switch (decide.apply(room)) {
      case Step.Unchanged() -> CompletableFuture.completedFuture(new RoomOutcome.Done(room));
      case Step.Refused(Refusal refusal) -> refused(refusal);
      case Step.Change(RoomEvent event) ->
          deliveries(actor, event)
              .thenCompose(
                  deliveries ->
                      log.append(
                          new Append(
                              room.id(),
                              actor.author(),
                              new Content.Event(event),
                              new Append.Fence.Exactly(room.version()),
                              deliveries)))
              .thenComposeAsync(
                  outcome ->
                      switch (outcome) {
                        case AppendOutcome.Appended appended ->
                            CompletableFuture.<RoomOutcome>completedFuture(
                                new RoomOutcome.Done(
                                    room.after(event, actor.userId(), appended.entry().seq())));
                        case AppendOutcome.Fenced fenced when attempt < TRIES_MAX ->
                            rooms
                                .read(room.id())
                                .thenComposeAsync(
                                    found ->
                                        decided(found.orElse(null), actor, decide, attempt + 1),
                                    relay);
                        case AppendOutcome.WrongRoom wrong -> refused(Refusal.NOT_FOUND);
                        case AppendOutcome other -> refused(Refusal.UNAVAILABLE);
                      },
                  relay);
    };
  }

  /** The invited user's devices learn of it in the step in which it happens. */
  private CompletableFuture<List<Append.Delivery>> deliveries(Actor actor, RoomEvent event) {
    if (event.type() != RoomEvent.Type.INVITED) {
      return CompletableFuture.completedFuture(List.of());
    }
    var invitation = new InboxItem.Invitation(actor.userId(), event.role());
    return devices
        .ofUser(event.subject())
        .thenApply(
            found ->
                found.stream()
                    .map(device -> new Append.Delivery(device.id(), invitation))
                    .toList());
  }

  private static CompletableFuture<RoomOutcome> refused(Refusal refusal) {
    return CompletableFuture.completedFuture(new RoomOutcome.Refused(refusal));
  }

  private static RoomOutcome unavailable(Throwable failure) {
    if (Failures.isUnavailable(failure)) {
      return new RoomOutcome.Refused(Refusal.UNAVAILABLE);
    }
    throw Failures.passedOn(failure);
  }
}
