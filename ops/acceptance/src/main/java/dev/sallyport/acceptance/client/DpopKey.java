package dev.sallyport.acceptance.client;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.oauth2.sdk.dpop.DefaultDPoPProofFactory;
import com.nimbusds.oauth2.sdk.id.JWTID;
import com.nimbusds.oauth2.sdk.token.DPoPAccessToken;
import com.nimbusds.openid.connect.sdk.Nonce;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Date;
import org.jspecify.annotations.Nullable;

/** The key to which a client's tokens are bound, and the proofs made with it (RFC 9449 §4). */
public final class DpopKey {

  private final ECKey key;

  private DpopKey(ECKey key) {
    this.key = key;
  }

  public static DpopKey generate() {
    try {
      return new DpopKey(new ECKeyGenerator(Curve.P_256).generate());
    } catch (JOSEException e) {
      throw new IllegalStateException("no P-256 in this JDK", e);
    }
  }

  /** RFC 7638 thumbprint: the {@code cnf.jkt} of every token bound to this key. */
  public String thumbprint() {
    try {
      return key.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A proof for one request; {@code uri} may carry a query, which {@code htu} never does. */
  public String proof(
      String method, URI uri, @Nullable String accessToken, @Nullable String nonce) {
    var htu = URI.create(uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath());
    try {
      return new DefaultDPoPProofFactory(key, JWSAlgorithm.ES256)
          .createDPoPJWT(
              new JWTID(),
              method,
              htu,
              Date.from(Instant.now()),
              accessToken == null ? null : new DPoPAccessToken(accessToken),
              nonce == null ? null : new Nonce(nonce))
          .serialize();
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
}
