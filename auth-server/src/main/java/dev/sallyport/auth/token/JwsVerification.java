package dev.sallyport.auth.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSObject;
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
import java.util.Set;
import java.util.regex.Pattern;

/** Verifies a signature by a key that came from outside, within an allow-list of algorithms. */
public final class JwsVerification {

  /** What clients may sign with (FAPI 2.0 §5.4). */
  public static final Set<JWSAlgorithm> CLIENT_ALGORITHMS =
      Set.of(JWSAlgorithm.ES256, JWSAlgorithm.PS256, JWSAlgorithm.EdDSA);

  private static final int RSA_BITS_MIN = 2048;

  /** A longer modulus would only cost us time. */
  private static final int RSA_BITS_MAX = 4096;

  /** RFC 7515 §7.1. The parser skips what is no base64url; a token has one form only. */
  private static final Pattern COMPACT =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

  private JwsVerification() {}

  /** Whether this is three parts of base64url, and nothing else; ask before parsing. */
  public static boolean compact(String jws) {
    return COMPACT.matcher(jws).matches();
  }

  /** Whether the signature is this key's, with an algorithm that fits the key and is allowed. */
  public static boolean signedBy(JWSObject jws, JWK key) {
    return CLIENT_ALGORITHMS.contains(jws.getHeader().getAlgorithm()) && verifies(jws, key);
  }

  /** As {@link #signedBy(JWSObject, JWK)}, with these algorithms; RS256 may be among them. */
  public static boolean signedBy(JWSObject jws, JWK key, Set<String> algs) {
    return algs.contains(jws.getHeader().getAlgorithm().getName()) && verifies(jws, key);
  }

  private static boolean verifies(JWSObject jws, JWK key) {
    JWSAlgorithm alg = jws.getHeader().getAlgorithm();
    if (key.isPrivate()
        // RFC 7517 §4.2, §4.4: what a key says it is for
        || KeyUse.ENCRYPTION.equals(key.getKeyUse())
        || (key.getAlgorithm() != null && !key.getAlgorithm().equals(alg))) {
      return false;
    }
    try {
      JWSVerifier verifier =
          switch (key) {
            case ECKey ec
                when JWSAlgorithm.ES256.equals(alg) && Curve.P_256.equals(ec.getCurve()) ->
                new ECDSAVerifier(ec);
            case RSAKey rsa
                when (JWSAlgorithm.PS256.equals(alg) || JWSAlgorithm.RS256.equals(alg))
                    && fits(rsa) ->
                new RSASSAVerifier(rsa);
            case OctetKeyPair okp
                when JWSAlgorithm.EdDSA.equals(alg) && Curve.Ed25519.equals(okp.getCurve()) ->
                new Ed25519Verifier(okp);
            default -> null;
          };
      return verifier != null && jws.verify(verifier);
    } catch (JOSEException | RuntimeException malformedKey) {
      // e.g. a point that is not on its curve
      return false;
    }
  }

  private static boolean fits(RSAKey key) {
    int bits = key.size();
    return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
  }
}
