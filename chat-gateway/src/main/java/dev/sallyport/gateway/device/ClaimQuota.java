package dev.sallyport.gateway.device;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many key packages one user may claim: enough to set up large rooms, too few to drain the
 * directory. A bucket for each claimer, refilled steadily; counted on this node. Thread-safe.
 */
public final class ClaimQuota {

  static final int CLAIMS_MAX = 500;
  private static final Duration REFILL = Duration.ofHours(1);

  /** Full buckets are forgotten; this many others would be an attack, which then finds none. */
  private static final int CLAIMERS_MAX = 100_000;

  private final InstantSource clock;
  private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

  ClaimQuota(InstantSource clock) {
    this.clock = clock;
  }

  private record Bucket(double left, long atMillis) {
    Bucket at(long nowMillis) {
      double refilled =
          left + (double) CLAIMS_MAX * Math.max(0, nowMillis - atMillis) / REFILL.toMillis();
      return new Bucket(Math.min(CLAIMS_MAX, refilled), nowMillis);
    }
  }

  /** Takes that many from the claimer's bucket, or nothing if there are too few. */
  public boolean take(String userId, int count) {
    long now = clock.millis();
    if (buckets.size() >= CLAIMERS_MAX && !buckets.containsKey(userId)) {
      buckets.values().removeIf(bucket -> bucket.at(now).left() >= CLAIMS_MAX);
      if (buckets.size() >= CLAIMERS_MAX) {
        return false;
      }
    }
    var taken = new boolean[1];
    buckets.compute(
        userId,
        (id, bucket) -> {
          var current = (bucket == null ? new Bucket(CLAIMS_MAX, now) : bucket).at(now);
          taken[0] = current.left() >= count;
          return taken[0] ? new Bucket(current.left() - count, now) : current;
        });
    return taken[0];
  }
}
