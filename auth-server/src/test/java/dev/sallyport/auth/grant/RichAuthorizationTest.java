package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.detail.AuthorizationDetails;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9396: "this room, these actions". */
class RichAuthorizationTest {

  private static final String SCOPES = "openid profile offline_access chat.read chat.write";
  private static final String ROOM = "0192e4a0-0000-7000-8000-000000000001";
  private static final String OTHER = "0192e4a0-0000-7000-8000-000000000002";
  private static final AuthorizationDetails BOTH =
      new AuthorizationDetails(
          Map.of(ROOM, Set.of("message.read", "message.send"), OTHER, Set.of("message.read")));
  private static final AuthorizationDetails ONE =
      new AuthorizationDetails(Map.of(ROOM, Set.of("message.read")));
  private static final AuthorizationDetails MORE =
      new AuthorizationDetails(Map.of(ROOM, Set.of("message.read", "room.kick")));

  private final World world = World.get();
  private final DpopKey key = world.key();

  private Map<String, String> asking(String clientId, String scope, AuthorizationDetails details) {
    Map<String, String> asking = world.asking(clientId, scope);
    asking.put("authorization_details", details.text());
    return asking;
  }

  private Answer tokens(AuthorizationDetails details) {
    return world.token(
        key,
        world.redeeming(
            World.OTHER_CHAT,
            world.authorize(asking(World.OTHER_CHAT, SCOPES, details)).redirect("code")));
  }

  private static Object claimed(String token) {
    return World.claims(token).getClaim("authorization_details");
  }

  private static void assertLimited(Answer tokens, AuthorizationDetails details) {
    assertThat(tokens.status()).as(tokens.http().body()).isEqualTo(200);
    assertThat(tokens.body().get("authorization_details")).isEqualTo(details.json());
    assertThat(claimed(tokens.text("access_token"))).isEqualTo(details.json());
  }

  @Test
  void details_travelFromTheRequestToTheGatewayToken() {
    Answer tokens = tokens(BOTH);
    assertLimited(tokens, BOTH);
    Answer gateway =
        world.token(key, world.exchanging(World.OTHER_CHAT, tokens.text("access_token")));
    assertLimited(gateway, BOTH);
    assertThat(World.claims(gateway.text("access_token")).getAudience())
        .containsExactly(World.GATEWAY);
    assertThat(
            world
                .get("/.well-known/oauth-authorization-server")
                .body()
                .get("authorization_details_types_supported"))
        .isEqualTo(List.of("sallyport_room"));
  }

  @Test
  void codeRedeemed_withFewer_isNarrowedThatOnce() {
    Map<String, String> form =
        world.redeeming(
            World.OTHER_CHAT,
            world.authorize(asking(World.OTHER_CHAT, SCOPES, BOTH)).redirect("code"));
    form.put("authorization_details", MORE.text());
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_authorization_details");
    form.put("authorization_details", ONE.text());
    Answer narrowed = world.token(key, form);
    assertLimited(narrowed, ONE);
    Answer refreshed = world.refresh(key, World.OTHER_CHAT, narrowed.text("refresh_token"));
    assertLimited(refreshed, BOTH);
  }

