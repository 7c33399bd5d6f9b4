package dev.sallyport.policy.entity;

import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * One entity as policies see it; usually a live object of the host. Answers must not change during
 * a decision, must not block, and cost no allocation if decisions are to cost none.
 *
 * <p>What makes a decision fast is here as much as in the engine. A host tells by {@link
 * Attributes} how it reads the attributes of its classes, so that compiled policies read the field
 * and ask {@link #attribute} no more. Values should be made once, with the version of the entity,
 * not at each question, and ancestors kept in a {@link UidSet}. Requests should name the principal
 * and the resource by the very uids of the live entities, and uids that live long be made of
 * interned strings, as those in planned policies are: what is identical is not compared.
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
