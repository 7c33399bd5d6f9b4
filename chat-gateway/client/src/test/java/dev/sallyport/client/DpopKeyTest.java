package dev.sallyport.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Proofs of both keys, read as a server reads them. */
class DpopKeyTest {

  private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");

  @Test
  void proof_hasWhatRfc9449Asks() throws Exception {
    var key = DpopKey.generate(() -> NOW);
    var proof =
        SignedJWT.parse(
            key.proof("GET", URI.create("https://gw.example/v1/rooms?after=x"), "token", "n"));
    var header = proof.getHeader();
    assertEquals("dpop+jwt", header.getType().toString());
    assertFalse(header.getJWK().isPrivate());
    assertEquals(key.thumbprint(), header.getJWK().computeThumbprint().toString());
    assertTrue(proof.verify(new ECDSAVerifier((ECKey) header.getJWK())));
    var claims = proof.getJWTClaimsSet();
    assertEquals("GET", claims.getStringClaim("htm"));
    assertEquals("https://gw.example/v1/rooms", claims.getStringClaim("htu"));
    assertEquals("n", claims.getStringClaim("nonce"));
    assertEquals(NOW, claims.getIssueTime().toInstant());
    // SHA-256 of the token, base64url (RFC 9449 §4.2).
    assertEquals("PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A", hashOf("token"));
    assertEquals(hashOf("token"), claims.getStringClaim("ath"));
    var other = SignedJWT.parse(key.proof("GET", URI.create("https://gw.example/"), null, null));
    assertNotEquals(claims.getJWTID(), other.getJWTClaimsSet().getJWTID());
    assertFalse(other.getJWTClaimsSet().getClaims().containsKey("ath"));
  }

  private static String hashOf(String token) {
    return DpopKey.sha256(token).toString();
  }

  @Test
  void fromJwk_keptKey_isTheSame() {
    var key = DpopKey.generate();
    assertEquals(key.thumbprint(), DpopKey.fromJwk(key.toPrivateJwk()).thumbprint());
    assertFalse(key.toString().contains("\"d\""));
    var garbage = assertThrows(IllegalArgumentException.class, () -> DpopKey.fromJwk("{secret"));
    assertFalse(String.valueOf(garbage.getMessage()).contains("secret"));
  }

  @Test
  void deviceProof_isSignedByTheKeyItNames() throws Exception {
    var key = DeviceKey.generate();
    var kept = DeviceKey.of(key.privateKey(), key.publicKey());
    var parts = kept.proof("https://issuer.example", "token", () -> NOW).split("\\.");
    var proof = SignedJWT.parse(String.join(".", parts));
    assertEquals("device-proof+jwt", proof.getHeader().getType().toString());
    var jwk = (OctetKeyPair) proof.getHeader().getJWK();
    assertEquals(Base64URL.encode(key.publicKey()), jwk.getX());
    assertEquals("https://issuer.example", proof.getJWTClaimsSet().getAudience().getFirst());
    var verifier = Signature.getInstance("Ed25519");
    verifier.initVerify(
        KeyFactory.getInstance("Ed25519")
            .generatePublic(
                new X509EncodedKeySpec(
                    HexFormat.of()
                        .parseHex(
                            "302a300506032b6570032100"
                                + HexFormat.of().formatHex(key.publicKey())))));
    verifier.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertTrue(verifier.verify(new Base64URL(parts[2]).decode()));
  }
}
