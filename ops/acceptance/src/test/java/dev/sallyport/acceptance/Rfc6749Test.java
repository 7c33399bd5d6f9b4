package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 6749, The OAuth 2.0 Authorization Framework. */
class Rfc6749Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  /** §5.1. */
  @Test
  void tokens_areNotCached() {
    var answer = rp.token(RelyingParty.redeeming(alice.authorize(rp.asking("openid")).get("code")));
    assertEquals("no-store", answer.header("Cache-Control"));
    assertTrue(String.valueOf(answer.header("Content-Type")).startsWith("application/json"));
  }

  /** §3.2: POST, and each parameter once. */
  @Test
  void tokenEndpoint_takesPostsAlone_andParametersOnce() {
    var endpoint = provider.endpoint("token_endpoint");
    assertNotEquals(
        200, Http.get(URI.create(endpoint + "?grant_type=client_credentials")).status());
    var twice =
        Http.send(
            Http.request(endpoint)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Authorization", Http.basic(rp.clientId(), rp.secret()))
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        "grant_type=authorization_code&code=a&code=b")));
    assertEquals("400 invalid_request", twice.refusal());
  }

  /** §2.3, §5.2. */
  @Test
  void client_thatCannotProveItself_isInvalid() {
    var endpoint = provider.endpoint("token_endpoint");
    var form = RelyingParty.redeeming("x");
    var wrong =
        Http.send(
            Http.form(endpoint, form).header("Authorization", Http.basic(rp.clientId(), "wrong")));
    assertEquals("401 invalid_client", wrong.refusal());
    assertTrue(String.valueOf(wrong.header("WWW-Authenticate")).startsWith("Basic"));
    var both = new HashMap<>(form);
    both.put("client_id", rp.clientId());
    both.put("client_secret", rp.secret());
    assertEquals(
        "400 invalid_request",
        Http.send(
                Http.form(endpoint, both)
                    .header("Authorization", Http.basic(rp.clientId(), rp.secret())))
            .refusal());
    assertEquals("401 invalid_client", Http.post(endpoint, form).refusal());
  }

  /** §5.2, §4.3: passwords are for nobody but this server. */
  @Test
  void grants_unknownOrUnregistered_areRefused() {
    assertEquals(
        "400 unsupported_grant_type",
        rp.token(Map.of("grant_type", "password", "username", "alice", "password", "x")).refusal());
    assertEquals(
        "400 unauthorized_client", rp.token(Map.of("grant_type", "client_credentials")).refusal());
    assertEquals(
        "400 unsupported_grant_type", rp.token(Map.of("grant_type", "implicit")).refusal());
  }

  /** §4.1.3: the same client and the same redirect URI. */
  @Test
  void code_byAnother_isInvalidGrant() {
    var code = alice.authorize(rp.asking("openid")).get("code");
    var other = RelyingParty.register(provider);
    assertEquals("400 invalid_grant", other.token(RelyingParty.redeeming(code)).refusal());
    var elsewhere = RelyingParty.redeeming(code);
    elsewhere.put("redirect_uri", "https://rp.example/elsewhere");
    assertEquals("400 invalid_grant", rp.token(elsewhere).refusal());
    assertEquals(200, rp.token(RelyingParty.redeeming(code)).status(), "neither cost the code");
  }

  /** §3.3. */
  @Test
  void scope_thatTheClientMayNotHave_isInvalid() {
    var asking = rp.asking("openid gateway");
    assertEquals("invalid_scope", alice.authorize(asking).get("error"));
  }

  /** §6: fewer scopes, never more. */
  @Test
  void refresh_narrowsScope_andNeverWidensIt() {
    var tokens = rp.tokens(alice, "openid email offline_access");
    var form = new HashMap<String, String>();
    form.put("grant_type", "refresh_token");
    form.put("refresh_token", tokens.refresh());
    form.put("scope", "openid");
    assertEquals("openid", rp.token(form).ok().get("scope"));
    form.put("scope", "openid phone");
    assertEquals("400 invalid_scope", rp.token(form).refusal());
  }

  /** §4.4.3: and no refresh token. */
  @Test
  void clientCredentials_giveATokenOfTheClient() {
    var machine =
        RelyingParty.register(
            provider,
            Map.of(
                "grant_types",
                List.of("client_credentials"),
                "response_types",
                List.of(),
                "redirect_uris",
                List.of()));
    var answer = machine.token(Map.of("grant_type", "client_credentials")).ok();
    assertFalse(answer.containsKey("refresh_token"));
    assertEquals(
        403,
        Http.get(provider.endpoint("userinfo_endpoint"), Http.text(answer, "access_token"))
            .status());
  }

  /** §4.1.2.1. */
  @Test
  void person_whoRefuses_isAccessDenied() {
    var asking = RelyingParty.register(provider).asking("openid email");
    alice.authorize(rp.asking("openid"));
    var consent = UserAgent.page(alice.open(alice.authorization(asking)));
    var back = UserAgent.back(alice.press(consent, "deny", Map.of()));
    assertEquals("access_denied", back.get("error"));
    assertEquals(asking.get("state"), back.get("state"));
  }
}
