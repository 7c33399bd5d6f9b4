package dev.sallyport.gateway.device;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many key packages of one device may be claimed within an hour, by all others together: too
 * few to drain the directory. A bucket for each device, refilled steadily; counted on this node,
 * since beyond it the last-resort one serves. What one user may claim, all gateways count together.
 * Thread-safe.
 */
public final class ClaimQuota {

  /**
   * Of one device, by those whose rooms its user has joined. Beyond, the last-resort one serves.
   */
  static final int OF_DEVICE_MAX = 60;

  /** Of one device, by those who only invited its user: nobody asked the user about that. */
  static final int OF_INVITED_DEVICE_MAX = 10;

  private static final Duration REFILL = Duration.ofHours(1);

  /** Full buckets are forgotten; this many others would be an attack, which then finds none. */
  private static final int BUCKETS_MAX = 100_000;

  private final InstantSource clock;
  private final int claimsMax;
  private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

  ClaimQuota(InstantSource clock, int claimsMax) {
    this.clock = clock;
    this.claimsMax = claimsMax;
  }

  private record Bucket(double left, long atMillis) {}

  private Bucket at(Bucket bucket, long nowMillis) {
    double refilled =
        bucket.left()
            + (double) claimsMax * Math.max(0, nowMillis - bucket.atMillis()) / REFILL.toMillis();
    return new Bucket(Math.min(claimsMax, refilled), nowMillis);
  }

  /** Takes that many from the bucket of this user or device, or nothing if there are too few. */
  public boolean take(String userOrDeviceId, int count) {
    long now = clock.millis();
    if (buckets.size() >= BUCKETS_MAX && !buckets.containsKey(userOrDeviceId)) {
      buckets.values().removeIf(bucket -> at(bucket, now).left() >= claimsMax);
      if (buckets.size() >= BUCKETS_MAX) {
        return false;
      }
    }
    var taken = new boolean[1];
    buckets.compute(
        userOrDeviceId,
        (id, bucket) -> {
          var current = bucket == null ? new Bucket(claimsMax, now) : at(bucket, now);
          taken[0] = current.left() >= count;
          return taken[0] ? new Bucket(current.left() - count, now) : current;
        });
    return taken[0];
  }
}
