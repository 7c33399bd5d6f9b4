package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.acceptance.client.CredentialVerifier;
import dev.sallyport.acceptance.client.DeviceKey;
import dev.sallyport.acceptance.client.MlsDevice;
import dev.sallyport.acceptance.client.MlsException;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Bouncy Castle and ts-mls understand each other, each with a device credential as the identity of
 * its basic credential. No server takes part.
 */
class MlsInteropTest {

  private static final String ISSUER = "https://issuer.example";
  private static final String ROOM = "0198c0de-0000-7000-8000-000000000001";

  private final ECKey issuerKey = key("device-1");
  private final CredentialVerifier verifier =
      new CredentialVerifier(ISSUER, () -> new JWKSet(issuerKey.toPublicJWK()));
  private final DeviceKey aliceKey = DeviceKey.generate();
  private final MlsDevice alice =
      new MlsDevice(aliceKey, credential(issuerKey, "alice", aliceKey.publicKey()), verifier);

  @SuppressWarnings("NullAway.Init")
  private NodeProcess bob;

  @BeforeEach
  void startBob() {
    NodeModules.install();
    bob = new NodeProcess("mls-interop", "mls.mjs", Map.of());
    var publicKey = bytes(bob.call("deviceKey"), "publicKey");
    bobHas(credential(issuerKey, "bob", publicKey));
  }

  private void bobHas(String credential) {
    bob.call(
        "device",
        Map.of(
            "issuer",
            ISSUER,
            "jwks",
            new JWKSet(issuerKey).toJSONObject(true),
            "credential",
            credential));
  }

  @AfterEach
  void stopBob() {
    bob.close();
  }

  @Test
  void bouncyCastleAddsTsMls_messagesPassBothWays() {
    var group = alice.createGroup(ROOM);
    var pending = group.add(bytes(bob.call("keyPackage"), "keyPackage"));
    assertEquals(0, group.epoch(), "a commit takes effect only when applied");
    pending.apply();
    var joined = bob.call("join", Map.of("welcome", base64(pending.welcome())));

    assertEquals(1, group.epoch());
    assertEquals(group.epochAuthenticator(), joined.get("authenticator"));
    assertEquals(
        List.of("alice", "bob"),
        group.members().stream().map(CredentialVerifier.Member::userId).toList());

    for (int i = 0; i < 3; i++) {
      var toBob = bob.call("receive", Map.of("message", base64(group.encrypt("to bob " + i))));
      assertEquals("to bob " + i, toBob.get("text"));
      var toAlice = bytes(bob.call("encrypt", Map.of("text", "to alice " + i)), "message");
      assertEquals("to alice " + i, group.receive(toAlice).orElseThrow());
    }
  }

  @Test
  void tsMlsAddsBouncyCastle_messagesPassBothWays() {
    bob.call("createGroup", Map.of("roomId", ROOM));
    var own = alice.keyPackage();
    var added = bob.call("add", Map.of("keyPackage", base64(own.bytes())));
    var group = alice.join(bytes(added, "welcome"), own);

    assertEquals(ROOM, group.roomId());
    assertEquals(group.epochAuthenticator(), added.get("authenticator"));
    assertEquals(
        "to alice",
        group
            .receive(bytes(bob.call("encrypt", Map.of("text", "to alice")), "message"))
            .orElseThrow());
    assertEquals(
        "to bob",
        bob.call("receive", Map.of("message", base64(group.encrypt("to bob")))).get("text"));
  }

  @Test
  void bothCommit_theOtherFollows() {
    var group = alice.createGroup(ROOM);
    var first = group.add(bytes(bob.call("keyPackage"), "keyPackage"));
    first.apply();
    bob.call("join", Map.of("welcome", base64(first.welcome())));

    var carolKey = DeviceKey.generate();
    var carol =
        new MlsDevice(carolKey, credential(issuerKey, "carol", carolKey.publicKey()), verifier);
    var second = group.add(carol.keyPackage().bytes());
    var followed = bob.call("receive", Map.of("message", base64(second.commit())));
    second.apply();
    assertEquals(group.epochAuthenticator(), followed.get("authenticator"));

    var daveKey = DeviceKey.generate();
    var dave = new MlsDevice(daveKey, credential(issuerKey, "dave", daveKey.publicKey()), verifier);
    var third = bob.call("add", Map.of("keyPackage", base64(dave.keyPackage().bytes())));
    assertTrue(group.receive(bytes(third, "commit")).isEmpty());
    assertEquals(3, group.epoch());
    assertEquals(group.epochAuthenticator(), third.get("authenticator"));
  }

  @Test
  void credentialForAnotherKey_neitherSideAcceptsTheLeaf() {
    bobHas(credential(issuerKey, "bob", DeviceKey.generate().publicKey()));
    var stolen = bytes(bob.call("keyPackage"), "keyPackage");
    assertThrows(MlsException.class, () -> alice.createGroup(ROOM).add(stolen));

    var impostor =
        new MlsDevice(
            DeviceKey.generate(), credential(issuerKey, "alice", aliceKey.publicKey()), verifier);
    var welcome = pendingFor(impostor);
    assertThrows(
        NodeProcess.Failed.class, () -> bob.call("join", Map.of("welcome", base64(welcome))));
  }

  @Test
  void credentialOfAnotherIssuerKey_neitherSideAcceptsTheLeaf() {
    var foreign = key("device-1");
    var mallory =
        new MlsDevice(aliceKey, credential(foreign, "alice", aliceKey.publicKey()), verifier);
    var welcome = pendingFor(mallory);
    assertThrows(
        NodeProcess.Failed.class, () -> bob.call("join", Map.of("welcome", base64(welcome))));
    var keyPackage = mallory.keyPackage().bytes();
    assertThrows(MlsException.class, () -> alice.createGroup(ROOM).add(keyPackage));
  }

  /** A Welcome to Bob by someone who should not be believed. */
  private byte[] pendingFor(MlsDevice inviter) {
    bobHas(credential(issuerKey, "bob", bytes(bob.call("deviceKey"), "publicKey")));
    return inviter.createGroup(ROOM).add(bytes(bob.call("keyPackage"), "keyPackage")).welcome();
  }

  private static ECKey key(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String credential(ECKey issuerKey, String user, byte[] publicKey) {
    var jwk = new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(publicKey)).build();
    var now = Instant.now();
    var claims =
        new JWTClaimsSet.Builder()
            .issuer(ISSUER)
            .subject(user)
            .claim("device_id", user + "-device")
            .claim("cnf", Map.of("jwk", jwk.toJSONObject()))
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(30 * 24 * 3600)))
            .build();
    try {
      var jwt =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.ES256)
                  .type(new JOSEObjectType("device-credential+jwt"))
                  .keyID(issuerKey.getKeyID())
                  .build(),
              claims);
      jwt.sign(new ECDSASigner(issuerKey));
      return jwt.serialize();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(Map<String, Object> result, String member) {
    return Base64.getDecoder().decode(String.valueOf(result.get(member)));
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
