package dev.sallyport.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts: they double up to a bound, and each is drawn at random between nothing
 * and that ("full jitter"), so that clients that were cut off together do not come back together.
 */
final class Backoff {

  private final Duration first;
  private final Duration max;
  private final RandomGenerator random;
  private int attempts;

  Backoff(Duration first, Duration max, RandomGenerator random) {
    this.first = first;
    this.max = max;
    this.random = random;
  }

  /** The next pause. */
  Duration next() {
    // Beyond 20 doublings any first pause has reached its bound.
    long bound = Math.min(max.toMillis(), first.toMillis() << Math.min(attempts, 20));
    attempts++;
    return Duration.ofMillis(random.nextLong(bound + 1));
  }

  /** It worked: the next failure is a first one. */
  void reset() {
    attempts = 0;
  }
}
