package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.PlainHeader;
import com.nimbusds.jose.PlainObject;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.client.SecurityProfile;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Request objects by value (RFC 9101). */
class RequestObjectTest {

  private static final String CLIENT = "signing-app";

  private static final World world = World.get();
  private static ECKey key;

  @BeforeAll
  static void register() throws JOSEException {
    key = new ECKeyGenerator(Curve.P_256).keyID("app").generate();
    Registration registration =
        world
            .server
            .bean(Clients.class)
            .register(
                new Client(
                    CLIENT,
                    "Signing app",
                    SecurityProfile.CHAT,
                    ClientAuthentication.NONE,
                    new JWKSet(key).toString(true),
                    Set.of("http://127.0.0.1/callback"),
                    Set.of(GrantType.AUTHORIZATION_CODE),
                    Set.of("openid", "profile"),
                    "ES256",
                    false));
    assertThat(registration).isInstanceOf(Registration.Registered.class);
  }

  private static Map<String, Object> claims() {
    long now = world.clock.instant().getEpochSecond();
    Map<String, Object> claims = new LinkedHashMap<>(world.asking(CLIENT, "openid"));
    claims.put("iss", CLIENT);
    claims.put("aud", World.ISSUER);
    claims.put("nbf", now);
    claims.put("exp", now + 60);
    return claims;
  }

  private static String signed(Map<String, Object> claims) {
    return signed(claims, key, "oauth-authz-req+jwt");
  }

