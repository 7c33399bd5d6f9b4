package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Admission;
import dev.sallyport.gateway.door.Caller;
import dev.sallyport.gateway.door.Chat;
import dev.sallyport.gateway.door.PolicyDoor;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.BooleanValue;
import dev.sallyport.policy.value.RecordValue;
import org.jspecify.annotations.Nullable;

/**
 * The second door before a room: a room that may not be seen is refused as one that is not there.
 */
final class RoomDoor {

  private final PolicyDoor door;

  RoomDoor(PolicyDoor door) {
    this.door = door;
  }

  /** Null if the caller may. */
  @Nullable Refusal refusal(Caller caller, String action, Room room, RecordValue context) {
    return refusal(caller, action, room, room, context);
  }

  /** The same for something that lies in the room. */
  @Nullable Refusal refusal(
      Caller caller, String action, Room room, EntityView resource, RecordValue context) {
    return switch (door.decide(caller, action, resource, context)) {
      case Admission.Admitted() -> null;
      case Admission.Refused refused ->
          visible(caller, room) ? Refusal.of(refused) : Refusal.NOT_FOUND;
    };
  }

  /** Members know that it exists; others, save those banned, may know if they may read it. */
  boolean visible(Caller caller, Room room) {
    return room.belongs(caller.userId())
        || (!room.banned(caller.userId()) && mayRead(caller, room));
  }

  boolean mayRead(Caller caller, Room room) {
    return door.permits(caller, "room.read", room, invited(caller, room));
  }

  static RecordValue invited(Caller caller, Room room) {
    return RecordValue.of("invited", BooleanValue.of(room.invited(caller.userId())));
  }

  /** Null if the caller may create rooms in the space that all rooms lie in. */
  @Nullable Refusal creating(Caller caller) {
    return inSpace(caller, "room.create", RecordValue.EMPTY);
  }

  /** Null if the caller may have a conversation there with that user alone. */
  @Nullable Refusal conversing(Caller caller, String userId) {
    return inSpace(caller, "room.direct", RecordValue.of("subject", Chat.user(userId)));
  }

  private @Nullable Refusal inSpace(Caller caller, String action, RecordValue context) {
    return switch (door.decide(caller, action, Space.DEFAULT, context)) {
      case Admission.Admitted() -> null;
      case Admission.Refused refused -> Refusal.of(refused);
    };
  }
}
