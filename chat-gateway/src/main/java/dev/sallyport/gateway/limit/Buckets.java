package dev.sallyport.gateway.limit;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A bucket for each key (a user, a room, a network) on this node. Full ones that nobody holds are
 * forgotten, since a new one is full, too. Thread-safe; keys share nothing but the map's stripes.
 *
 * @param <K> the key
 */
final class Buckets<K> {

  /** At some 100 bytes each. */
  static final int KEYS_MAX = 200_000;

  /** A sweep looks at every key, so it must be rarer than what it makes room for. */
  private static final long SWEEP_NANOS_MIN = 1_000_000_000L;

  private final Rate rate;
  private final LongSupplier nanos;
  private final int keysMax;
  private final ConcurrentHashMap<K, Bucket> buckets = new ConcurrentHashMap<>();
  private final AtomicLong sweepAt;

  /**
   * @param nanos a clock that never goes back
   */
  Buckets(Rate rate, LongSupplier nanos, int keysMax) {
    this.rate = rate;
    this.nanos = nanos;
    this.keysMax = keysMax;
    this.sweepAt = new AtomicLong(nanos.getAsLong());
  }

  /**
   * Takes that many from the key's bucket, or nothing.
   *
   * @return 0 if they were taken; otherwise the nanoseconds after which they could be
   */
  long take(K key, long count) {
    long now = nanos.getAsLong();
    Bucket bucket = buckets.get(key);
    if (bucket == null) {
      if (buckets.size() >= keysMax && !madeRoom(now)) {
        // So many that are not full are an attack: it gets no more, and those known go on.
        return SWEEP_NANOS_MIN;
      }
      bucket = buckets.computeIfAbsent(key, k -> new Bucket(now));
    }
    return bucket.take(rate, count, now);
  }

  /** The key's bucket, to be taken from without looking it up; until {@link #release}. */
  Bucket hold(K key) {
    return buckets.compute(
        key,
        (k, known) -> {
          Bucket bucket = known == null ? new Bucket(nanos.getAsLong()) : known;
          bucket.holders++;
          return bucket;
        });
  }

  void release(K key) {
    buckets.computeIfPresent(
        key,
        (k, bucket) -> --bucket.holders <= 0 && bucket.full(nanos.getAsLong()) ? null : bucket);
  }

  /** From a bucket that is held. */
  long take(Bucket held, long count, long nowNanos) {
    return held.take(rate, count, nowNanos);
  }

  private boolean madeRoom(long now) {
    long due = sweepAt.get();
    if (now - due >= 0 && sweepAt.compareAndSet(due, now + SWEEP_NANOS_MIN)) {
      for (K key : buckets.keySet()) {
        buckets.computeIfPresent(
            key, (k, bucket) -> bucket.holders <= 0 && bucket.full(now) ? null : bucket);
      }
    }
    return buckets.size() < keysMax;
  }

  int size() {
    return buckets.size();
  }
}
