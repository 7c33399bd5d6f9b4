package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 8628, Device Authorization Grant. */
class Rfc8628Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private static final String GRANT = "urn:ietf:params:oauth:grant-type:device_code";

  private final RelyingParty television =
      RelyingParty.register(
          provider,
          Map.of(
              "grant_types", List.of(GRANT),
              "response_types", List.of(),
              "redirect_uris", List.of()));

  private Map<String, Object> begin() {
    return television
        .authenticated(
            provider.endpoint("device_authorization_endpoint"), Map.of("scope", "openid email"))
        .ok();
  }

  private Http.Answer poll(Map<String, Object> begun) {
    return television.token(
        Map.of("grant_type", GRANT, "device_code", Http.text(begun, "device_code")));
  }

  private void answer(Map<String, Object> begun, String button) {
    var typed =
        UserAgent.page(alice.visit(URI.create(Http.text(begun, "verification_uri_complete"))));
    var asked = UserAgent.page(alice.press(typed, "continue", Map.of()));
    alice.press(asked, button, Map.of());
  }

  /** §3.2. */
  @Test
  void device_isToldWhatToShow() {
    var begun = begin();
    assertTrue(Http.text(begun, "verification_uri").startsWith(provider.issuer()));
    assertTrue(
        Http.text(begun, "verification_uri_complete").contains(Http.text(begun, "user_code")));
    assertTrue(Long.parseLong(Http.text(begun, "expires_in")) > 0);
    assertEquals("5", Http.text(begun, "interval"));
  }

  /** §3.5. */
  @Test
  void device_thatAsksTooOften_isToldToSlowDown() {
    var begun = begin();
    assertEquals("400 authorization_pending", poll(begun).refusal());
    assertEquals("400 slow_down", poll(begun).refusal());
  }

  /** §3.4, §3.5: once. */
  @Test
  void device_getsTokensOnceThePersonAllows() {
    var begun = begin();
    answer(begun, "allow");
    var tokens = poll(begun).ok();
    assertTrue(tokens.containsKey("id_token"));
    var userInfo = provider.endpoint("userinfo_endpoint");
    assertEquals(200, Http.get(userInfo, Http.text(tokens, "access_token")).status());
    assertEquals("400 invalid_grant", poll(begun).refusal());
    assertEquals(
        401,
        Http.get(userInfo, Http.text(tokens, "access_token")).status(),
        "what was given ends with a second use");
  }

  /** §3.5. */
  @Test
  void device_refused_isAccessDenied() {
    var begun = begin();
    answer(begun, "deny");
    assertEquals("400 access_denied", poll(begun).refusal());
  }

  /** §3.4. */
  @Test
  void deviceCode_unknownOrOfAnother_isInvalidGrant() {
    assertEquals(
        "400 invalid_grant",
        television.token(Map.of("grant_type", GRANT, "device_code", "nonsense")).refusal());
    assertEquals(
        "400 unauthorized_client",
        rp.authenticated(provider.endpoint("device_authorization_endpoint"), Map.of()).refusal());
  }
}
