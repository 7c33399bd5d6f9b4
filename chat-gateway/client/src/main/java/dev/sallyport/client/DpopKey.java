package dev.sallyport.client;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.Date;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The key to which a client's tokens are bound, and the proofs made with it (RFC 9449 §4).
 * Thread-safe.
 */
public final class DpopKey {

  private final ECKey key;
  private final JWSSigner signer;
  private final JWSHeader header;
  private final InstantSource clock;

  private DpopKey(ECKey key, InstantSource clock) {
    this.key = key;
    this.clock = clock;
    try {
      this.signer = new ECDSASigner(key);
    } catch (JOSEException e) {
      throw new IllegalArgumentException("not a private key on P-256", e);
    }
    this.header =
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .type(new JOSEObjectType("dpop+jwt"))
            .jwk(key.toPublicJWK())
            .build();
  }

  public static DpopKey generate() {
    return generate(InstantSource.system());
  }

  /**
   * @param clock what time proofs say they were made
   */
  public static DpopKey generate(InstantSource clock) {
    try {
      return new DpopKey(new ECKeyGenerator(Curve.P_256).generate(), clock);
    } catch (JOSEException e) {
      throw new IllegalStateException("no P-256 in this JDK", e);
    }
  }

  /**
   * One that was kept.
   *
   * @param jwk what {@link #toPrivateJwk} gave
   */
  public static DpopKey fromJwk(String jwk) {
    return fromJwk(jwk, InstantSource.system());
  }

  /**
   * The same.
   *
   * @param clock what time proofs say they were made
   */
  public static DpopKey fromJwk(String jwk, InstantSource clock) {
    try {
      var key = ECKey.parse(jwk);
      if (!key.isPrivate() || !Curve.P_256.equals(key.getCurve())) {
        throw new IllegalArgumentException("not a private key on P-256");
      }
      return new DpopKey(key, clock);
    } catch (ParseException e) {
      // The text is a private key: it goes into no message.
      throw new IllegalArgumentException("not a JWK");
    }
  }

  /** With the private part: to be stored where nobody else reads. */
  public String toPrivateJwk() {
    return key.toJSONString();
  }

  /** RFC 7638 thumbprint: the {@code cnf.jkt} of every token bound to this key. */
  public String thumbprint() {
    try {
      return key.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A proof for one request.
   *
   * @param uri may carry a query, which {@code htu} never does
   * @param accessToken the token that goes with it; null at the token endpoint
   * @param nonce the newest that the server gave; null where it gave none
   */
  public String proof(
      String method, URI uri, @Nullable String accessToken, @Nullable String nonce) {
    var claims =
        new JWTClaimsSet.Builder()
            .jwtID(UUID.randomUUID().toString())
            .claim("htm", method)
            .claim("htu", uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath())
            .issueTime(Date.from(clock.instant()));
    if (accessToken != null) {
      claims.claim("ath", sha256(accessToken).toString());
    }
    if (nonce != null) {
      claims.claim("nonce", nonce);
    }
    try {
      var proof = new SignedJWT(header, claims.build());
      proof.sign(signer);
      return proof.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static Base64URL sha256(String text) {
    try {
      return Base64URL.encode(
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Says nothing of the private part. */
  @Override
  public String toString() {
    return "DpopKey[" + thumbprint() + "]";
  }
}
