package dev.sallyport.acceptance.history;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;

/** A user's DPoP key (RFC 9449), by a clock that may be wrong. */
final class ProofKey {

  private final ECKey key;
  private final JWSSigner signer;

  ProofKey() {
    try {
      key = new ECKeyGenerator(Curve.P_256).generate();
      signer = new ECDSASigner(key);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * @param accessToken empty: none
   * @param nonce empty: none
   * @param ahead how far the clock is ahead
   */
  String proof(String method, String uri, String accessToken, String nonce, Duration ahead) {
    int query = uri.indexOf('?');
    var claims =
        new JWTClaimsSet.Builder()
            .jwtID(UUID.randomUUID().toString())
            .claim("htm", method)
            .claim("htu", query < 0 ? uri : uri.substring(0, query))
            .issueTime(Date.from(Instant.now().plus(ahead)));
    if (!accessToken.isEmpty()) {
      claims.claim("ath", hash(accessToken));
    }
    if (!nonce.isEmpty()) {
      claims.claim("nonce", nonce);
    }
    return signed("dpop+jwt", JWSAlgorithm.ES256, key.toPublicJWK(), claims.build(), signer);
  }

  private static String signed(
      String type, JWSAlgorithm algorithm, JWK jwk, JWTClaimsSet claims, JWSSigner signer) {
    try {
      var header = new JWSHeader.Builder(algorithm).type(new JOSEObjectType(type)).jwk(jwk).build();
      var jwt = new SignedJWT(header, claims);
      jwt.sign(signer);
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static String hash(String text) {
    return Base64URL.encode(HashChain.sha256(text.getBytes(StandardCharsets.US_ASCII))).toString();
  }
}
