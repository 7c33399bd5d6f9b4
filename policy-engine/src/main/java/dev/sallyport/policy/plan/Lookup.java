package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How an entity is found: the host's word goes before the schema's, which knows only actions. */
final class Lookup {
  private Lookup() {}

  static @Nullable EntityView entity(
      EntityUid uid, Entities entities, Map<EntityUid, EntityView> actions) {
    EntityView view = entities.find(uid);
    return view != null || actions.isEmpty() ? view : actions.get(uid);
  }

  /** The same, the principal and the resource having been found before. */
  @SuppressWarnings("ReferenceEquality") // the fast path; every branch finds the same entity
  static @Nullable EntityView entity(
      EntityUid uid,
      EntityUid principal,
      @Nullable EntityView principalView,
      EntityUid resource,
      @Nullable EntityView resourceView,
      Entities entities,
      Map<EntityUid, EntityView> actions) {
    return uid == principal
        ? principalView
        : uid == resource ? resourceView : entity(uid, entities, actions);
  }

  /** The attribute, or null if there is none of that name, or the value has no attributes. */
  static @Nullable Value attribute(
      Value value,
      String name,
      EntityUid principal,
      @Nullable EntityView principalView,
      EntityUid resource,
      @Nullable EntityView resourceView,
      Entities entities,
      Map<EntityUid, EntityView> actions) {
    if (value instanceof RecordValue record) {
      return record.get(name);
    }
    EntityView entity =
        value instanceof EntityUid uid
            ? entity(uid, principal, principalView, resource, resourceView, entities, actions)
            : null;
    return entity == null ? null : entity.attribute(name);
  }
}
