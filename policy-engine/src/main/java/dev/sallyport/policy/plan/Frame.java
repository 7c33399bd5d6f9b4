package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request being decided: what nodes read at work. Reused by its thread. */
final class Frame {
  private static final EntityUid NOBODY = EntityUid.of("", "");

  EntityUid principal = NOBODY;
  EntityUid action = NOBODY;
  EntityUid resource = NOBODY;
  RecordValue context = RecordValue.EMPTY;

  private Entities entities = Entities.NONE;
  private Map<EntityUid, EntityView> actions = Map.of();
  private @Nullable EntityView principalView;
  private @Nullable EntityView resourceView;
  private boolean inUse;
  private boolean failed;

  void enter(
      EntityUid newPrincipal,
      EntityUid newAction,
      EntityUid newResource,
      RecordValue newContext,
      Entities newEntities,
      Map<EntityUid, EntityView> newActions,
      @Nullable EntityView newPrincipalView,
      @Nullable EntityView newResourceView) {
    inUse = true;
    principal = newPrincipal;
    action = newAction;
    resource = newResource;
    context = newContext;
    entities = newEntities;
    actions = newActions;
    principalView = newPrincipalView;
    resourceView = newResourceView;
  }

  /** Lets go of everything, so that an idle thread holds no request alive. */
  void leave() {
    principal = NOBODY;
    action = NOBODY;
    resource = NOBODY;
    context = RecordValue.EMPTY;
    entities = Entities.NONE;
    principalView = null;
    resourceView = null;
    clearFailure();
    inUse = false;
  }

  boolean inUse() {
    return inUse;
  }

  @Nullable EntityView principalView() {
    return principalView;
  }

  @Nullable EntityView resourceView() {
    return resourceView;
  }

  /** The entity of that uid; the principal and the resource were found beforehand. */
  @Nullable EntityView entity(EntityUid uid) {
    return Lookup.entity(uid, principal, principalView, resource, resourceView, entities, actions);
  }

  /** A node that owes a number has none. The zero it returns means nothing. */
  long failNumber() {
    failed = true;
    return 0;
  }

  boolean failed() {
    return failed;
  }

  void clearFailure() {
    failed = false;
  }
}
