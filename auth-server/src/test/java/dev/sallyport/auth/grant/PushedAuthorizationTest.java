package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 9126, which the profile `fapi2` demands. */
class PushedAuthorizationTest {

  private static final String REDIRECT = "https://bank.example/callback";

  private final World world = World.get();
  private final DpopKey key = world.key();

  private Map<String, String> asking() {
    Map<String, String> asking = world.asking(World.FAPI, "openid offline_access chat.read");
    asking.put("redirect_uri", REDIRECT);
    return asking;
  }

  private Answer push(Map<String, String> asking) {
    return world.post(
        "/oauth2/par",
        world.asserting(world.fapiKey, World.FAPI, asking),
        "DPoP",
        key.proof("POST", World.ISSUER + "/oauth2/par", world.nonce(), null));
  }

  private Answer authorize(String requestUri) {
    return world.authorize(Map.of("client_id", World.FAPI, "request_uri", requestUri));
  }

  private Map<String, String> redeeming(String code) {
    Map<String, String> form = world.redeeming(World.FAPI, code);
    form.put("redirect_uri", REDIRECT);
    return world.asserting(world.fapiKey, World.FAPI, form);
  }

  @Test
  void fapi2_pushedRequest_goesAllTheWayAndKeepsItsRefreshToken() {
    Answer pushed = push(asking());
    assertThat(pushed.status()).as(pushed.http().body()).isEqualTo(201);
    Answer answer = authorize(pushed.text("request_uri"));
    assertThat(answer.redirect()).containsEntry("iss", World.ISSUER);
    Answer tokens = world.token(key, redeeming(answer.redirect("code")));
    assertThat(tokens.status()).as(tokens.http().body()).isEqualTo(200);
    for (int i = 0; i < 3; i++) {
      Answer refreshed =
          world.token(
              key,
              world.asserting(
                  world.fapiKey,
                  World.FAPI,
                  Map.of(
                      "grant_type",
                      "refresh_token",
                      "refresh_token",
                      tokens.text("refresh_token"))));
      assertThat(refreshed.text("refresh_token")).isEqualTo(tokens.text("refresh_token"));
    }
    Answer gateway =
        world.token(
            key,
            world.asserting(
                world.fapiKey,
                World.FAPI,
                world.exchanging(World.FAPI, tokens.text("access_token"))));
    assertThat(gateway.status()).as(gateway.http().body()).isEqualTo(200);
  }

  @Test
  void fapi2_requestNotPushed_isRefused() {
    assertThat(world.authorize(asking()).redirect()).containsEntry("error", "invalid_request");
  }

  @Test
  void requestUri_usedTwice_isRefused() {
    String requestUri = push(asking()).text("request_uri");
    assertThat(authorize(requestUri).redirect()).containsKey("code");
    assertThat(authorize(requestUri).status()).isEqualTo(400);
  }

  @Test
  void proofAtThePushedRequest_bindsTheCode() {
    String code = authorize(push(asking()).text("request_uri")).redirect("code");
    assertThat(world.token(world.key(), redeeming(code)).refusal()).isEqualTo("400 invalid_grant");
  }

  @Test
  void dpopJkt_againstTheProof_isRefused() {
    Map<String, String> asking = asking();
    asking.put("dpop_jkt", world.key().jkt());
    assertThat(push(asking).refusal()).isEqualTo("400 invalid_dpop_proof");
  }

  @Test
  void push_withoutChallengeOrClient_isRefused() {
    Map<String, String> asking = asking();
    asking.remove("code_challenge");
    assertThat(push(asking).refusal()).isEqualTo("400 invalid_request");
    assertThat(world.post("/oauth2/par", asking()).refusal()).isEqualTo("401 invalid_client");
  }

  /** FAPI 2.0 §5.3.2.2, also where the client has one redirect URI and wants no ID token. */
  @Test
  void fapi2_withoutRedirectUri_isRefused() {
    for (String scope : new String[] {"openid", "chat.read"}) {
      Map<String, String> asking = asking();
      asking.put("scope", scope);
      asking.remove("redirect_uri");
      assertThat(push(asking).refusal()).as(scope).isEqualTo("400 invalid_request");
    }
  }

  @Test
  void fapi2_emptyRequestUri_isNotAPushedRequest() {
    for (String empty : new String[] {"", " "}) {
      Map<String, String> asking = asking();
      asking.put("request_uri", empty);
      assertThat(world.authorize(asking).redirect())
          .containsEntry("error", "invalid_request")
          .doesNotContainKey("code");
    }
  }

  @Test
  void pushedRequest_unused_isForgottenAfterNinetySeconds() {
    Answer pushed = push(asking());
    assertThat(pushed.text("expires_in")).isEqualTo("90");
    world.clock.pass(Duration.ofSeconds(91));
    assertThat(authorize(pushed.text("request_uri")).status()).isEqualTo(400);
  }

  @Test
  void pushedRequest_thatAPersonCameWith_waitsForTheSignInOnce() {
    String requestUri = push(asking()).text("request_uri");
    String location =
        "/oauth2/authorize?client_id="
            + World.FAPI
            + "&request_uri="
            + URLEncoder.encode(requestUri, StandardCharsets.UTF_8);
    assertThat(world.browse(location, null).header("Location")).contains("/login");
    world.clock.pass(Duration.ofMinutes(9));
    assertThat(world.browse(location, null).header("Location")).contains("/login");
    assertThat(authorize(requestUri).redirect()).containsKey("code");
    String late = push(asking()).text("request_uri");
    world.browse(
        location.replaceFirst("urn.*", URLEncoder.encode(late, StandardCharsets.UTF_8)), null);
    world.clock.pass(Duration.ofMinutes(11));
    assertThat(authorize(late).status()).isEqualTo(400);
  }

  @Test
  void push_moreThanARequestNeeds_isRefused() {
    Map<String, String> asking = asking();
    for (int i = 0; i < 3; i++) {
      asking.put("extra" + i, "x".repeat(2000));
    }
    assertThat(push(asking).refusal()).isEqualTo("400 invalid_request");
  }

  @Test
  void push_byAnyoneNamingAPublicClient_endsAtTheNetworksQuota() {
    Map<String, String> asking = world.asking(World.CHAT, "openid");
    Answer last = world.post("/oauth2/par", asking);
    for (int i = 0; i < 70 && last.status() == 201; i++) {
      last = world.post("/oauth2/par", asking);
    }
    assertThat(last.status()).isEqualTo(429);
    assertThat(last.header("Retry-After")).contains("1");
    assertThat(push(asking()).status()).as("another's quota").isEqualTo(201);
    world.clock.pass(Duration.ofSeconds(1));
    assertThat(world.post("/oauth2/par", asking).status()).isEqualTo(201);
  }
}
