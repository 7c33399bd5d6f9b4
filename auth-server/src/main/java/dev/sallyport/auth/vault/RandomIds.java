package dev.sallyport.auth.vault;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.UUID;

/**
 * Makes the identifiers and bearer values of this server. Safe for use by any number of threads.
 */
public final class RandomIds {

  private static final int SID_BYTES = 16;

  private final SecureRandom random;
  private final InstantSource clock;

  public RandomIds(SecureRandom random, InstantSource clock) {
    this.random = random;
    this.clock = clock;
  }

  /**
   * A UUID of version 7 (RFC 9562 section 5.7) in canonical lower-case text: roughly ordered by
   * time of making.
   */
  public String uuid7() {
    byte[] bytes = new byte[10];
    random.nextBytes(bytes);
    long low = 0;
    for (int i = 2; i < 10; i++) {
      low = low << 8 | (bytes[i] & 0xff);
    }
    long randA = ((bytes[0] & 0x0fL) << 8) | (bytes[1] & 0xffL);
    long high = clock.millis() << 16 | 0x7000 | randA;
    return new UUID(high, (low & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L).toString();
  }

  /** A session id: 128 random bits, base64url. */
  public String sid() {
    return base64url(SID_BYTES);
  }

  /** So many random bytes, base64url without padding. */
  public String base64url(int byteCount) {
    byte[] bytes = new byte[byteCount];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
