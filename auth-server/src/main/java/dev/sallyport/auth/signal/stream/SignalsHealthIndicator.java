package dev.sallyport.auth.signal.stream;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Down while signals cannot be numbered: gateways are about to refuse everyone. A replaced signal
 * is told of beside it: someone's tokens ended before their time, and the audit trail says whose.
 */
@Component
final class SignalsHealthIndicator implements HealthIndicator {

  private final SequencerLoop loop;
  private final SignalSequencer sequencer;

  SignalsHealthIndicator(SequencerLoop loop, SignalSequencer sequencer) {
    this.loop = loop;
    this.sequencer = sequencer;
  }

  @Override
  public Health health() {
    return (loop.failing() ? Health.down() : Health.up())
        .withDetail("replaced", sequencer.replaced())
        .build();
  }
}
