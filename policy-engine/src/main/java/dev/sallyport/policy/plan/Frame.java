package dev.sallyport.policy.plan;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request being decided: what nodes read. Reused by its thread, cleared in between. */
final class Frame {
  EntityUid principal = NOBODY;
  EntityUid action = NOBODY;
  EntityUid resource = NOBODY;
  RecordValue context = RecordValue.EMPTY;

  private static final EntityUid NOBODY = EntityUid.of("", "");

  private Entities entities = Entities.NONE;
  private Map<EntityUid, EntityView> actions = Map.of();

  private boolean principalFound;
  private @Nullable EntityView principalView;
  private boolean resourceFound;
  private @Nullable EntityView resourceView;

  boolean inUse;

  private boolean failed;

  void enter(
      EntityUid newPrincipal,
      EntityUid newAction,
      EntityUid newResource,
      RecordValue newContext,
      Entities newEntities,
      Map<EntityUid, EntityView> newActions) {
    inUse = true;
    principal = newPrincipal;
    action = newAction;
    resource = newResource;
    context = newContext;
    entities = newEntities;
    actions = newActions;
  }

  /** Lets go of everything, so that an idle thread holds no request alive. */
  void leave() {
    principal = NOBODY;
    action = NOBODY;
    resource = NOBODY;
    context = RecordValue.EMPTY;
    entities = Entities.NONE;
    principalFound = false;
    principalView = null;
    resourceFound = false;
    resourceView = null;
    clearFailure();
    inUse = false;
  }

  /** The entity of that uid; the principal and the resource are looked up once. */
  @SuppressWarnings("ReferenceEquality") // the fast path; both branches find the same entity
  @Nullable EntityView entity(EntityUid uid) {
    if (uid == principal) {
      return principalView();
    }
    if (uid == resource) {
      return resourceView();
    }
    return look(uid);
  }

  @Nullable EntityView principalView() {
    if (!principalFound) {
      principalView = look(principal);
      principalFound = true;
    }
    return principalView;
  }

  @Nullable EntityView resourceView() {
    if (!resourceFound) {
      resourceView = look(resource);
      resourceFound = true;
    }
    return resourceView;
  }

  private @Nullable EntityView look(EntityUid uid) {
    EntityView view = entities.find(uid);
    return view != null || actions.isEmpty() ? view : actions.get(uid);
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
