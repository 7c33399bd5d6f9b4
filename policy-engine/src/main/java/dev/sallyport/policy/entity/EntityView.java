package dev.sallyport.policy.entity;

import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * One entity as policies see it; usually a live object of the host. Answers must not change during
 * a decision, must not block, and cost no allocation if decisions are to cost none.
 */
public interface EntityView {
  EntityUid uid();

  /** The attribute, or null if the entity has none of that name. */
  @Nullable Value attribute(String name);

  /** The tag, or null if the entity has none of that name. */
  default @Nullable Value tag(String name) {
    return null;
  }

  /**
   * Whether {@code ancestor} is reachable over parents: transitive, and never the entity itself.
   */
  boolean isIn(EntityUid ancestor);

  /**
   * All ancestors over any number of steps, without the entity itself. The engine asks for them
   * only where policies name entities in a scope ({@code principal in Group::"x"}).
   */
  Iterable<EntityUid> ancestors();
}
