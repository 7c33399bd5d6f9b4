package dev.sallyport.gateway.door;

import dev.sallyport.policy.entity.EntityView;
import dev.sallyport.policy.value.RecordValue;

/**
 * The second door: one policy decision per action, against live entities. Thread-safe, never
 * blocks, some hundred nanoseconds.
 *
 * <p>The door adds {@code session} to the context, demands the scope that the action needs, and
 * provides the caller's User entity with roles and groups; a resource that is a {@link RoleSource}
 * adds room roles. A refusal is recorded under its decision id.
 */
public interface PolicyDoor {
  /**
   * May the caller do this?
   *
   * @param action a name of the vocabulary such as {@code message.send}
   * @param resource the live entity acted on; may implement {@link RoleSource}
   * @param context what the action's context has beside {@code session}
   */
  Admission decide(Caller caller, String action, EntityView resource, RecordValue context);

  /**
   * The bare answer of {@link #decide}, for questions asked so often that refusals are expected,
   * such as whether a delivery may be read. Nothing is recorded.
   */
  boolean permits(Caller caller, String action, EntityView resource, RecordValue context);

  /** Another number whenever the policy in force changed. */
  long version();
}
