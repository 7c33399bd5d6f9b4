package dev.sallyport.gateway.signal;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** {@code signals} in the health: red once the stream was not heard for ten seconds. */
@Component
final class SignalsHealthIndicator implements HealthIndicator {
  private final Hearing hearing;

  SignalsHealthIndicator(Hearing hearing) {
    this.hearing = hearing;
  }

  @Override
  public Health health() {
    return (hearing.healthy() ? Health.up() : Health.down())
        .withDetail("last_heard", hearing.lastHeard().toString())
        .withDetail("admitting", !hearing.deaf())
        .build();
  }
}
