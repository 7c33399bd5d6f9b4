package dev.sallyport.gateway.backup;

import dev.sallyport.gateway.door.Chat;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code Chat::Backup} as policies see it: known by whose it is. One stands for all of a user. */
record BackupEntity(EntityUid uid, EntityUid owner) implements EntityView {

  static BackupEntity ofUser(String userId) {
    return new BackupEntity(EntityUid.of("Chat::Backup", userId), Chat.user(userId));
  }

  @Override
  public @Nullable Value attribute(String name) {
    return name.equals("owner") ? owner : null;
  }

  @Override
  public boolean isIn(EntityUid ancestor) {
    return false;
  }

  @Override
  public Iterable<EntityUid> ancestors() {
    return List.of();
  }
}
