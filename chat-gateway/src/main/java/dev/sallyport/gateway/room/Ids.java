package dev.sallyport.gateway.room;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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

  /**
   * That of the one direct conversation of two users: version 8 (RFC 9562 §5.8), by their ids, so
   * that it cannot be made twice. It can be guessed, and tells nothing: who is not one of the two
   * is answered as if there were none.
   */
  static String direct(String one, String other) {
    var first = one.compareTo(other) < 0;
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    // Ids are of one length: nothing stands between them.
    var text = "sallyport.v1.direct" + (first ? one : other) + (first ? other : one);
    var hash = ByteBuffer.wrap(digest.digest(text.getBytes(StandardCharsets.US_ASCII)));
    long high = (hash.getLong() & ~0xf000L) | 0x8000;
    long low = (hash.getLong() >>> 2) | (1L << 63);
    return new java.util.UUID(high, low).toString();
  }

  /** A new one of version 7 (RFC 9562 §5.7): in order of time, so that rows lie together. */
  static String next(InstantSource clock, SecureRandom random) {
    long high = clock.millis() << 16 | 0x7000 | random.nextInt(1 << 12);
    long low = random.nextLong() >>> 2 | 1L << 63;
    return new java.util.UUID(high, low).toString();
  }
}
