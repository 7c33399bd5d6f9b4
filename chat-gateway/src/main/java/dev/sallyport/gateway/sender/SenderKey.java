package dev.sallyport.gateway.sender;

import com.google.crypto.tink.subtle.Ed25519Sign;
import com.google.crypto.tink.subtle.Ed25519Verify;
import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.OctetKeyPairGenerator;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Date;

/** One Ed25519 key pair, which is what the groups' ciphersuite signs with. Thread-safe. */
final class SenderKey {

  private static final ByteString PROBE =
      ByteString.copyFromUtf8("sallyport.v1.external-sender.probe");

  private final OctetKeyPair pair;
  private final Ed25519Sign signer;

  private SenderKey(OctetKeyPair pair, Ed25519Sign signer) {
    this.pair = pair;
    this.signer = signer;
  }

  static SenderKey make(SecureRandom random, Instant now) {
    try {
      return of(
          new OctetKeyPairGenerator(Curve.Ed25519)
              .secureRandom(random)
              .issueTime(Date.from(now))
              .keyIDFromThumbprint(true)
              .generate());
    } catch (JOSEException e) {
      throw new IllegalStateException("no Ed25519 key can be made", e);
    }
  }

  /**
   * Takes the key only if its halves belong together: one that was copied wrongly must not sign in
   * vain.
   *
   * @throws IllegalArgumentException if it is no whole key of its kind
   */
  static SenderKey of(OctetKeyPair pair) {
    try {
      if (!pair.isPrivate()
          || !pair.getCurve().equals(Curve.Ed25519)
          || !pair.computeThumbprint().toString().equals(pair.getKeyID())
          || pair.getIssueTime() == null) {
        throw new IllegalArgumentException("not a key of an external sender");
      }
      var key = new SenderKey(pair, new Ed25519Sign(pair.getDecodedD()));
      new Ed25519Verify(pair.getDecodedX())
          .verify(key.sign(PROBE).toByteArray(), PROBE.toByteArray());
      return key;
    } catch (GeneralSecurityException | JOSEException e) {
      // Without the cause: its message may quote the key.
      throw new IllegalArgumentException("not a key of an external sender");
    }
  }

  String id() {
    return pair.getKeyID();
  }

  Instant madeAt() {
    return pair.getIssueTime().toInstant();
  }

  ByteString publicKey() {
    return ByteString.copyFrom(pair.getDecodedX());
  }

  ByteString sign(ByteString bytes) {
    try {
      return ByteString.copyFrom(signer.sign(bytes.toByteArray()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("an Ed25519 key does not sign", e);
    }
  }

  /** For the file, which nobody else reads. */
  OctetKeyPair pair() {
    return pair;
  }

  @Override
  public String toString() {
    return "SenderKey[" + id() + "]";
  }
}
