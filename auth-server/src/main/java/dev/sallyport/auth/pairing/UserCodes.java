package dev.sallyport.auth.pairing;

import java.security.SecureRandom;
import java.util.Locale;
import java.util.Optional;

/**
 * The short codes that people type (RFC 8628 §6.1): eight of twenty consonants, so that nothing is
 * mistaken for a digit and no word comes out. 34 bits: enough only because guesses are counted.
 */
final class UserCodes {

  private static final String ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";

  private static final int LENGTH = 8;

  /** With whatever people put between the letters. */
  private static final int TYPED_LENGTH_MAX = 64;

  private UserCodes() {}

  /** Letters only; {@link #shown} is for people. */
  static String draw(SecureRandom random) {
    StringBuilder code = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      code.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return code.toString();
  }

  /** {@code WDJB-MJHT}. */
  static String shown(String code) {
    return code.substring(0, LENGTH / 2) + '-' + code.substring(LENGTH / 2);
  }

  /** The code that someone typed, in whatever case and however separated; empty when it is none. */
  static Optional<String> read(String typed) {
    if (typed.length() > TYPED_LENGTH_MAX) {
      return Optional.empty();
    }
    StringBuilder code = new StringBuilder(LENGTH);
    for (char letter : typed.toUpperCase(Locale.ROOT).toCharArray()) {
      if (ALPHABET.indexOf(letter) >= 0) {
        code.append(letter);
      } else if (Character.isLetterOrDigit(letter)) {
        return Optional.empty();
      }
    }
    return code.length() == LENGTH ? Optional.of(code.toString()) : Optional.empty();
  }
}
