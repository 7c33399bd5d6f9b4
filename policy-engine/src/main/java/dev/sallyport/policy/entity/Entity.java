package dev.sallyport.policy.entity;

import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.List;
import java.util.Objects;

/**
 * An entity at rest: what an entity file says about it. {@link EntitySet} makes a set of these
 * answerable.
 *
 * @param parents direct parents (further ancestors may be among them)
 */
public record Entity(
    EntityUid uid, RecordValue attributes, List<EntityUid> parents, RecordValue tags) {
  public Entity {
    Objects.requireNonNull(uid);
    Objects.requireNonNull(attributes);
    Objects.requireNonNull(tags);
    parents = List.copyOf(parents);
  }

  public Entity(EntityUid uid, RecordValue attributes, List<EntityUid> parents) {
    this(uid, attributes, parents, RecordValue.EMPTY);
  }
}
