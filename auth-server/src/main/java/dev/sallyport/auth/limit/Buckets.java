package dev.sallyport.auth.limit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Token buckets by key: each holds so many, is full at first and fills again at a steady pace. Safe
 * for use by any number of threads; nothing in it waits.
 *
 * <p>Bounded: when there are too many keys, the one that was used longest ago is forgotten, and so
 * is full again. Whoever has that many networks has that many buckets anyway.
 */
public final class Buckets {

  /** At some 200 bytes each, 10 MB. */
  static final int KEYS_MAX = 50_000;

  private record Level(double tokens, Instant at) {}

  private final int size;
  private final double perSecond;
  private final InstantSource clock;

  private final LinkedHashMap<String, Level> levels =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Level> eldest) {
          return size() > KEYS_MAX;
        }
      };

  /**
   * @param size so many at once
   * @param perMinute so many more each minute
   */
  public Buckets(int size, int perMinute, InstantSource clock) {
    if (size < 1 || perMinute < 1) {
      throw new IllegalArgumentException("a bucket holds at least one and fills again");
    }
    this.size = size;
    this.perSecond = perMinute / 60.0;
    this.clock = clock;
  }

  /** Takes one; else says how long until there is one, never zero. */
  public synchronized Optional<Duration> take(String key) {
    double tokens = tokens(key);
    if (tokens >= 1) {
      levels.put(key, new Level(tokens - 1, clock.instant()));
      return Optional.empty();
    }
    return Optional.of(Duration.ofMillis((long) Math.ceil((1 - tokens) / perSecond * 1000)));
  }

  /** Gives one back that turned out not to be worth counting. */
  public synchronized void giveBack(String key) {
    double tokens = Math.min(size, tokens(key) + 1);
    if (tokens >= size) {
      levels.remove(key);
    } else {
      levels.put(key, new Level(tokens, clock.instant()));
    }
  }

  private double tokens(String key) {
    Level level = levels.get(key);
    if (level == null) {
      return size;
    }
    // a clock that went back gives nothing and takes nothing
    long millis = Math.max(0, Duration.between(level.at(), clock.instant()).toMillis());
    return Math.min(size, level.tokens() + millis / 1000.0 * perSecond);
  }
}
