package dev.sallyport.policy;

import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import java.util.Objects;

/** May this principal do this action to this resource, in this context? */
public record Request(
    EntityUid principal, EntityUid action, EntityUid resource, RecordValue context) {
  public Request {
    Objects.requireNonNull(principal);
    Objects.requireNonNull(action);
    Objects.requireNonNull(resource);
    Objects.requireNonNull(context);
  }
}
