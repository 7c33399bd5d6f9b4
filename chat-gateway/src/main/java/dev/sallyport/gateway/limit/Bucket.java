package dev.sallyport.gateway.limit;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket: so many at once, refilled steadily. Kept as one number, the time at which it will
 * be full again (the generic cell rate algorithm), so that taking from it is one compare-and-set,
 * without a lock and without an allocation. Thread-safe.
 */
final class Bucket {

  private final AtomicLong fullAtNanos;

  /** Who keeps it from being forgotten. Only touched inside the map's own operations on its key. */
  int holders;

  Bucket(long nowNanos) {
    this.fullAtNanos = new AtomicLong(nowNanos);
  }

  /**
   * Takes that many, or nothing if there are too few.
   *
   * @param nowNanos of a clock that never goes back, and wraps as {@link System#nanoTime} may
   * @return 0 if they were taken; otherwise the nanoseconds after which they could be
   */
  long take(Rate rate, long count, long nowNanos) {
    // What is larger than the bucket takes a full one: it must not be refused for ever.
    long cost = Math.min(rate.costNanos(count), rate.burstNanos());
    while (true) {
      long fullAt = fullAtNanos.get();
      long missing = Math.max(fullAt - nowNanos, 0);
      long over = missing + cost - rate.burstNanos();
      if (over > 0) {
        return over;
      }
      if (fullAtNanos.compareAndSet(fullAt, nowNanos + missing + cost)) {
        return 0;
      }
    }
  }

  /** Whether forgetting it would change nothing. */
  boolean full(long nowNanos) {
    return fullAtNanos.get() - nowNanos <= 0;
  }
}
