package dev.sallyport.auth.totp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import javax.crypto.spec.SecretKeySpec;

/**
 * RFC 6238 as Google Authenticator does it: HMAC-SHA-1, six digits, steps of 30 seconds. The only
 * type that touches {@code com.eatthepath:java-otp}. Safe for use by any number of threads.
 */
final class TimeStepCodes {

  static final int DIGITS = 6;
  static final Duration STEP = Duration.ofSeconds(30);

  /**
   * So many steps before and after the present one are accepted, for clocks that are off (RFC 6238
   * section 5.2).
   */
  private static final int WINDOW = 1;

  private final TimeBasedOneTimePasswordGenerator generator =
      new TimeBasedOneTimePasswordGenerator(
          STEP, DIGITS, TimeBasedOneTimePasswordGenerator.TOTP_ALGORITHM_HMAC_SHA1);

  /** What a code is worth. */
  sealed interface Match {

    /** Right, and made for a step after the last one used. */
    record Fresh(long step) implements Match {}

    /** Right, but its step, or a later one, was used already. */
    record Spent() implements Match {}

    record None() implements Match {}
  }

  /** Compares in constant time; {@code lastStep} is the last step used, or -1. */
  Match match(byte[] secret, String code, Instant now, long lastStep) {
    long present = now.getEpochSecond() / STEP.toSeconds();
    byte[] typed = code.getBytes(US_ASCII);
    Match match = new Match.None();
    for (long step = present - WINDOW; step <= present + WINDOW; step++) {
      if (MessageDigest.isEqual(code(secret, step).getBytes(US_ASCII), typed)) {
        match = step > lastStep ? new Match.Fresh(step) : new Match.Spent();
      }
    }
    return match;
  }

  /** The code of a step, with leading zeros. */
  String code(byte[] secret, long step) {
    Instant instant = Instant.ofEpochSecond(step * STEP.toSeconds());
    try {
      return generator.generateOneTimePasswordString(
          new SecretKeySpec(secret, generator.getAlgorithm()), instant, Locale.ROOT);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("a TOTP secret is no key", e);
    }
  }
}
