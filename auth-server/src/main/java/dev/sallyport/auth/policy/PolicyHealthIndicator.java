package dev.sallyport.auth.policy;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Always up: policies are in force. Its details say which, and why they are older than this server
 * where they could not be brought up to it.
 */
@Component
final class PolicyHealthIndicator implements HealthIndicator {

  private final PolicyStore store;
  private final Policies policies;
  private final ShippedPolicies shipped;

  PolicyHealthIndicator(PolicyStore store, Policies policies, ShippedPolicies shipped) {
    this.store = store;
    this.policies = policies;
    this.shipped = shipped;
  }

  @Override
  public Health health() {
    long version = store.activeVersion();
    int release = store.release(version);
    Health.Builder health =
        Health.up()
            .withDetail("version", version)
            .withDetail("release", release)
            .withDetail("shippedRelease", shipped.release());
    if (release < shipped.release()) {
      policies.upgradeRefused().ifPresent(code -> health.withDetail("upgradeRefused", code));
    }
    return health.build();
  }
}
