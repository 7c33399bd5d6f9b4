package dev.sallyport.gateway.room;

import com.google.protobuf.ByteString;
import dev.sallyport.gateway.device.Devices;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.Chat;
import dev.sallyport.gateway.log.Append;
import dev.sallyport.gateway.log.AppendOutcome;
import dev.sallyport.gateway.log.Content;
import dev.sallyport.gateway.log.InboxItem;
import dev.sallyport.gateway.log.RoomEvent;
import dev.sallyport.gateway.log.RoomLog;
import dev.sallyport.gateway.log.RoomRecord.State;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.StringValue;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
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
                author(caller),
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
    return change(
        roomId,
        caller,
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

  private static final Step NOT_JOINED = conflict("not_member", "the user has not joined");

  private static final Step ROOM_FULL =
      conflict("room_full", "a room holds at most " + MEMBERS_MAX + " members");

  private static Step conflict(String code, String message) {
    return new Step.Refused(Refusal.conflict(code, message));
  }

  /** Changes the room when the changes of it that came before are done. */
  private CompletableFuture<RoomOutcome> inTurn(
      String roomId, Caller caller, Function<Room, Step> decide) {
    var mine = new CompletableFuture<RoomOutcome>();
    var before = turns.put(roomId, mine);
    Runnable run =
        () -> {
          var _ =
              change(roomId, caller, decide)
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
      String roomId, Caller caller, Function<Room, Step> decide) {
    if (!Ids.canonical(roomId)) {
      return refused(Refusal.NOT_FOUND);
    }
    return rooms
        .find(roomId, caller.userId())
        .thenComposeAsync(found -> decided(found.orElse(null), caller, decide, 1), relay)
        .exceptionally(RoomActions::unavailable);
  }

  private CompletableFuture<RoomOutcome> decided(
      Rooms.@Nullable Seen seen, Caller caller, Function<Room, Step> decide, int attempt) {
    if (seen == null) {
      return refused(Refusal.NOT_FOUND);
    }
    var room = seen.room();
    return switch (decide.apply(room)) {
      case Step.Unchanged() -> CompletableFuture.completedFuture(new RoomOutcome.Done(room));
      case Step.Refused(Refusal refusal) -> refused(refusal);
      case Step.Change(RoomEvent event) ->
          deliveries(caller, event)
              .thenCompose(
                  deliveries ->
                      log.append(
                          new Append(
                              room.id(),
                              author(caller),
                              new Content.Event(event),
                              new Append.Fence.Exactly(room.version()),
                              deliveries)))
              .thenComposeAsync(
                  outcome ->
                      switch (outcome) {
                        case AppendOutcome.Appended appended ->
                            CompletableFuture.<RoomOutcome>completedFuture(
                                new RoomOutcome.Done(room.after(event, appended.entry().seq())));
                        case AppendOutcome.Fenced fenced when attempt < TRIES_MAX ->
                            rooms
                                .read(room.id())
                                .thenComposeAsync(
                                    found ->
                                        decided(found.orElse(null), caller, decide, attempt + 1),
                                    relay);
                        case AppendOutcome.WrongRoom wrong -> refused(Refusal.NOT_FOUND);
                        case AppendOutcome other -> refused(Refusal.UNAVAILABLE);
                      },
                  relay);
    };
  }

  /** The invited user's devices learn of it in the step in which it happens. */
  private CompletableFuture<List<Append.Delivery>> deliveries(Caller caller, RoomEvent event) {
    if (event.type() != RoomEvent.Type.INVITED) {
      return CompletableFuture.completedFuture(List.of());
    }
    var invitation = new InboxItem.Invitation(caller.userId(), event.role());
    return devices
        .ofUser(event.subject())
        .thenApply(
            found ->
                found.stream()
                    .map(device -> new Append.Delivery(device.id(), invitation))
                    .toList());
  }

  private static Append.Author author(Caller caller) {
    var device = caller.deviceId();
    return new Append.Author(caller.userId(), device == null ? "" : device, ByteString.EMPTY);
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
