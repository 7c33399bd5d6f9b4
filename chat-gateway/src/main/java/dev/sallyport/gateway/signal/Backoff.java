package dev.sallyport.gateway.signal;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Waits between attempts: doubling up to a limit, each with jitter so that gateways do not march in
 * step.
 */
public final class Backoff {
  private final Duration first;
  private final Duration longest;
  private final RandomGenerator random;
  private int failures;

  public Backoff(Duration first, Duration longest, RandomGenerator random) {
    this.first = first;
    this.longest = longest;
    this.random = random;
  }

  /** How long to wait after one more failure: between half of the step and the whole. */
  public Duration next() {
    long step = Math.min(longest.toMillis(), first.toMillis() << Math.min(failures, 20));
    failures++;
    return Duration.ofMillis(step / 2 + random.nextLong(step / 2 + 1));
  }

  /** It worked. */
  public void reset() {
    failures = 0;
  }
}
