package dev.sallyport.gateway.nats;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * {@code nats} in the health. Without it the gateway is slower to hear of others, and as good: so
 * the status is one that makes nothing else red.
 */
final class NatsHealthIndicator implements HealthIndicator {

  private static final Status AWAY = new Status("AWAY", "other gateways are followed by the log");

  private final NatsLink link;

  NatsHealthIndicator(NatsLink link) {
    this.link = link;
  }

  @Override
  public Health health() {
    boolean connected = link.connected();
    return Health.status(connected ? Status.UP : AWAY)
        .withDetail("connected", connected)
        .withDetail("unsent", link.unsent())
        .withDetail("dropped", link.dropped())
        .build();
  }
}
