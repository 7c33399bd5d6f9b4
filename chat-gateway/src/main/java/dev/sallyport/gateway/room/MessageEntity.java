package dev.sallyport.gateway.room;

import dev.sallyport.gateway.door.Chat;
import dev.sallyport.gateway.door.RoleSource;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code Chat::Message} as policies see it: whose it is, and the room it lies in. */
record MessageEntity(Room room, long seq, String senderUserId) implements EntityView, RoleSource {

  @Override
  public EntityUid uid() {
    return EntityUid.of("Chat::Message", room.id() + "/" + seq);
  }

  @Override
  public @Nullable Value attribute(String name) {
    return switch (name) {
      case "room" -> room.uid();
      case "sender" -> Chat.user(senderUserId);
      default -> null;
    };
  }

  @Override
  public boolean isIn(EntityUid ancestor) {
    return room.uid().equals(ancestor) || room.isIn(ancestor);
  }

  @Override
  public Iterable<EntityUid> ancestors() {
    return List.of(room.uid(), Room.SPACE);
  }

  @Override
  public boolean holds(EntityUid user, EntityUid roomRole) {
    return room.holds(user, roomRole);
  }

  @Override
  public Iterable<EntityUid> rolesOf(EntityUid user) {
    return room.rolesOf(user);
  }

  @Override
  public @Nullable EntityView find(EntityUid uid) {
    return uid.equals(uid()) ? this : room.find(uid);
  }
}
