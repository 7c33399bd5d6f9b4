package dev.sallyport.gateway.device;

import com.google.protobuf.ByteString;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.gateway.issuer.DeviceKeys;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads device credentials (decision 0002): {@code typ}, algorithm by key, signature, {@code iss},
 * times, and what they bind. Never throws on what it is given.
 */
final class DeviceCredentials {

  private static final String TYPE = "device-credential+jwt";

  /** As the column holds; the issuer's are some 700. */
  static final int CHARS_MAX = 8_192;

  private static final int ED25519_KEY_BYTES = 32;
  private static final Duration SKEW = Duration.ofSeconds(60);

  private final DeviceKeys keys;
  private final String issuer;
  private final InstantSource clock;

  DeviceCredentials(DeviceKeys keys, String issuer, InstantSource clock) {
    this.keys = keys;
    this.issuer = issuer;
    this.clock = clock;
  }

  /** What came of reading one. */
  sealed interface Read {
    record Good(DeviceCredential credential) implements Read {}

    /**
     * It cannot be believed.
     *
     * @param reason lower-case, without input
     */
    record Bad(String reason) implements Read {}

    /** The key that signed it is being looked up: try again. */
    record KeyUnknown() implements Read {}
  }

  Read read(String compact) {
    if (compact.length() > CHARS_MAX) {
      return new Read.Bad("the credential is too large");
    }
    try {
      var jwt = SignedJWT.parse(compact);
      var type = jwt.getHeader().getType();
      if (type == null || !TYPE.equals(type.getType()) || jwt.getHeader().getKeyID() == null) {
        return new Read.Bad("not a device credential");
      }
      var key = keys.byKid(jwt.getHeader().getKeyID());
      if (key.isEmpty()) {
        return new Read.KeyUnknown();
      }
      if (!signedBy(jwt, key.get())) {
        return new Read.Bad("the signature of the credential does not verify");
      }
      return claims(compact, jwt.getJWTClaimsSet());
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      return new Read.Bad("not a device credential");
    }
  }

  private static boolean signedBy(SignedJWT jwt, JWK key) throws JOSEException {
    JWSVerifier verifier;
    Set<JWSAlgorithm> algorithms;
    switch (key) {
      case ECKey ec when Curve.P_256.equals(ec.getCurve()) -> {
        verifier = new ECDSAVerifier(ec);
        algorithms = Set.of(JWSAlgorithm.ES256);
      }
      case OctetKeyPair okp when Curve.Ed25519.equals(okp.getCurve()) -> {
        verifier = new Ed25519Verifier(okp);
        algorithms = Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519);
      }
      default -> {
        return false;
      }
    }
    return algorithms.contains(jwt.getHeader().getAlgorithm()) && jwt.verify(verifier);
  }

  private Read claims(String compact, JWTClaimsSet claims) throws ParseException {
    var userId = claims.getSubject();
    var deviceId = claims.getStringClaim("device_id");
    var expires = claims.getExpirationTime();
    var issued = claims.getIssueTime();
    var now = clock.instant();
    if (!issuer.equals(claims.getIssuer())) {
      return new Read.Bad("the credential is of another issuer");
    }
    if (userId == null || deviceId == null || expires == null) {
      return new Read.Bad("the credential lacks a claim");
    }
    if (!expires.toInstant().isAfter(now)) {
      return new Read.Bad("the credential expired");
    }
    if (issued != null && issued.toInstant().isAfter(now.plus(SKEW))) {
      return new Read.Bad("the credential is from the future");
    }
    var signatureKey = boundKey(claims);
    if (signatureKey == null) {
      return new Read.Bad("the credential binds no Ed25519 key");
    }
    return new Read.Good(
        new DeviceCredential(
            compact, userId, deviceId, signatureKey, expires.toInstant().toEpochMilli()));
  }

  private static @Nullable ByteString boundKey(JWTClaimsSet claims) throws ParseException {
    var confirmation = claims.getJSONObjectClaim("cnf");
    if (confirmation == null || !(confirmation.get("jwk") instanceof Map<?, ?> jwk)) {
      return null;
    }
    var members = new java.util.HashMap<String, Object>();
    jwk.forEach((name, value) -> members.put(String.valueOf(name), value));
    if (!(JWK.parse(members) instanceof OctetKeyPair key)
        || !Curve.Ed25519.equals(key.getCurve())
        || key.isPrivate()) {
      return null;
    }
    var bytes = key.getDecodedX();
    return bytes.length == ED25519_KEY_BYTES ? ByteString.copyFrom(bytes) : null;
  }
}
