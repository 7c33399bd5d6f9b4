package dev.sallyport.policy.entity;

import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * One entity as policies see it; usually a live object of the host. Answers must not change during
 * a decision, must not block, and cost no allocation if decisions are to cost none.
 *
 * <p>What makes a decision fast is here as much as in the engine. The compiled policies ask for
 * each attribute at a place of their own and with the name as a constant, so the JVM inlines {@link
 * #attribute} and folds its {@code switch} over names to the field, provided that the method is
 * small enough to be inlined: 325 bytes of code, some eight names. A view with more of them leaves
 * the rarer ones to a second method. Values should be made once, with the version of the entity,
 * not at each question; uids with types that are literals compare fastest.
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
