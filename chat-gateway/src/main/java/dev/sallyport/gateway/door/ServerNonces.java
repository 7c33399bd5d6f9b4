package dev.sallyport.gateway.door;

import com.nimbusds.jose.util.Base64URL;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.stereotype.Component;

/**
 * Nonces for DPoP proofs (RFC 9449 §8, §9) that need no memory: the name of the process, the time
 * and a MAC over both, by a key that lives as long as the process. So a nonce also proves that the
 * proof was not made for a gateway that ran before; one for another gateway of the same public URL
 * says which to ask. Thread-safe.
 */
@Component
public final class ServerNonces {
  private static final Duration LIFE = Duration.ofMinutes(5);
  private static final int NODE_BYTES = 8;
  private static final int NAMED_BYTES = NODE_BYTES + Long.BYTES;
  private static final int MAC_BYTES = 16;
  private static final int TEXT_CHARS = 43;

  private final Clock clock;
  private final SecureRandom random;
  private final SecretKeySpec key;
  private final byte[] node = new byte[NODE_BYTES];

  ServerNonces(Clock clock, SecureRandom random) {
    this.clock = clock;
    this.random = random;
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    this.key = new SecretKeySpec(secret, "HmacSHA256");
    random.nextBytes(node);
  }

  /** One for any request in the next minutes. */
  public String fresh() {
    byte[] named =
        ByteBuffer.allocate(NAMED_BYTES).put(node).putLong(clock.instant().toEpochMilli()).array();
    byte[] all = Arrays.copyOf(named, NAMED_BYTES + MAC_BYTES);
    System.arraycopy(mac(named), 0, all, NAMED_BYTES, MAC_BYTES);
    return Base64URL.encode(all).toString();
  }

  /** What this process is called in them. */
  String node() {
    return HexFormat.of().formatHex(node);
  }

  /** The other process that this nonce says it is of; empty if it is of this one, or none. */
  Optional<String> elsewhere(String nonce) {
    byte[] bytes = bytes(nonce);
    return bytes.length == 0 || Arrays.equals(node, 0, NODE_BYTES, bytes, 0, NODE_BYTES)
        ? Optional.empty()
        : Optional.of(HexFormat.of().formatHex(bytes, 0, NODE_BYTES));
  }

  /** Those of a nonce; none if it has another form. */
  private static byte[] bytes(String nonce) {
    if (nonce.length() != TEXT_CHARS) {
      return new byte[0];
    }
    byte[] bytes = new Base64URL(nonce).decode();
    return bytes.length == NAMED_BYTES + MAC_BYTES ? bytes : new byte[0];
  }

  /** One for a single connection, to be compared by whoever asked for it. */
  public String forConnection() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return Base64URL.encode(bytes).toString();
  }

  boolean accepts(String nonce) {
    byte[] bytes = bytes(nonce);
    if (bytes.length == 0) {
      return false;
    }
    byte[] named = Arrays.copyOf(bytes, NAMED_BYTES);
    if (!MessageDigest.isEqual(mac(named), Arrays.copyOfRange(bytes, NAMED_BYTES, bytes.length))) {
      return false;
    }
    long ageMillis = clock.instant().toEpochMilli() - ByteBuffer.wrap(named).getLong(NODE_BYTES);
    return ageMillis >= -LIFE.toMillis() && ageMillis <= LIFE.toMillis();
  }

  private byte[] mac(byte[] named) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return Arrays.copyOf(mac.doFinal(named), MAC_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
