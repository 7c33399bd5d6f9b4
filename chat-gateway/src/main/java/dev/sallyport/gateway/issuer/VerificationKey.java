package dev.sallyport.gateway.issuer;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import java.util.Optional;
import java.util.Set;

/**
 * A public key with the algorithms it may be used with: the one it names, or those of its type.
 *
 * @param verifier thread-safe
 */
record VerificationKey(JWK jwk, Set<JWSAlgorithm> algorithms, JWSVerifier verifier) {
  private static final int RSA_BITS_MIN = 2048;
  private static final int RSA_BITS_MAX = 8192;

  /** Empty for keys that are not for signatures, too weak, or of a kind we do not take. */
  static Optional<VerificationKey> of(JWK jwk) {
    if (jwk.isPrivate()
        || jwk.getKeyID() == null
        || (jwk.getKeyUse() != null && !KeyUse.SIGNATURE.equals(jwk.getKeyUse()))) {
      return Optional.empty();
    }
    try {
      return switch (jwk) {
        case ECKey ec when Curve.P_256.equals(ec.getCurve()) ->
            limited(jwk, Set.of(JWSAlgorithm.ES256), new ECDSAVerifier(ec));
        case RSAKey rsa when rsa.size() >= RSA_BITS_MIN && rsa.size() <= RSA_BITS_MAX ->
            limited(jwk, Set.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256), new RSASSAVerifier(rsa));
        case OctetKeyPair okp when Curve.Ed25519.equals(okp.getCurve()) ->
            limited(
                jwk, Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519), new Ed25519Verifier(okp));
        default -> Optional.empty();
      };
    } catch (JOSEException e) {
      return Optional.empty();
    }
  }

  private static Optional<VerificationKey> limited(
      JWK jwk, Set<JWSAlgorithm> byType, JWSVerifier verifier) {
    if (jwk.getAlgorithm() == null) {
      return Optional.of(new VerificationKey(jwk, byType, verifier));
    }
    return byType.stream()
        .filter(jwk.getAlgorithm()::equals)
        .findFirst()
        .map(only -> new VerificationKey(jwk, Set.of(only), verifier));
  }
}
