package dev.sallyport.auth.token;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;

/**
 * The server's own signing keys: made on first start, shared by all nodes through the database,
 * private parts sealed under the master key.
 *
 * <p>Safe for use by many threads. Private keys never leave the implementation.
 */
public interface SigningKeys {

  /**
   * Signs claims with the active ES256 key of a purpose.
   *
   * @param typ the JWS {@code typ}, e.g. {@code secevent+jwt}
   * @return the compact JWS; its header holds {@code alg}, {@code kid} and {@code typ}
   */
  String sign(KeyPurpose purpose, String typ, JWTClaimsSet claims);

  /**
   * Signs a claims object that the caller has already serialized, for large or canonical payloads.
   *
   * @param claims a JSON object, signed as the UTF-8 bytes given
   */
  String sign(KeyPurpose purpose, String typ, String claims);

  /** Another one whenever a key was made or ended: what was signed before may be signed by none. */
  long version();

  /** The public halves a verifier may meet: the active key, and earlier ones still in use. */
  JWKSet published(KeyPurpose purpose);
}
