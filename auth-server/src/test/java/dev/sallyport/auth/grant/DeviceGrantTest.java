package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** RFC 8628, over HTTP, with a person at a page. */
class DeviceGrantTest {

  private static final String SCOPES = "openid offline_access chat.read chat.write";

  private final World world = World.get();
  private final DpopKey key = world.key();

  /** Who has not used up attempts: alice, signed in since the world began. */
  private final Browser browser = new Browser(world.server.port());

  DeviceGrantTest() {
    browser.useSessionCookie(world.cookie());
  }

  private Answer begin(DpopKey by, Map<String, String> form) {
    return world.post(
        "/oauth2/device_authorization",
        form,
        "DPoP",
        by.proof("POST", World.ISSUER + "/oauth2/device_authorization", world.nonce(), null));
  }

  private Answer begin() {
    return begin(key, Map.of("client_id", World.CHAT, "scope", SCOPES));
  }

  private Answer poll(DpopKey by, Answer begun) {
    return world.token(by, polling(begun));
  }

  private static Map<String, String> polling(Answer begun) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    form.put("client_id", World.CHAT);
    form.put("device_code", begun.text("device_code"));
    return form;
  }

  private HttpResponse<String> enter(Answer begun) {
    return browser.press("/device", "continue", "user_code", begun.text("user_code"));
  }

  private HttpResponse<String> allow(Answer begun) {
    return browser.press(enter(begun), "allow", "answer", "allow", "scope", SCOPES.split(" ")[0]);
  }

  @Test
  void begin_answersWithCodesAndTheWayToThePage() {
    Answer begun = begin();
    assertThat(begun.status()).as(begun.http().body()).isEqualTo(200);
    assertThat(begun.header("Cache-Control")).contains("no-store");
    assertThat(begun.text("user_code"))
        .matches("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}");
    assertThat(begun.text("verification_uri")).isEqualTo(World.ISSUER + "/device");
    assertThat(begun.text("verification_uri_complete"))
        .isEqualTo(World.ISSUER + "/device?user_code=" + begun.text("user_code"));
    assertThat(begun.text("expires_in")).isEqualTo("600");
    assertThat(begun.text("interval")).isEqualTo("5");
    assertThat(world.get("/.well-known/openid-configuration").text("device_authorization_endpoint"))
        .isEqualTo(World.ISSUER + "/oauth2/device_authorization");
  }

  @Test
  void device_fromCodeToTokens() {
    Answer begun = begin();
    assertThat(poll(key, begun).refusal()).isEqualTo("400 authorization_pending");
    assertThat(poll(key, begun).refusal()).isEqualTo("400 slow_down");
    // the link fills the code in, and no more
    HttpResponse<String> page = browser.get("/device?user_code=" + begun.text("user_code"));
    assertThat(page.body()).contains("value=\"" + begun.text("user_code") + "\"");
    HttpResponse<String> confirm = enter(begun);
    assertThat(confirm.uri().getPath()).isEqualTo("/device/confirm");
    assertThat(Browser.text(confirm, "client")).contains("Sallyport demo");
    assertThat(Browser.text(confirm, "user-code")).contains(begun.text("user_code"));
    assertThat(confirm.body()).contains("127.0.0.1", "Receive your messages", "Java-http-client");
    HttpResponse<String> done =
        browser.press(confirm, "allow", "answer", "allow", "scope", "offline_access");
    assertThat(done.body()).contains("Your device is in");
    world.clock.pass(Duration.ofSeconds(11));
    Answer tokens = poll(key, begun);
    assertThat(tokens.status()).as(tokens.http().body()).isEqualTo(200);
    assertThat(tokens.text("token_type")).isEqualTo("DPoP");
    // openid is hidden in the form, and the box that was ticked
    assertThat(tokens.text("scope")).isEqualTo("offline_access");
    JWTClaimsSet claims = World.claims(tokens.text("access_token"));
    assertThat(claims.getClaim("acr")).isEqualTo("urn:sallyport:acr:2fa");
    assertThat(world.refresh(key, World.CHAT, tokens.text("refresh_token")).status())
        .isEqualTo(200);
    // once: and the second time ends what the first gave
    assertThat(poll(key, begun).refusal()).isEqualTo("400 invalid_grant");
    assertThat(world.refresh(key, World.CHAT, tokens.text("refresh_token")).refusal())
        .isEqualTo("400 invalid_grant");
  }

  @Test
  void tokens_haveASessionOfTheirOwn_whichItsOwnerEnds() throws Exception {
    Answer begun = begin();
    allow(begun);
    Answer tokens = poll(key, begun);
    JWTClaimsSet claims = World.claims(tokens.text("id_token"));
    String sid = claims.getStringClaim("sid");
    Sessions sessions = world.server.bean(Sessions.class);
    assertThat(sessions.live(sid).orElseThrow().userAgent()).startsWith("Sallyport demo: ");
    assertThat(browser.get("/account").body()).contains(sid);
    sessions.revoke(sid, Initiator.USER);
    assertThat(world.api(key, "GET", "/userinfo", tokens.text("access_token"), null).status())
        .isEqualTo(401);
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/account");
  }

  @Test
  void deny_tellsTheDevice() {
    Answer begun = begin();
    HttpResponse<String> done = browser.press(enter(begun), "deny", "answer", "deny");
    assertThat(done.body()).contains("Refused");
    assertThat(poll(key, begun).refusal()).isEqualTo("400 access_denied");
  }

  @Test
  void key_isFixedAtTheBeginning() {
    assertThat(
            world
                .post(
                    "/oauth2/device_authorization",
                    Map.of("client_id", World.CHAT, "scope", SCOPES))
                .refusal())
        .isEqualTo("400 invalid_dpop_proof");
    DpopKey other = world.key();
    assertThat(
            begin(other, Map.of("client_id", World.CHAT, "scope", SCOPES, "dpop_jkt", key.jkt()))
                .refusal())
        .isEqualTo("400 invalid_dpop_proof");
    Answer begun =
        world.post(
            "/oauth2/device_authorization",
            Map.of("client_id", World.CHAT, "scope", SCOPES, "dpop_jkt", key.jkt()));
    allow(begun);
    assertThat(poll(other, begun).refusal()).isEqualTo("400 invalid_grant");
    assertThat(poll(key, begun).status()).isEqualTo(200);
  }

  @Test
  void begin_notRegisteredOrTooMuchScope_isRefused() {
    assertThat(begin(key, Map.of("client_id", World.OTHER_CHAT, "scope", "openid")).refusal())
        .isEqualTo("400 unauthorized_client");
    assertThat(begin(key, Map.of("client_id", World.CHAT, "scope", "gateway")).refusal())
        .isEqualTo("400 invalid_scope");
    assertThat(begin(key, Map.of("client_id", World.CHAT)).refusal())
        .isEqualTo("400 invalid_scope");
    assertThat(
            world
                .token(
                    key,
                    Map.of(
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:device_code",
                        "client_id",
                        World.CHAT))
                .refusal())
        .isEqualTo("400 invalid_request");
  }

  @Test
  void deviceCode_isNoAuthorizationCodeAndNoneIsADeviceCode() {
    Answer begun = begin();
    allow(begun);
    assertThat(world.token(key, world.redeeming(World.CHAT, begun.text("device_code"))).refusal())
        .isEqualTo("400 invalid_grant");
    Map<String, String> form = polling(begun);
    form.put("device_code", world.code(World.CHAT, "openid"));
    assertThat(world.token(key, form).refusal()).isEqualTo("400 invalid_grant");
    assertThat(poll(key, begun).status()).isEqualTo(200);
  }

  @Test
  void approver_signedOutBeforeTheDeviceComes_letsNothingIn() {
    World.Visitor bob = world.visitor();
    Answer begun = begin();
    HttpResponse<String> confirm =
        bob.browser().press("/device", "continue", "user_code", begun.text("user_code"));
    bob.browser().press(confirm, "allow", "answer", "allow");
    bob.browser().press("/account", "sign-out");
    assertThat(poll(key, begun).refusal()).isEqualTo("400 access_denied");
    assertThat(poll(key, begun).refusal()).isEqualTo("400 invalid_grant");
  }

  @Test
  void page_withoutSignIn_sendsThereAndComesBackWithTheCode() throws Exception {
    Browser stranger = new Browser(world.server.port());
    HttpResponse<String> login = stranger.get("/device?user_code=BCDF-GHJK");
    assertThat(login.uri().getPath()).isEqualTo("/login");
    assertThat(stranger.cookies()).contains("SALLYPORT_AUTH_NEXT");
  }

  @Test
  void confirm_ofARequestNotEnteredHere_answersNothing() {
    Answer begun = begin();
    HttpResponse<String> confirm = enter(begun);
    Answer another = begin();
    // another tab enters another code: the first tab's page must not answer that one
    enter(another);
    assertThat(browser.press(confirm, "allow", "answer", "allow").body()).contains("Too late");
    assertThat(poll(key, begun).refusal()).isEqualTo("400 authorization_pending");
    assertThat(poll(key, another).refusal()).isEqualTo("400 authorization_pending");
    World.Visitor bob = world.visitor();
    assertThat(bob.browser().get("/device/confirm").uri().getPath()).isEqualTo("/device");
  }

  @Test
  void webClient_authenticatesAndMayDoWithoutAKey() {
    String id = "printer" + UUID.randomUUID();
    String secret =
        ((Registration.Registered)
                world
                    .server
                    .bean(Clients.class)
                    .register(
                        new Client(
                            id,
                            "Printer",
                            SecurityProfile.WEB,
                            ClientAuthentication.CLIENT_SECRET_BASIC,
                            null,
                            Set.of(),
                            Set.of(GrantType.DEVICE_CODE),
                            Set.of("openid", "profile"),
                            "RS256",
                            true)))
            .secret();
    String basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8));
    assertThat(
            world
                .post("/oauth2/device_authorization", Map.of("client_id", id, "scope", "openid"))
                .refusal())
        .isEqualTo("401 invalid_client");
    Answer begun =
        world.post(
            "/oauth2/device_authorization",
            Map.of("scope", "openid profile"),
            "Authorization",
            basic);
    allow(begun);
    Map<String, String> form = polling(begun);
    form.remove("client_id");
    Answer tokens = world.post("/oauth2/token", form, "Authorization", basic);
    assertThat(tokens.status()).as(tokens.http().body()).isEqualTo(200);
    assertThat(tokens.text("token_type")).isEqualTo("Bearer");
    assertThat(tokens.body()).doesNotContainKey("refresh_token");
  }
}
