package dev.sallyport.acceptance;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;

/** What a forger makes of a good JWS. */
final class BadTokens {

  /**
   * The same header and claims, signed by a key of the forger's, whose id the issuer never gave.
   */
  static String signedByAnotherKey(String good) {
    return signed(good, "forged");
  }

  /** The same, under the id of the key that signed the good one. */
  static String signedByAnotherKeyOfTheSameId(String good) {
    try {
      return signed(good, SignedJWT.parse(good).getHeader().getKeyID());
    } catch (ParseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String signed(String good, String keyId) {
    try {
      var jws = SignedJWT.parse(good);
      var key = new ECKeyGenerator(Curve.P_256).keyID(keyId).generate();
      var header = new JWSHeader.Builder(jws.getHeader()).keyID(key.getKeyID()).build();
      var forged = new SignedJWT(header, jws.getJWTClaimsSet());
      forged.sign(new ECDSASigner(key));
      return forged.serialize();
    } catch (ParseException | JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same header and signature over changed claims: valid for longer. */
  static String tampered(String good) {
    var parts = good.split("\\.", -1);
    var claims = new Base64URL(parts[1]).decodeToString();
    var changed = claims.replaceFirst("\"iat\":1", "\"iat\":2");
    if (changed.equals(claims)) {
      changed = claims.replaceFirst("\\{", "{ ");
    }
    return parts[0]
        + "."
        + Base64URL.encode(changed.getBytes(StandardCharsets.UTF_8))
        + "."
        + parts[2];
  }

  private BadTokens() {}
}
