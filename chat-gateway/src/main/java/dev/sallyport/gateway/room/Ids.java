package dev.sallyport.gateway.room;

import java.security.SecureRandom;
import java.time.InstantSource;

/** Ids as decision 0002 has them: UUIDs in canonical lower-case text. */
final class Ids {

  private static final int LENGTH = 36;

  private Ids() {}

  static boolean canonical(String id) {
    if (id.length() != LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = id.charAt(i);
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      boolean hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      if (dash ? c != '-' : !hex) {
        return false;
      }
    }
    return true;
  }

  /** A new one of version 7 (RFC 9562 §5.7): in order of time, so that rows lie together. */
  static String next(InstantSource clock, SecureRandom random) {
    long high = clock.millis() << 16 | 0x7000 | random.nextInt(1 << 12);
    long low = random.nextLong() >>> 2 | 1L << 63;
    return new java.util.UUID(high, low).toString();
  }
}