  private static String signed(Map<String, Object> claims, ECKey by, @Nullable String type) {
    JWSHeader.Builder header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("app");
    if (type != null) {
      header.type(new JOSEObjectType(type));
    }
    JWSObject jws = new JWSObject(header.build(), new Payload(claims));
    try {
      jws.sign(new ECDSASigner(by));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jws.serialize();
  }

  private static Map<String, String> beside(String object) {
    Map<String, String> beside = new HashMap<>();
    beside.put("client_id", CLIENT);
    beside.put("response_type", "code");
    beside.put("redirect_uri", World.REDIRECT);
    beside.put("state", "outer");
    beside.put("request", object);
    return beside;
  }

  private static Answer authorize(Map<String, String> parameters) {
    return world.browse("/oauth2/authorize?" + World.form(parameters), world.cookie());
  }

  private static void refused(String object) {
    assertThat(authorize(beside(object)).redirect())
        .containsEntry("error", "invalid_request_object")
        .containsEntry("state", "outer")
        .containsEntry("iss", World.ISSUER);
    assertThat(world.post("/oauth2/par", Map.of("client_id", CLIENT, "request", object)).refusal())
        .isEqualTo("400 invalid_request_object");
  }

  @ParameterizedTest
  @ValueSource(strings = {"oauth-authz-req+jwt", "JWT", ""})
  void request_signed_isTheWholeRequest(String type) {
    Map<String, Object> claims = claims();
    claims.put("max_age", 3600 * 24 * 365);
    claims.put("claims", Map.of("id_token", Map.of("name", Map.of("essential", true))));
    Map<String, String> asking = beside(signed(claims, key, type.isEmpty() ? null : type));
    asking.put("nonce", "outer");
    asking.put("scope", "openid admin");
    Map<String, String> redirect = authorize(asking).redirect();
    assertThat(redirect).containsEntry("state", "s t&ate").containsKey("code");
    Answer tokens =
        world.token(world.key(), world.redeeming(CLIENT, redirect.getOrDefault("code", "")));
    JWTClaimsSet idToken = World.claims(tokens.text("id_token"));
    assertThat(idToken.getClaims()).containsEntry("nonce", "n-1").containsKey("name");
    assertThat(tokens.text("scope")).isEqualTo("openid");
  }

  @Test
  void request_alone_isEnough_byGetAndPost() {
    Map<String, String> asking = Map.of("client_id", CLIENT, "request", signed(claims()));
    assertThat(authorize(asking).redirect()).containsKey("code");
    Answer posted = world.post("/oauth2/authorize", asking);
    assertThat(posted.status()).isEqualTo(303);
    assertThat(posted.header("Location").orElse(""))
        .startsWith("/oauth2/authorize?")
        .contains("request=")
        .doesNotContain("nonce=");
  }

  @Test
  void request_pushed_isTheWholeRequest() {
    Answer pushed =
        world.post(
            "/oauth2/par",
            Map.of("client_id", CLIENT, "request", signed(claims()), "state", "outer"));
    assertThat(
            authorize(Map.of("client_id", CLIENT, "request_uri", pushed.text("request_uri")))
                .redirect())
        .containsEntry("state", "s t&ate")
        .containsKey("code");
  }

  @Test
  void request_whoSignsInFirst_isNotTooLate() {
    World.Visitor visitor = world.visitor();
    Map<String, Object> claims = claims();
    claims.put("prompt", "login");
    String path =
        "/oauth2/authorize?" + World.form(Map.of("client_id", CLIENT, "request", signed(claims)));
    visitor.browser().get(path);
    world.clock.pass(Duration.ofMinutes(2));
    assertThat(visitor.signIn().headers().firstValue("Location").orElse("")).contains("code=");
    assertThat(world.browse(path, visitor.cookie()).header("Location").orElse("")).isEmpty();
  }

  @Test
  void request_notByThisClientForThisServerNow_isRefused() throws Exception {
    refused(signed(claims(), new ECKeyGenerator(Curve.P_256).keyID("app").generate(), "JWT"));
    refused(signed(claims(), key, "at+jwt"));
    refused(new PlainObject(new PlainHeader(), new Payload(claims())).serialize());
    for (Map<String, Object> change :
        List.<Map<String, Object>>of(
            Map.of("iss", "other"),
            Map.of("aud", "https://other.example"),
            Map.of("sub", CLIENT),
            Map.of("client_id", World.CHAT),
            Map.of("request", "x"),
            Map.of("request_uri", "urn:x"),
            Map.of("exp", world.clock.instant().getEpochSecond() - 1),
            Map.of("exp", world.clock.instant().getEpochSecond() + 4000),
            Map.of("nbf", world.clock.instant().getEpochSecond() + 100),
            Map.of("nbf", world.clock.instant().getEpochSecond() - 4000),
            Map.of("scope", List.of(1, 2)))) {
      Map<String, Object> claims = claims();
      claims.putAll(change);
      refused(signed(claims));
    }
    Map<String, Object> forever = claims();
    forever.remove("exp");
    refused(signed(forever));
  }

  @Test
  void request_besideAPushedOne_isRefused() {
    Map<String, String> asking = beside(signed(claims()));
    asking.put("request_uri", "urn:ietf:params:oauth:request_uri:x");
    assertThat(authorize(asking).redirect()).containsEntry("error", "invalid_request");
  }

  @Test
  void request_toAForeignPlace_isShownOnAPage() {
    Map<String, Object> claims = claims();
    claims.put("redirect_uri", "https://evil.example/");
    assertThat(authorize(beside(signed(claims))).status()).isEqualTo(400);
  }

  @Test
  void read_anyText_isRefusedOrRead() {
    RequestObjects objects = world.server.bean(RequestObjects.class);
    Client client = world.server.bean(Clients.class).find(CLIENT).orElseThrow();
    long seed = 20261123;
    Random random = new Random(seed);
    String good = signed(claims());
    for (int i = 0; i < 2_000; i++) {
      StringBuilder text = new StringBuilder(good);
      for (int j = random.nextInt(4); j >= 0; j--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, (char) random.nextInt(0x180));
          case 1 -> text.deleteCharAt(at);
          default -> text.insert(at, (char) (' ' + random.nextInt(95)));
        }
      }
      if (!isSame(text.toString(), good)) {
        assertThat(objects.read(text.toString(), client, world.clock.instant()))
            .as("seed %d, round %d", seed, i)
            .isInstanceOf(RequestObjects.Reading.Refused.class);
      }
    }
  }

  /** Whether one text is the other, but for how the bytes of the signature are written. */
  private static boolean isSame(String text, String other) {
    int signature = text.lastIndexOf('.') + 1;
    int otherSignature = other.lastIndexOf('.') + 1;
    return text.substring(0, signature).equals(other.substring(0, otherSignature))
        && Arrays.equals(
            new Base64URL(text.substring(signature)).decode(),
            new Base64URL(other.substring(otherSignature)).decode());
  }
}
