package dev.sallyport.acceptance.client;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;

/** The Ed25519 key that signs a device's MLS messages, and its proof to the issuer. */
public final class DeviceKey {

  private final Ed25519PrivateKeyParameters privateKey;

  private DeviceKey(Ed25519PrivateKeyParameters privateKey) {
    this.privateKey = privateKey;
  }

  public static DeviceKey generate() {
    return new DeviceKey(new Ed25519PrivateKeyParameters(new SecureRandom()));
  }

  /** As MLS has it: 32 bytes. */
  public byte[] publicKey() {
    return privateKey.generatePublicKey().getEncoded();
  }

  byte[] privateKey() {
    return privateKey.getEncoded();
  }

  /** Shows the issuer that who holds the access token also holds this key. */
  public String proof(String issuer, String accessToken) {
    var jwk =
        new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(publicKey()))
            .d(Base64URL.encode(privateKey()))
            .build();
    var header =
        new JWSHeader.Builder(JWSAlgorithm.EdDSA)
            .type(new JOSEObjectType("device-proof+jwt"))
            .jwk(jwk.toPublicJWK())
            .build();
    var claims =
        new JWTClaimsSet.Builder()
            .audience(issuer)
            .issueTime(Date.from(Instant.now()))
            .jwtID(UUID.randomUUID().toString())
            .claim("ath", DpopKey.sha256(accessToken).toString())
            .build();
    try {
      var jwt = new SignedJWT(header, claims);
      jwt.sign(new Ed25519Signer(jwk));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
