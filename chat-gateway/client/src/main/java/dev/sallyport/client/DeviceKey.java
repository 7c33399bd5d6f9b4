package dev.sallyport.client;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.UUID;

/**
 * The Ed25519 key that signs a device's MLS messages, and its proof to the issuer. Both parts can
 * be had as the 32 bytes that MLS libraries take. Thread-safe.
 */
public final class DeviceKey {

  private static final int KEY_BYTES = 32;

  private final byte[] privateBytes;
  private final byte[] publicBytes;
  private final PrivateKey signing;

  private DeviceKey(byte[] privateBytes, byte[] publicBytes, PrivateKey signing) {
    this.privateBytes = privateBytes;
    this.publicBytes = publicBytes;
    this.signing = signing;
  }

  public static DeviceKey generate() {
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      // X.509 (RFC 8410 §4): the last 32 bytes are the point.
      byte[] encoded = pair.getPublic().getEncoded();
      return new DeviceKey(
          ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow(),
          Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length),
          pair.getPrivate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no Ed25519 in this JDK", e);
    }
  }

  /** One that was kept: what {@link #privateKey} and {@link #publicKey} gave. */
  public static DeviceKey of(byte[] privateKey, byte[] publicKey) {
    if (privateKey.length != KEY_BYTES || publicKey.length != KEY_BYTES) {
      throw new IllegalArgumentException("the parts of an Ed25519 key have 32 bytes each");
    }
    try {
      var signing =
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(
                  new EdECPrivateKeySpec(NamedParameterSpec.ED25519, privateKey.clone()));
      return new DeviceKey(privateKey.clone(), publicKey.clone(), signing);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no Ed25519 in this JDK", e);
    }
  }

  /** As MLS has it: 32 bytes. */
  public byte[] publicKey() {
    return publicBytes.clone();
  }

  /** As MLS has it: 32 bytes, for the MLS library and for nobody else. */
  public byte[] privateKey() {
    return privateBytes.clone();
  }

  /** Shows the issuer that who holds the access token also holds this key. */
  public String proof(String issuer, String accessToken) {
    return proof(issuer, accessToken, InstantSource.system());
  }

  /**
   * The same.
   *
   * @param clock what time the proof says it was made
   */
  public String proof(String issuer, String accessToken, InstantSource clock) {
    var jwk = new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(publicBytes)).build();
    var header =
        new JWSHeader.Builder(JWSAlgorithm.EdDSA)
            .type(new JOSEObjectType("device-proof+jwt"))
            .jwk(jwk)
            .build();
    var claims =
        new JWTClaimsSet.Builder()
            .audience(issuer)
            .issueTime(Date.from(clock.instant()))
            .jwtID(UUID.randomUUID().toString())
            .claim("ath", DpopKey.sha256(accessToken).toString())
            .build();
    // Nimbus signs EdDSA by a library of its own choice; the JDK does without.
    var signed = header.toBase64URL() + "." + claims.toPayload().toBase64URL();
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initSign(signing);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + Base64URL.encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Says nothing of the private part. */
  @Override
  public String toString() {
    return "DeviceKey[" + Base64URL.encode(publicBytes) + "]";
  }
}
