package dev.sallyport.auth.device;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.JwsVerification;
import dev.sallyport.auth.token.SingleUse;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Checks device proofs ({@code ops/decisions/0002}): a JWS by the MLS signature key itself, for
 * this issuer, this access token and once only.
 */
@Component
final class DeviceProofs {

  static final JOSEObjectType TYP = new JOSEObjectType("device-proof+jwt");

  /** A proof takes about 500 characters. */
  static final int LENGTH_MAX = 4 * 1024;

  private static final int JTI_LENGTH_MAX = 256;
  private static final Duration AGE_MAX = Duration.ofSeconds(60);
  private static final Duration SKEW = Duration.ofSeconds(60);

  /** What came of checking a proof. */
  sealed interface Check {

    /** The public key whose possession was shown. */
    record Proven(OctetKeyPair key) implements Check {}

    record Refused(String detail) implements Check {}
  }

  private final IssuerSettings issuer;
  private final SingleUse singleUse;
  private final Clock clock;

  DeviceProofs(IssuerSettings issuer, SingleUse singleUse, Clock clock) {
    this.issuer = issuer;
    this.singleUse = singleUse;
    this.clock = clock;
  }

  /**
   * @param tokenHash base64url SHA-256 of the access token that the request came with
   */
  Check check(String proof, String tokenHash) {
    if (proof.length() > LENGTH_MAX) {
      return new Check.Refused("the proof is too long");
    }
    if (!JwsVerification.compact(proof)) {
      return new Check.Refused("the proof is not a signed JWT");
    }
    try {
      SignedJWT jwt = SignedJWT.parse(proof);
      return check(jwt, jwt.getJWTClaimsSet(), tokenHash);
    } catch (ParseException | RuntimeException malformed) {
      return new Check.Refused("the proof is not a signed JWT");
    }
  }

  private Check check(SignedJWT jwt, JWTClaimsSet claims, String tokenHash) throws ParseException {
    if (!TYP.equals(jwt.getHeader().getType())
        || !JWSAlgorithm.EdDSA.equals(jwt.getHeader().getAlgorithm())
        || jwt.getHeader().getCriticalParams() != null
        || !(jwt.getHeader().getJWK() instanceof OctetKeyPair key)
        || key.isPrivate()
        || !Curve.Ed25519.equals(key.getCurve())) {
      return new Check.Refused(
          "the header needs typ `device-proof+jwt`, alg `EdDSA` and a public Ed25519 `jwk`");
    }
    if (!claims.getAudience().equals(List.of(issuer.issuer()))) {
      return new Check.Refused("`aud` must be the issuer");
    }
    String ath = claims.getStringClaim("ath");
    if (ath == null || !Hashes.same(ath, tokenHash)) {
      return new Check.Refused("`ath` is not the hash of the access token");
    }
    Instant now = clock.instant();
    Date issuedAt = claims.getIssueTime();
    if (issuedAt == null
        || issuedAt.toInstant().isBefore(now.minus(AGE_MAX).minus(SKEW))
        || issuedAt.toInstant().isAfter(now.plus(SKEW))) {
      return new Check.Refused("`iat` is missing, too old or in the future");
    }
    String jti = claims.getJWTID();
    if (jti == null || jti.isEmpty() || jti.length() > JTI_LENGTH_MAX) {
      return new Check.Refused("`jti` is missing or too long");
    }
    if (!JwsVerification.signedBy(jwt, key)) {
      return new Check.Refused("the signature does not verify");
    }
    Instant forgettable = now.plus(AGE_MAX).plus(SKEW).plus(SKEW);
    if (!singleUse.first("device-proof:" + key.getX(), jti, forgettable)) {
      return new Check.Refused("the proof was used before");
    }
    return new Check.Proven(key);
  }
}
