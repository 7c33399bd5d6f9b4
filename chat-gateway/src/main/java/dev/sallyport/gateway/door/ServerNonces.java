package dev.sallyport.gateway.door;

import com.nimbusds.jose.util.Base64URL;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.stereotype.Component;

/**
 * Nonces for DPoP proofs (RFC 9449 §8, §9) that need no memory: the time and a MAC over it, by a
 * key that lives as long as the process. So a nonce also proves that the proof was not made for a
 * gateway that ran before, nor for another one of the same public URL. Thread-safe.
 */
@Component
public final class ServerNonces {
  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final int TIME_BYTES = Long.BYTES;
  private static final int MAC_BYTES = 16;
  private static final int TEXT_CHARS = 32;

  private final Clock clock;
  private final SecureRandom random;
  private final SecretKeySpec key;

  ServerNonces(Clock clock, SecureRandom random) {
    this.clock = clock;
    this.random = random;
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    this.key = new SecretKeySpec(secret, "HmacSHA256");
  }

  /** One for any request in the next minutes. */
  public String fresh() {
    byte[] time = ByteBuffer.allocate(TIME_BYTES).putLong(clock.instant().toEpochMilli()).array();
    return text(time, mac(time));
  }

  /** One for a single connection, to be compared by whoever asked for it. */
  public String forConnection() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return Base64URL.encode(bytes).toString();
  }

  boolean accepts(String nonce) {
    if (nonce.length() != TEXT_CHARS) {
      return false;
    }
    byte[] bytes = new Base64URL(nonce).decode();
    if (bytes.length != TIME_BYTES + MAC_BYTES) {
      return false;
    }
    byte[] time = Arrays.copyOf(bytes, TIME_BYTES);
    if (!MessageDigest.isEqual(mac(time), Arrays.copyOfRange(bytes, TIME_BYTES, bytes.length))) {
      return false;
    }
    long ageMillis = clock.instant().toEpochMilli() - ByteBuffer.wrap(time).getLong();
    return ageMillis >= -LIFE.toMillis() && ageMillis <= LIFE.toMillis();
  }

  private static String text(byte[] time, byte[] mac) {
    byte[] all = Arrays.copyOf(time, TIME_BYTES + MAC_BYTES);
    System.arraycopy(mac, 0, all, TIME_BYTES, MAC_BYTES);
    return Base64URL.encode(all).toString();
  }

  private byte[] mac(byte[] time) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return Arrays.copyOf(mac.doFinal(time), MAC_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
