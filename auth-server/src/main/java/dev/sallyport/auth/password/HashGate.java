package dev.sallyport.auth.password;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Lets so many hashes run at once and so many more wait, for a short time. Argon2 is made to be
 * expensive: without a gate a few hundred sign-ins a second take all processors and memory.
 */
final class HashGate {

  /**
   * So many may wait for each that runs: at some 50 ms a hash, the last one waits under half a
   * second.
   */
  private static final int WAITING_FOR_EACH = 8;

  private final Semaphore running;
  private final Semaphore present;
  private final Duration patience;

  HashGate(int runningMax, Duration patience) {
    this.running = new Semaphore(runningMax, true);
    this.present = new Semaphore(runningMax * (1 + WAITING_FOR_EACH));
    this.patience = patience;
  }

  /** Does the work; empty when there is no room for it. */
  <T> Optional<T> pass(Supplier<T> work) {
    if (!present.tryAcquire()) {
      return Optional.empty();
    }
    try {
      if (!running.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return Optional.empty();
      }
      try {
        return Optional.of(work.get());
      } finally {
        running.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      present.release();
    }
  }
}
