package dev.sallyport.auth.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Reads ID tokens that come back as hints ({@code id_token_hint}): ours, by signature, type and
 * issuer, and for one client. That it has expired is no fault of a hint (OpenID Connect
 * RP-Initiated Logout 1.0 §2): it only says who is meant, and opens nothing.
 */
@Component
public final class IdTokenHints {

  /** The {@code typ} of ID tokens: nothing else that we sign has it. */
  public static final String TYP = "JWT";

  /** Ours are about one KiB. */
  private static final int LENGTH_MAX = 8 * 1024;

  private final StoredSigningKeys keys;
  private final IssuerSettings issuer;

  IdTokenHints(StoredSigningKeys keys, IssuerSettings issuer) {
    this.keys = keys;
    this.issuer = issuer;
  }

  /**
   * Who is meant.
   *
   * @param sub as the client knows them
   * @param sid the sign-in session that the token came of
   */
  public record Hint(String clientId, String sub, @Nullable String sid) {}

  /** Empty where it is no ID token of ours, or its key is gone. */
  public Optional<Hint> read(String idToken) {
    if (idToken.length() > LENGTH_MAX || !JwsVerification.compact(idToken)) {
      return Optional.empty();
    }
    try {
      SignedJWT jwt = SignedJWT.parse(idToken);
      if (jwt.getHeader().getType() == null
          || !TYP.equals(jwt.getHeader().getType().getType())
          || jwt.getHeader().getCriticalParams() != null
          || !signedByUs(jwt)) {
        return Optional.empty();
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      if (!issuer.issuer().equals(claims.getIssuer())
          || claims.getSubject() == null
          // a signed UserInfo answer has none
          || claims.getExpirationTime() == null
          || claims.getAudience().size() != 1) {
        return Optional.empty();
      }
      return Optional.of(
          new Hint(
              claims.getAudience().getFirst(), claims.getSubject(), claims.getStringClaim("sid")));
    } catch (ParseException | JOSEException | RuntimeException malformed) {
      return Optional.empty();
    }
  }

  private boolean signedByUs(SignedJWT jwt) throws JOSEException {
    String kid = jwt.getHeader().getKeyID();
    JWK key = kid == null ? null : keys.known(kid).orElse(null);
    if (key == null || !jwt.getHeader().getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    JWSAlgorithm alg = jwt.getHeader().getAlgorithm();
    JWSVerifier verifier =
        switch (key) {
          case ECKey ec when JWSAlgorithm.ES256.equals(alg) -> new ECDSAVerifier(ec);
          case RSAKey rsa when JWSAlgorithm.RS256.equals(alg) || JWSAlgorithm.PS256.equals(alg) ->
              new RSASSAVerifier(rsa);
          case OctetKeyPair okp when JWSAlgorithm.EdDSA.equals(alg) -> new Ed25519Verifier(okp);
          default -> null;
        };
    return verifier != null && jwt.verify(verifier);
  }
}
