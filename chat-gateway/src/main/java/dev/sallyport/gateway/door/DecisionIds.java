package dev.sallyport.gateway.door;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.UUID;

/** UUIDs of version 7 (RFC 9562 §5.7): milliseconds first, then randomness. */
final class DecisionIds {
  private DecisionIds() {}

  static String next(Clock clock, SecureRandom random) {
    long high = clock.millis() << 16 | 0x7000L | (random.nextInt() & 0x0fffL);
    long low = random.nextLong() >>> 2 | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }
}
