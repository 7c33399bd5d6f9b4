package dev.sallyport.gateway.bundle;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** {@code bundle} in the health: red without a policy in force. */
@Component
final class BundleHealthIndicator implements HealthIndicator {
  private final PolicyBundles bundles;

  BundleHealthIndicator(PolicyBundles bundles) {
    this.bundles = bundles;
  }

  @Override
  public Health health() {
    Health.Builder health =
        (bundles.current() == null ? Health.down() : Health.up())
            .withDetail("version", bundles.version())
            .withDetail("confirmed_at", bundles.confirmedAt().toString());
    bundles
        .lastRefusal()
        .ifPresent(
            refusal ->
                health
                    .withDetail("last_refused_at", refusal.at().toString())
                    .withDetail("last_refused_because", refusal.code()));
    return health.build();
  }
}
