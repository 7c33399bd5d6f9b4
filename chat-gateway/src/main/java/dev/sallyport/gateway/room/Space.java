package dev.sallyport.gateway.room;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code Chat::Space::"default"}, in which all rooms lie. */
enum Space implements EntityView {
  DEFAULT;

  @Override
  public EntityUid uid() {
    return Room.SPACE;
  }

  @Override
  public @Nullable Value attribute(String attribute) {
    return null;
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
