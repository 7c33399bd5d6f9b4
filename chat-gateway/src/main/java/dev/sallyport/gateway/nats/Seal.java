package dev.sallyport.gateway.nats;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The tag at the end of each message: HMAC-SHA-256 over subject and payload under the cluster key,
 * cut to 16 bytes. So nobody on NATS but a gateway can say anything, nor say on one subject what
 * was said on another. Thread-safe.
 */
final class Seal {

  static final int TAG_BYTES = 16;

  private static final String HMAC = "HmacSHA256";

  /** Apart from whatever else the key may once be for. */
  private static final byte[] PURPOSE =
      "sallyport.v1.between-gateways".getBytes(StandardCharsets.US_ASCII);

  private final ThreadLocal<Mac> macs;

  Seal(byte[] clusterKey) {
    var key = new SecretKeySpec(mac(new SecretKeySpec(clusterKey, HMAC)).doFinal(PURPOSE), HMAC);
    this.macs = ThreadLocal.withInitial(() -> mac(key));
  }

  private static Mac mac(SecretKeySpec key) {
    try {
      var mac = Mac.getInstance(HMAC);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The payload with its tag. */
  byte[] seal(String subject, byte[] payload) {
    byte[] sealed = Arrays.copyOf(payload, payload.length + TAG_BYTES);
    System.arraycopy(tag(subject, payload, payload.length), 0, sealed, payload.length, TAG_BYTES);
    return sealed;
  }

  /** The payload; empty if a gateway did not seal it for that subject. */
  Optional<ByteBuffer> open(String subject, byte[] sealed) {
    int length = sealed.length - TAG_BYTES;
    if (length < 0) {
      return Optional.empty();
    }
    byte[] tag = Arrays.copyOfRange(sealed, length, sealed.length);
    return MessageDigest.isEqual(tag, Arrays.copyOf(tag(subject, sealed, length), TAG_BYTES))
        ? Optional.of(ByteBuffer.wrap(sealed, 0, length).slice())
        : Optional.empty();
  }

  private byte[] tag(String subject, byte[] payload, int length) {
    var mac = macs.get();
    mac.update(subject.getBytes(StandardCharsets.UTF_8));
    // No subject holds it.
    mac.update((byte) 0);
    mac.update(payload, 0, length);
    return mac.doFinal();
  }
}