  @Test
  void refresh_withFewerOrMore_isNarrowedOrRefusedAndCostsNothing() {
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "refresh_token");
    form.put("client_id", World.OTHER_CHAT);
    form.put("refresh_token", tokens(BOTH).text("refresh_token"));
    form.put("authorization_details", MORE.text());
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_authorization_details");
    form.put("authorization_details", "[]");
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_authorization_details");
    form.put("authorization_details", ONE.text());
    assertLimited(world.token(key, form), ONE);
  }

  @Test
  void exchange_ofAnUnlimitedToken_mayLimitIt() {
    String token = world.tokens(key, World.OTHER_CHAT, SCOPES).text("access_token");
    Map<String, String> form = world.exchanging(World.OTHER_CHAT, token);
    form.put("authorization_details", ONE.text());
    assertLimited(world.token(key, form), ONE);
  }

  @Test
  void exchange_ofALimitedToken_neverWidensIt() {
    Map<String, String> form = world.exchanging(World.OTHER_CHAT, tokens(ONE).text("access_token"));
    form.put("authorization_details", BOTH.text());
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_authorization_details");
    form.remove("authorization_details");
    assertLimited(world.token(key, form), ONE);
  }

  @Test
  void limitedToken_opensUserInfoAndNothingElseHere() {
    String token = tokens(ONE).text("access_token");
    assertThat(world.api(key, "GET", "/userinfo", token, null).status()).isEqualTo(200);
    assertThat(world.api(key, "GET", "/v1/devices", token, null).refusal())
        .isEqualTo("403 insufficient_scope");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no JSON",
        "[{\"type\":\"payment_initiation\"}]",
        "[{\"type\":\"sallyport_room\",\"identifier\":\"*\",\"actions\":[\"message.read\"]}]"
      })
  void unreadable_isRefusedEverywhere(String details) {
    Map<String, String> asking = world.asking(World.OTHER_CHAT, SCOPES);
    asking.put("authorization_details", details);
    assertThat(world.authorize(asking).redirect("error"))
        .isEqualTo("invalid_authorization_details");
    assertThat(world.post("/oauth2/par", asking).refusal())
        .isEqualTo("400 invalid_authorization_details");
    Map<String, String> exchange =
        world.exchanging(
            World.OTHER_CHAT, world.tokens(key, World.OTHER_CHAT, SCOPES).text("access_token"));
    exchange.put("authorization_details", details);
    assertThat(world.token(key, exchange).refusal()).isEqualTo("400 invalid_authorization_details");
  }

  @Test
  void withoutAScopeThatItLimits_isRefused() {
    assertThat(world.authorize(asking(World.OTHER_CHAT, "openid", ONE)).redirect("error"))
        .isEqualTo("invalid_authorization_details");
  }

  /** Whoever has consented to the scopes before is asked again: rooms are not remembered. */
  @Test
  void consent_saysTheRoomAndTheActions_eachTime() {
    world.code(World.CHAT, SCOPES);
    Browser browser = new Browser(world.server.port());
    browser.useSessionCookie(world.cookie());
    String query = "/oauth2/authorize?" + World.form(asking(World.CHAT, SCOPES, BOTH));
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> page = browser.get(query);
      assertThat(page.uri().getPath()).isEqualTo("/consent");
      assertThat(page.body())
          .contains(ROOM, "Receive its messages, send messages for you.", OTHER)
          .contains("And only in");
    }
    HttpResponse<String> unlimited =
        browser.get("/oauth2/authorize?" + World.form(world.asking(World.CHAT, SCOPES)));
    assertThat(unlimited.body()).contains("Receive your messages").doesNotContain("And only in");
    Answer answer = world.authorize(asking(World.CHAT, SCOPES, BOTH));
    assertLimited(world.token(key, world.redeeming(World.CHAT, answer.redirect("code"))), BOTH);
    Map<String, String> silent = asking(World.CHAT, SCOPES, BOTH);
    silent.put("prompt", "none");
    assertThat(world.authorize(silent).redirect("error")).isEqualTo("consent_required");
  }

  @Test
  void device_isAskedForTheRoomsToo() {
    Answer begun =
        world.post(
            "/oauth2/device_authorization",
            Map.of(
                "client_id",
                World.CHAT,
                "scope",
                SCOPES,
                "dpop_jkt",
                key.jkt(),
                "authorization_details",
                BOTH.text()));
    Browser browser = new Browser(world.server.port());
    browser.useSessionCookie(world.cookie());
    HttpResponse<String> confirm =
        browser.press("/device", "continue", "user_code", begun.text("user_code"));
    assertThat(confirm.body()).contains(ROOM, OTHER, "Receive its messages");
    browser.press(confirm, "allow", "answer", "allow", "scope", "chat.read");
    Map<String, String> form = new HashMap<>();
    form.put("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    form.put("client_id", World.CHAT);
    form.put("device_code", begun.text("device_code"));
    form.put("authorization_details", MORE.text());
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_authorization_details");
    form.remove("authorization_details");
    assertLimited(world.token(key, form), BOTH);
  }

  @Test
  void introspection_saysTheLimit() {
    Map<String, String> pushed = new HashMap<>(asking(World.FAPI, "openid chat.read", ONE));
    pushed.put("redirect_uri", "https://bank.example/callback");
    Answer par = world.post("/oauth2/par", world.asserting(world.fapiKey, World.FAPI, pushed));
    assertThat(par.status()).as(par.http().body()).isEqualTo(201);
    Answer code =
        world.browse(
            "/oauth2/authorize?"
                + World.form(
                    Map.of("client_id", World.FAPI, "request_uri", par.text("request_uri"))),
            world.cookie());
    Map<String, String> form = world.redeeming(World.FAPI, code.redirect("code"));
    form.put("redirect_uri", "https://bank.example/callback");
    Answer tokens = world.token(key, world.asserting(world.fapiKey, World.FAPI, form));
    assertLimited(tokens, ONE);
    Answer introspected =
        world.post(
            "/oauth2/introspect",
            world.asserting(
                world.fapiKey, World.FAPI, Map.of("token", tokens.text("access_token"))));
    assertThat(introspected.body().get("active")).isEqualTo(true);
    assertThat(introspected.body().get("authorization_details")).isEqualTo(ONE.json());
    JWTClaimsSet claims = World.claims(tokens.text("access_token"));
    assertThat(claims.getAudience()).containsExactly(World.ISSUER);
  }
}
