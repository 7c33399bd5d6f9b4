package dev.sallyport.policy.entity;

import dev.sallyport.policy.value.EntityUid;
import org.jspecify.annotations.Nullable;

/**
 * Where a decision finds its entities. Called on the deciding thread: for the principal and the
 * resource once at its beginning, for others whenever a policy reaches them; during one decision
 * all answers must come from one consistent state.
 */
@FunctionalInterface
public interface Entities {
  /** No entities at all. */
  Entities NONE = uid -> null;

  /** The entity, or null if there is none of that uid. Must not block. */
  @Nullable EntityView find(EntityUid uid);

  /** These entities; what is not found here is looked for in {@code others}. */
  default Entities orElse(Entities others) {
    return uid -> {
      EntityView found = find(uid);
      return found != null ? found : others.find(uid);
    };
  }
}
