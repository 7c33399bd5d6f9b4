package dev.sallyport.client;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;

/** The check of an ID token (OpenID Connect Core §3.1.3.7). */
final class IdToken {

  private static final Duration SKEW = Duration.ofSeconds(60);

  private IdToken() {}

  /**
   * Its claims.
   *
   * @throws IllegalStateException when it is not to be believed
   */
  static JWTClaimsSet check(
      String text,
      String issuer,
      String clientId,
      String nonce,
      Collection<?> algorithms,
      JWKSet keys,
      InstantSource clock) {
    try {
      var token = SignedJWT.parse(text);
      var header = token.getHeader();
      if (!algorithms.contains(header.getAlgorithm().getName())) {
        throw new IllegalStateException("the ID token's algorithm was not announced");
      }
      if (!(keys.getKeyByKeyId(header.getKeyID()) instanceof AsymmetricJWK key)
          || !token.verify(
              new DefaultJWSVerifierFactory().createJWSVerifier(header, key.toPublicKey()))) {
        throw new IllegalStateException("the ID token is not signed by the issuer");
      }
      var claims = token.getJWTClaimsSet();
      var now = clock.instant();
      var expires = claims.getExpirationTime();
      var issued = claims.getIssueTime();
      if (!issuer.equals(claims.getIssuer())
          || !claims.getAudience().contains(clientId)
          || (claims.getAudience().size() > 1 && !clientId.equals(claims.getClaim("azp")))
          || !nonce.equals(claims.getClaim("nonce"))) {
        throw new IllegalStateException("the ID token is not the answer to this request");
      }
      if (expires == null
          || issued == null
          || !now.minus(SKEW).isBefore(expires.toInstant())
          || issued.toInstant().isAfter(now.plus(SKEW))) {
        throw new IllegalStateException("the ID token is not of this time");
      }
      return claims;
    } catch (ParseException | JOSEException e) {
      throw new IllegalStateException("the ID token is not to be believed", e);
    }
  }
}
