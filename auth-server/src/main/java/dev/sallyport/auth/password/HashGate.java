package dev.sallyport.auth.password;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Lets so many hashes run at once and so many more wait, for a short time. Argon2 is made to be
 * expensive: without a gate a few hundred sign-ins a second take all processors and memory.
 */
final class HashGate {

  /**
   * So many may wait for each that runs: at some 50 ms a hash the last one waits a second and a
   * half, which is less than whoever is sent away needs to come back.
   */
  private static final int WAITING_FOR_EACH = 32;

  /** One asker may have a third of all places, so that a few of them do not shut out the rest. */
  private static final int ASKERS_MIN = 3;

  private final Semaphore running;
  private final Semaphore present;
  private final int presentEachMax;
  private final ConcurrentHashMap<String, Integer> presentOf = new ConcurrentHashMap<>();
  private final Duration patience;

  HashGate(int runningMax, Duration patience) {
    this.running = new Semaphore(runningMax, true);
    int presentMax = runningMax * (1 + WAITING_FOR_EACH);
    this.present = new Semaphore(presentMax);
    this.presentEachMax = presentMax / ASKERS_MIN;
    this.patience = patience;
  }

  /** Does the work; empty when there is no room for it, or none for so much of this asker's. */
  <T> Optional<T> pass(String asker, Supplier<T> work) {
    if (!present.tryAcquire()) {
      return Optional.empty();
    }
    try {
      if (presentOf.merge(asker, 1, Integer::sum) > presentEachMax) {
        return Optional.empty();
      }
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
      presentOf.computeIfPresent(asker, (_, count) -> count == 1 ? null : count - 1);
      present.release();
    }
  }
}
