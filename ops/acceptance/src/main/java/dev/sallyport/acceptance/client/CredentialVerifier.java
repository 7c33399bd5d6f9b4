package dev.sallyport.acceptance.client;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Checks other members' device credentials against the issuer's published keys, so that the relay
 * need not be trusted for who is who. The MLS library has no hook for it: {@link MlsGroup} calls
 * this for every leaf that it adds or finds.
 */
public final class CredentialVerifier {

  private static final String TYPE = "device-credential+jwt";

  /** A group is looked through after each of its Commits: what was verified once is so again. */
  private static final int REMEMBERED_MAX = 10_000;

  private final Map<Known, Verified> remembered = new ConcurrentHashMap<>();
  private final String issuer;
  private final Supplier<JWKSet> keys;

  /** {@code keys} are those of {@code <issuer>/v1/keys/device}, read for each new credential. */
  public CredentialVerifier(String issuer, Supplier<JWKSet> keys) {
    this.issuer = issuer;
    this.keys = keys;
  }

  /** Who stands behind a leaf. */
  public record Member(String userId, String deviceId) {}

  /**
   * Who stands behind the leaf with this identity and signature key.
   *
   * @throws MlsException when the issuer does not vouch for the key
   */
  public Member verify(byte[] identity, byte[] signatureKey) {
    var credential = new String(identity, StandardCharsets.US_ASCII);
    var known = new Known(credential, HexFormat.of().formatHex(signatureKey));
    var before = remembered.get(known);
    if (before != null && Instant.now().isBefore(before.expires())) {
      return before.member();
    }
    var verified = verify(credential, signatureKey);
    if (remembered.size() >= REMEMBERED_MAX) {
      remembered.clear();
    }
    remembered.put(known, verified);
    return verified.member();
  }

  private record Known(String credential, String signatureKey) {}

  private record Verified(Member member, Instant expires) {}

  private Verified verify(String credential, byte[] signatureKey) {
    try {
      var jwt = SignedJWT.parse(credential);
      var claims = jwt.getJWTClaimsSet();
      var type = jwt.getHeader().getType();
      if (type == null || !TYPE.equals(type.getType())) {
        throw new MlsException("the leaf's credential is no device credential");
      }
      if (!(keys.get().getKeyByKeyId(jwt.getHeader().getKeyID()) instanceof ECKey key)
          || !jwt.verify(new ECDSAVerifier(key))) {
        throw new MlsException("the leaf's credential is not signed by the issuer");
      }
      var expires = claims.getExpirationTime();
      if (!issuer.equals(claims.getIssuer())
          || expires == null
          || expires.toInstant().isBefore(Instant.now())) {
        throw new MlsException("the leaf's credential is of another issuer, or expired");
      }
      if (!(claims.getClaim("cnf") instanceof Map<?, ?> cnf)
          || !(cnf.get("jwk") instanceof Map<?, ?> jwk)
          || !(jwk.get("x") instanceof String x)
          || !Arrays.equals(Base64.getUrlDecoder().decode(x), signatureKey)) {
        throw new MlsException("the leaf's credential is for another key");
      }
      return new Verified(
          new Member(claims.getSubject(), claims.getStringClaim("device_id")), expires.toInstant());
    } catch (ParseException | JOSEException e) {
      throw new MlsException("the leaf's credential cannot be read", e);
    }
  }
}
