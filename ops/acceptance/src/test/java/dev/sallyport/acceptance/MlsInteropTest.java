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
import dev.sallyport.acceptance.client.MlsDevice;
import dev.sallyport.acceptance.client.MlsException;
import dev.sallyport.acceptance.client.MlsGroup;
import dev.sallyport.client.DeviceKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.codec.Credential;
import org.bouncycastle.mls.codec.ExternalSender;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.MLSOutputStream;
import org.bouncycastle.mls.codec.Proposal;
import org.bouncycastle.mls.crypto.MlsCipherSuite;
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

  // ------------------------------------------------------------------ the gateway's proposals

  private static final MlsCipherSuite SUITE = suite();

  private final Ed25519PrivateKeyParameters gatewayKey =
      new Ed25519PrivateKeyParameters(new SecureRandom());

  private static MlsCipherSuite suite() {
    try {
      return MlsCipherSuite.getSuite(MlsCipherSuite.MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** As the gateway publishes it. */
  private byte[] externalSender() {
    try {
      return MLSOutputStream.encode(
          new ExternalSender(
              gatewayKey.generatePublicKey().getEncoded(),
              Credential.forBasic("https://gateway.example".getBytes(StandardCharsets.US_ASCII))));
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] proposal(long epoch, int leaf, Ed25519PrivateKeyParameters key) {
    try {
      return MLSOutputStream.encode(
          MLSMessage.externalProposal(
              SUITE,
              ROOM.getBytes(StandardCharsets.US_ASCII),
              epoch,
              Proposal.remove(new LeafIndex(leaf)),
              0,
              key.getEncoded()));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private MlsDevice device(String user) {
    var key = DeviceKey.generate();
    return new MlsDevice(key, credential(issuerKey, user, key.publicKey()), verifier);
  }

  @Test
  void proposalOfTheGateway_isTakenByBothAndCommittedByEither() {
    var group = alice.createGroup(ROOM, externalSender());
    var carolsPackage = device("carol").keyPackage();
    var carol = device("carol-2");
    var carolsOwn = carol.keyPackage();
    var pending =
        group.commit(
            List.of(
                bytes(bob.call("keyPackage"), "keyPackage"),
                carolsPackage.bytes(),
                carolsOwn.bytes()),
            List.of());
    pending.apply();
    bob.call("join", Map.of("welcome", base64(pending.welcome())));
    var carolsGroup = carol.join(pending.welcome(), carolsOwn);
    assertEquals(3, carolsGroup.leafOf("carol-2-device").orElseThrow());
    assertEquals(3L, bob.call("leafOf", Map.of("deviceId", "carol-2-device")).get("leaf"));

    // ts-mls commits the one, Bouncy Castle the other.
    var first = proposal(1, 2, gatewayKey);
    assertThrows(MlsException.class, () -> group.receiveProposal(first, leaf -> leaf == 3));
    group.receiveProposal(first, leaf -> leaf == 2);
    carolsGroup.receiveProposal(first, leaf -> leaf == 2);
    assertThrows(
        NodeProcess.Failed.class,
        () -> bob.call("receiveProposal", Map.of("message", base64(first), "out", List.of(3))));
    bob.call("receiveProposal", Map.of("message", base64(first), "out", List.of(2)));
    var bobs = bob.call("commit", Map.of());
    group.receive(bytes(bobs, "commit"));
    carolsGroup.receive(bytes(bobs, "commit"));
    assertEquals(group.epochAuthenticator(), bob.call("apply").get("authenticator"));

    var second = proposal(2, 3, gatewayKey);
    group.receiveProposal(second, leaf -> true);
    bob.call("receiveProposal", Map.of("message", base64(second), "out", List.of(3)));
    var alices = group.commit(List.of(), List.of());
    bob.call("receive", Map.of("message", base64(alices.commit())));
    alices.apply();

    assertEquals(List.of("alice", "bob"), names(group));
    var sealed = group.encrypt("between us");
    assertEquals("between us", bob.call("receive", Map.of("message", base64(sealed))).get("text"));
    assertThrows(MlsException.class, () -> carolsGroup.receive(sealed));
  }

  private static List<String> names(MlsGroup group) {
    return group.members().stream().map(CredentialVerifier.Member::userId).toList();
  }

  @Test
  void proposalInAGroupThatTsMlsMade_isTakenByBoth() {
    bob.call("createGroup", Map.of("roomId", ROOM, "externalSender", base64(externalSender())));
    var own = alice.keyPackage();
    var added =
        bob.call(
            "commit",
            Map.of(
                "keyPackages",
                List.of(base64(own.bytes()), base64(device("carol").keyPackage().bytes()))));
    bob.call("apply");
    var group = alice.join(bytes(added, "welcome"), own);

    var forged = proposal(1, 2, new Ed25519PrivateKeyParameters(new SecureRandom()));
    assertThrows(MlsException.class, () -> group.receiveProposal(forged, leaf -> true));
    assertThrows(
        NodeProcess.Failed.class,
        () -> bob.call("receiveProposal", Map.of("message", base64(forged), "out", List.of(2))));

    var good = proposal(1, 2, gatewayKey);
    group.receiveProposal(good, leaf -> true);
    bob.call("receiveProposal", Map.of("message", base64(good), "out", List.of(2)));
    var committed = group.commit(List.of(), List.of());
    bob.call("receive", Map.of("message", base64(committed.commit())));
    committed.apply();
    assertEquals(List.of("bob", "alice"), names(group));
  }

  // ------------------------------------------------------------------ coming back

  @Test
  void lostState_comesBackByAnExternalCommit_inBothDirections() {
    var group = alice.createGroup(ROOM, externalSender());
    var pending =
        group.commit(
            List.of(
                bytes(bob.call("keyPackage"), "keyPackage"), device("carol").keyPackage().bytes()),
            List.of());
    pending.apply();
    bob.call("join", Map.of("welcome", base64(pending.welcome())));

    // ts-mls by a GroupInfo that Bouncy Castle made.
    var bobs = bob.call("joinExternally", Map.of("groupInfo", base64(pending.groupInfo())));
    assertEquals(true, bobs.get("rejoins"));
    group.receive(bytes(bobs, "commit"));
    assertEquals(group.epochAuthenticator(), bob.call("apply").get("authenticator"));
    assertEquals(List.of("alice", "bob", "carol"), names(group));

    // Bouncy Castle by a GroupInfo that ts-mls made.
    var update = bob.call("commit", Map.of());
    bob.call("apply");
    var back = alice.joinExternally(bytes(update, "groupInfo"));
    assertTrue(back.rejoins());
    var seen = bob.call("receive", Map.of("message", base64(back.commit())));
    assertEquals(back.group().epochAuthenticator(), seen.get("authenticator"));
    assertEquals(
        "again",
        bob.call("receive", Map.of("message", base64(back.group().encrypt("again")))).get("text"));
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
