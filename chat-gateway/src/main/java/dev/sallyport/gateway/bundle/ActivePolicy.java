package dev.sallyport.gateway.bundle;

import dev.sallyport.policy.PolicyEngine;
import dev.sallyport.policy.entity.EntitySet;

/**
 * One accepted bundle, ready to decide. Immutable.
 *
 * @param entities the groups and roles that admins manage, with their parents
 */
public record ActivePolicy(long version, PolicyEngine engine, EntitySet entities) {
  @Override
  public String toString() {
    return "ActivePolicy[version=" + version + "]";
  }
}
