package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.OctetKeyPairGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.token.Hashes;
import java.time.Duration;
import java.util.Date;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Devices and their credentials over HTTP, from enrolment to the gateway token. */
class DevicesTest {

  private static final String SCOPES = "openid chat.read chat.write";

  private final World world = World.get();
  private final DpopKey key = world.key();

  private String proof(OctetKeyPair device, String token) throws Exception {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.EdDSA)
                .type(new JOSEObjectType("device-proof+jwt"))
                .jwk(device.toPublicJWK())
                .build(),
            new JWTClaimsSet.Builder()
                .audience(World.ISSUER)
                .issueTime(Date.from(world.clock.instant()))
                .jwtID(UUID.randomUUID().toString())
                .claim("ath", Hashes.sha256(token))
                .build());
    jwt.sign(new Ed25519Signer(device));
    return jwt.serialize();
  }

  private Answer enrol(String token, OctetKeyPair device) throws Exception {
    return world.api(
        key,
        "POST",
        "/v1/devices",
        token,
        JSONObjectUtils.toJSONString(
            Map.of("name", "Alice's phone", "proof", proof(device, token))));
  }

  @Test
  void device_fromEnrolmentToRevocation() throws Exception {
    World.Person person = world.person();
    String token = world.tokens(person, key, World.OTHER_CHAT, SCOPES).text("access_token");
    OctetKeyPair device = new OctetKeyPairGenerator(Curve.Ed25519).generate();
    Answer enrolled = enrol(token, device);
    assertThat(enrolled.status()).as(enrolled.http().body()).isEqualTo(201);
    String id = enrolled.text("device_id");

    SignedJWT credential = SignedJWT.parse(enrolled.text("credential"));
    assertThat(credential.getHeader().getType().getType()).isEqualTo("device-credential+jwt");
    assertThat(
            credential.verify(
                new ECDSAVerifier(
                    JWKSet.parse(world.get("/v1/keys/device").http().body())
                        .getKeyByKeyId(credential.getHeader().getKeyID())
                        .toECKey())))
        .isTrue();
    JWTClaimsSet claims = credential.getJWTClaimsSet();
    assertThat(claims.getSubject()).isEqualTo(person.accountId());
    assertThat(claims.getStringClaim("device_id")).isEqualTo(id);
    assertThat(claims.getJSONObjectClaim("cnf").toString()).contains(device.getX().toString());
    assertThat(claims.getExpirationTime().toInstant())
        .isEqualTo(world.clock.instant().plus(Duration.ofDays(30)));

    Map<String, String> exchanging = world.exchanging(World.OTHER_CHAT, token);
    exchanging.put("device_id", id);
    assertThat(
            World.claims(world.token(key, exchanging).text("access_token")).getClaim("device_id"))
        .isEqualTo(id);

    DpopKey otherKey = world.key();
    String otherToken =
        world.tokens(person, otherKey, World.OTHER_CHAT, SCOPES).text("access_token");
    Map<String, String> withOtherKey = world.exchanging(World.OTHER_CHAT, otherToken);
    withOtherKey.put("device_id", id);
    assertThat(world.token(otherKey, withOtherKey).refusal()).isEqualTo("400 invalid_request");

    assertThat(
            world
                .api(
                    otherKey,
                    "POST",
                    "/v1/devices/" + id + "/credential",
                    otherToken,
                    JSONObjectUtils.toJSONString(Map.of("proof", proof(device, otherToken))))
                .status())
        .isEqualTo(200);
    assertThat(world.token(otherKey, withOtherKey).status()).isEqualTo(200);

    assertThat(world.api(key, "GET", "/v1/devices", token, null).http().body()).contains(id);
    assertThat(world.api(key, "DELETE", "/v1/devices/" + id, token, null).status()).isEqualTo(204);
    assertThat(world.api(key, "DELETE", "/v1/devices/" + id, token, null).status()).isEqualTo(404);
    assertThat(world.token(otherKey, withOtherKey).refusal()).isEqualTo("400 invalid_request");
    assertThat(
            world
                .server
                .jdbc()
                .queryForObject(
                    "select count(*) from security_event where type = 'device-revoked'"
                        + " and subject = ?",
                    Integer.class,
                    person.accountId()))
        .isEqualTo(1);
  }

  @Test
  void device_ofAnotherAccount_isUnknown() throws Exception {
    World.Person owner = world.person();
    String ownersToken = world.tokens(owner, key, World.OTHER_CHAT, SCOPES).text("access_token");
    String id =
        enrol(ownersToken, new OctetKeyPairGenerator(Curve.Ed25519).generate()).text("device_id");
    String token = world.tokens(world.person(), key, World.OTHER_CHAT, SCOPES).text("access_token");
    assertThat(world.api(key, "DELETE", "/v1/devices/" + id, token, null).status()).isEqualTo(404);
    Map<String, String> exchanging = world.exchanging(World.OTHER_CHAT, token);
    exchanging.put("device_id", id);
    assertThat(world.token(key, exchanging).refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void devices_withoutScopeOrTooLong_areRefused() {
    String token = world.tokens(key, World.CHAT, "openid chat.read").text("access_token");
    assertThat(world.api(key, "GET", "/v1/devices", token, null).refusal())
        .isEqualTo("403 insufficient_scope");
    String writing = world.tokens(key, World.CHAT, SCOPES).text("access_token");
    assertThat(world.api(key, "POST", "/v1/devices", writing, "\"" + "x".repeat(17_000)).status())
        .isEqualTo(413);
    assertThat(world.api(key, "POST", "/v1/devices", writing, "[]").status()).isEqualTo(400);
    assertThat(world.api(key, "GET", "/v1/nothing", writing, null).status()).isEqualTo(404);
  }
}
