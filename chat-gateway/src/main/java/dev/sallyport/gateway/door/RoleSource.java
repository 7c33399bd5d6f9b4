package dev.sallyport.gateway.door;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import org.jspecify.annotations.Nullable;

/**
 * A resource that is a room, or lies in one, and so gives users their room roles. All answers
 * during one decision must come from one version of the room, without blocking.
 */
public interface RoleSource {
  /** Whether the user holds that room role, directly or because a higher one contains it. */
  boolean holds(EntityUid user, EntityUid roomRole);

  /** All room roles the user holds, transitive; empty for those who are not members. */
  Iterable<EntityUid> rolesOf(EntityUid user);

  /** The room itself, its room roles and what else the resource refers to; null for all others. */
  @Nullable EntityView find(EntityUid uid);
}
