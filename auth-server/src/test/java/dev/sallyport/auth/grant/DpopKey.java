package dev.sallyport.auth.grant;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.token.Hashes;
import java.time.Clock;
import java.util.Date;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A client's DPoP key. */
final class DpopKey {

  private final ECKey key;
  private final Clock clock;

  DpopKey(Clock clock) {
    try {
      this.key = new ECKeyGenerator(Curve.P_256).generate();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    this.clock = clock;
  }

  String jkt() {
    try {
      return key.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  String proof(String method, String url, @Nullable String nonce, @Nullable String accessToken) {
    return proof(method, url, nonce, accessToken, claims -> {});
  }

  /** With claims bent by the test. */
  String proof(
      String method,
      String url,
      @Nullable String nonce,
      @Nullable String accessToken,
      Consumer<JWTClaimsSet.Builder> bend) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .jwtID(UUID.randomUUID().toString())
            .issueTime(Date.from(clock.instant()))
            .claim("htm", method)
            .claim("htu", url);
    if (nonce != null) {
      claims.claim("nonce", nonce);
    }
    if (accessToken != null) {
      claims.claim("ath", Hashes.sha256(accessToken));
    }
    bend.accept(claims);
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType("dpop+jwt"))
                .jwk(key.toPublicJWK())
                .build(),
            claims.build());
    try {
      jwt.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jwt.serialize();
  }
}
