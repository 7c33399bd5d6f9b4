package dev.sallyport.auth.federation;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.token.JwsVerification;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.stereotype.Component;

/**
 * Checks what a provider signed, against its published keys: signature by an asymmetric algorithm,
 * issuer, audience, authorized party, times (OpenID Connect Core section 3.1.3.7). What is
 * particular to a kind of token is for the caller.
 */
@Component
class ProviderTokens {

  static final int LENGTH_MAX = 64 * 1024;
  static final Duration SKEW = Duration.ofMinutes(1);

  private static final Set<JWSAlgorithm> RSA =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512);
  private static final int RSA_BITS_MIN = 2048;
  private static final int RSA_BITS_MAX = 8192;

  private final ProviderKeys keys;
  private final Clock clock;

  ProviderTokens(ProviderKeys keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /** What came of a check. */
  sealed interface Check {
    record Good(SignedJWT jwt, JWTClaimsSet claims) implements Check {}

    /**
     * @param reason of our own words
     */
    record Bad(String reason) implements Check {}
  }

  /**
   * @param withExpiry whether it must say until when it is good
   */
  Check check(ClientRegistration registration, String token, boolean withExpiry) {
    if (token.length() > LENGTH_MAX || !JwsVerification.compact(token)) {
      return new Check.Bad("it is not a signed JWT of permitted length");
    }
    SignedJWT jwt;
    JWTClaimsSet claims;
    try {
      jwt = SignedJWT.parse(token);
      claims = jwt.getJWTClaimsSet();
      Optional<String> fault = fault(registration, claims, withExpiry);
      if (fault.isPresent()) {
        return new Check.Bad(fault.get());
      }
    } catch (ParseException | RuntimeException malformed) {
      return new Check.Bad("it is not a signed JWT");
    }
    return signed(registration, jwt)
        ? new Check.Good(jwt, claims)
        : new Check.Bad("its signature is not by a key that the provider publishes");
  }

  private Optional<String> fault(
      ClientRegistration registration, JWTClaimsSet claims, boolean withExpiry)
      throws ParseException {
    Instant now = clock.instant();
    Date issuedAt = claims.getIssueTime();
    Date expires = claims.getExpirationTime();
    Date notBefore = claims.getNotBeforeTime();
    String issuer = registration.getProviderDetails().getIssuerUri();
    List<String> audience = claims.getAudience();
    String party = claims.getStringClaim("azp");
    String clientId = registration.getClientId();
    if (issuer == null || !issuer.equals(claims.getIssuer())) {
      return Optional.of("it is of another issuer");
    }
    if (!audience.contains(clientId)
        || (audience.size() > 1 && party == null)
        || (party != null && !party.equals(clientId))) {
      return Optional.of("it is for another client");
    }
    if (issuedAt == null || issuedAt.toInstant().isAfter(now.plus(SKEW))) {
      return Optional.of("it is not of now: `iat`");
    }
    if (expires == null ? withExpiry : !expires.toInstant().plus(SKEW).isAfter(now)) {
      return Optional.of("it has expired, or does not say when it does");
    }
    return notBefore != null && notBefore.toInstant().isAfter(now.plus(SKEW))
        ? Optional.of("it is not good yet")
        : Optional.empty();
  }

  private boolean signed(ClientRegistration registration, SignedJWT jwt) {
    String uri = registration.getProviderDetails().getJwkSetUri();
    return uri != null
        && jwt.getHeader().getCriticalParams() == null
        && keys
            .candidates(registration.getRegistrationId(), uri, jwt.getHeader().getKeyID())
            .stream()
            .anyMatch(key -> signedBy(jwt, key));
  }

  private static boolean signedBy(SignedJWT jwt, JWK key) {
    JWSAlgorithm alg = jwt.getHeader().getAlgorithm();
    if (key.getAlgorithm() != null && !key.getAlgorithm().equals(alg)) {
      return false;
    }
    try {
      JWSVerifier verifier =
          switch (key) {
            case RSAKey rsa
                when RSA.contains(alg)
                    && rsa.size() >= RSA_BITS_MIN
                    && rsa.size() <= RSA_BITS_MAX ->
                new RSASSAVerifier(rsa);
            case ECKey ec
                when JWSAlgorithm.ES256.equals(alg) && Curve.P_256.equals(ec.getCurve())
                    || JWSAlgorithm.ES384.equals(alg) && Curve.P_384.equals(ec.getCurve()) ->
                new ECDSAVerifier(ec);
            case OctetKeyPair okp
                when Curve.Ed25519.equals(okp.getCurve())
                    && (JWSAlgorithm.EdDSA.equals(alg) || JWSAlgorithm.Ed25519.equals(alg)) ->
                new Ed25519Verifier(okp);
            default -> null;
          };
      return verifier != null && jwt.verify(verifier);
    } catch (JOSEException | RuntimeException malformedKey) {
      return false;
    }
  }
}
