package dev.sallyport.auth.policy;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.stereotype.Component;

/** Sees to it that policies are active, and up to date, before the server listens. */
@Component
class FirstPolicies implements SmartInitializingSingleton {

  private final Policies policies;
  private final ActivePolicies active;

  FirstPolicies(Policies policies, ActivePolicies active) {
    this.policies = policies;
    this.active = active;
  }

  @Override
  public void afterSingletonsInstantiated() {
    policies.activateDefaults();
    policies.upgrade();
    // planned now: policies that this program cannot use must stop the start, not the first request
    active.current();
  }
}
