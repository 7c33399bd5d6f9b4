package dev.sallyport.client;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * 256 random bits that open a user's backups, kept by the user alone: on paper, in a password
 * manager. As text: base32 (RFC 4648 §6) of them and two bytes of their SHA-256, in groups of four,
 * so that a slip of the pen shows.
 */
public final class RecoveryKey {

  private static final int BYTES = 32;
  private static final int SUM_BYTES = 2;
  private static final int CHARS = 55;
  private static final int GROUP = 4;

  /** A written key with its hyphens, and some spaces. */
  private static final int TEXT_CHARS_MAX = 200;

  private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  private final byte[] bytes;

  private RecoveryKey(byte[] bytes) {
    this.bytes = bytes;
  }

  public static RecoveryKey generate(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return new RecoveryKey(bytes);
  }

  /** Reads what {@link #text} wrote and people copied; empty where it is none. */
  public static Optional<RecoveryKey> parse(String text) {
    if (text.length() > TEXT_CHARS_MAX) {
      return Optional.empty();
    }
    String plain = text.replaceAll("[\\s-]", "").toUpperCase(Locale.ROOT);
    if (plain.length() != CHARS) {
      return Optional.empty();
    }
    ByteBuffer all = ByteBuffer.allocate(BYTES + SUM_BYTES);
    int bits = 0;
    int held = 0;
    for (int i = 0; i < CHARS; i++) {
      int value = ALPHABET.indexOf(plain.charAt(i));
      if (value < 0) {
        return Optional.empty();
      }
      bits = (bits << 5) | value;
      held += 5;
      if (held >= 8) {
        held -= 8;
        all.put((byte) (bits >> held));
        bits &= (1 << held) - 1;
      }
    }
    byte[] bytes = Arrays.copyOf(all.array(), BYTES);
    return bits == 0
            && MessageDigest.isEqual(
                sum(bytes), Arrays.copyOfRange(all.array(), BYTES, BYTES + SUM_BYTES))
        ? Optional.of(new RecoveryKey(bytes))
        : Optional.empty();
  }

  /** For the user's eyes only. */
  public String text() {
    byte[] all = ByteBuffer.allocate(BYTES + SUM_BYTES).put(bytes).put(sum(bytes)).array();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < CHARS; i++) {
      int value = 0;
      for (int bit = i * 5; bit < i * 5 + 5; bit++) {
        boolean set = bit < all.length * 8 && (all[bit / 8] >> (7 - bit % 8) & 1) == 1;
        value = value << 1 | (set ? 1 : 0);
      }
      text.append(i > 0 && i % GROUP == 0 ? "-" : "").append(ALPHABET.charAt(value));
    }
    return text.toString();
  }

  byte[] bytes() {
    return bytes.clone();
  }

  private static byte[] sum(byte[] bytes) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(bytes), SUM_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return "RecoveryKey";
  }
}
