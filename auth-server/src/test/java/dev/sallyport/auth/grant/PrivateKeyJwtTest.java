package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** RFC 7523 §2.2 under FAPI 2.0: how gateways and high-stakes clients authenticate. */
class PrivateKeyJwtTest {

  private final World world = World.get();
  private final DpopKey key = world.key();

  private Map<String, String> credentials(String assertion) {
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "client_credentials");
    form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.put("client_assertion", assertion);
    return form;
  }

  private String assertion(ECKey signer, Object audience, String jti) {
    return world.assertion(signer, "chat-gateway", audience, jti);
  }

  @Test
  void gateway_goodAssertion_getsTokenForItsOwnRoutesOnly() throws Exception {
    String jti = UUID.randomUUID().toString();
    Answer answer = world.token(key, credentials(assertion(world.gatewayKey, World.ISSUER, jti)));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
    JWTClaimsSet claims = World.claims(answer.text("access_token"));
    assertThat(claims.getSubject()).isEqualTo("chat-gateway");
    assertThat(claims.getStringClaim("scope")).isEqualTo("gateway");
    assertThat(claims.getClaim("sid")).isNull();
    assertThat(claims.getJSONObjectClaim("cnf")).containsEntry("jkt", key.jkt());
    String token = answer.text("access_token");
    assertThat(world.api(key, "GET", "/v1/policy/bundle", token, null).status()).isEqualTo(200);
    assertThat(world.api(key, "GET", "/v1/devices", token, null).refusal())
        .isEqualTo("403 insufficient_scope");
    assertThat(world.api(key, "GET", "/v1/admin/accounts", token, null).refusal())
        .isEqualTo("403 insufficient_scope");
    assertThat(world.api(key, "GET", "/userinfo", token, null).status()).isEqualTo(403);
  }

  @Test
  void assertion_usedTwice_isRefused() {
    Map<String, String> form =
        credentials(assertion(world.gatewayKey, World.ISSUER, UUID.randomUUID().toString()));
    assertThat(world.token(key, form).status()).isEqualTo(200);
    assertThat(world.token(key, form).refusal()).isEqualTo("401 invalid_client");
  }

  @Test
  void assertion_askingForANonce_isNotSpent() {
    Map<String, String> form =
        credentials(assertion(world.gatewayKey, World.ISSUER, UUID.randomUUID().toString()));
    Answer first =
        world.post(
            "/oauth2/token",
            form,
            "DPoP",
            key.proof("POST", World.ISSUER + "/oauth2/token", null, null));
    assertThat(first.refusal()).isEqualTo("400 use_dpop_nonce");
    assertThat(world.token(key, form).status()).isEqualTo(200);
  }

  @Test
  void assertion_otherAudience_isRefused() {
    for (Object audience :
        List.of(
            World.ISSUER + "/oauth2/token",
            List.of(World.ISSUER),
            List.of(World.ISSUER, "https://other.example"),
            "https://other.example")) {
      String assertion = assertion(world.gatewayKey, audience, UUID.randomUUID().toString());
      assertThat(world.token(key, credentials(assertion)).refusal())
          .as(audience.toString())
          .isEqualTo("401 invalid_client");
    }
  }

  private String assertion(@Nullable String typ, Duration left) throws Exception {
    JWSHeader.Builder header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("gateway");
    SignedJWT jwt =
        new SignedJWT(
            (typ == null ? header : header.type(new JOSEObjectType(typ))).build(),
            new JWTClaimsSet.Builder()
                .issuer("chat-gateway")
                .subject("chat-gateway")
                .claim("aud", World.ISSUER)
                .jwtID(UUID.randomUUID().toString())
                .expirationTime(Date.from(world.clock.instant().plus(left)))
                .build());
    jwt.sign(new ECDSASigner(world.gatewayKey));
    return jwt.serialize();
  }

  @Test
  void assertion_expired_hasNoGrace() throws Exception {
    assertThat(world.token(key, credentials(assertion("JWT", Duration.ofSeconds(1)))).status())
        .isEqualTo(200);
    for (Duration left : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofMinutes(11))) {
      assertThat(world.token(key, credentials(assertion("JWT", left))).refusal())
          .as(left.toString())
          .isEqualTo("401 invalid_client");
    }
  }

  /** FAPI 2.0 §5.3.2.1: clocks differ by seconds, not by minutes. */
  @Test
  void assertion_ofTheFuture_isRefused() throws Exception {
    for (String claim : List.of("iat", "nbf")) {
      for (int seconds : new int[] {8, 60, 61}) {
        SignedJWT jwt =
            new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("gateway").build(),
                new JWTClaimsSet.Builder()
                    .issuer("chat-gateway")
                    .subject("chat-gateway")
                    .claim("aud", World.ISSUER)
                    .jwtID(UUID.randomUUID().toString())
                    .claim(claim, Date.from(world.clock.instant().plusSeconds(seconds)))
                    .expirationTime(Date.from(world.clock.instant().plusSeconds(120)))
                    .build());
        jwt.sign(new ECDSASigner(world.gatewayKey));
        assertThat(world.token(key, credentials(jwt.serialize())).status())
            .as("%s %d", claim, seconds)
            .isEqualTo(seconds > 60 ? 401 : 200);
      }
    }
  }

  @Test
  void assertion_ofAnotherType_isRefused() throws Exception {
    for (String typ : Arrays.asList(null, "JWT", "jwt", "client-authentication+jwt")) {
      assertThat(world.token(key, credentials(assertion(typ, Duration.ofMinutes(1)))).status())
          .as(typ)
          .isEqualTo(200);
    }
    for (String typ : List.of("at+jwt", "dpop+jwt", "secevent+jwt", "device-proof+jwt")) {
      assertThat(world.token(key, credentials(assertion(typ, Duration.ofMinutes(1)))).refusal())
          .as(typ)
          .isEqualTo("401 invalid_client");
    }
  }

  @Test
  void assertion_otherKey_isRefused() throws Exception {
    ECKey other = new ECKeyGenerator(Curve.P_256).keyID("gateway").generate();
    String assertion = assertion(other, World.ISSUER, UUID.randomUUID().toString());
    assertThat(world.token(key, credentials(assertion)).refusal()).isEqualTo("401 invalid_client");
  }

  @Test
  void gateway_withoutProofOrOtherScope_isRefused() {
    Map<String, String> form =
        credentials(assertion(world.gatewayKey, World.ISSUER, UUID.randomUUID().toString()));
    assertThat(world.post("/oauth2/token", form).refusal()).isEqualTo("400 invalid_dpop_proof");
    form = credentials(assertion(world.gatewayKey, World.ISSUER, UUID.randomUUID().toString()));
    form.put("scope", "admin");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_scope");
  }

  @Test
  void client_byAnotherWayThanRegistered_isRefused() {
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "client_credentials");
    form.put("client_id", "chat-gateway");
    assertThat(world.token(key, form).refusal()).isEqualTo("401 invalid_client");
    form.put("client_secret", "x".repeat(43));
    assertThat(world.token(key, form).refusal()).isEqualTo("401 invalid_client");
    form.putAll(
        credentials(assertion(world.gatewayKey, World.ISSUER, UUID.randomUUID().toString())));
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_request");
  }
}
