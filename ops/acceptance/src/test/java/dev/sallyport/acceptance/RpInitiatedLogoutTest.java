package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.util.Base64URL;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * OpenID Connect RP-Initiated Logout 1.0, as {@code
 * oidcc-rp-initiated-logout-certification-test-plan} asks for it.
 */
class RpInitiatedLogoutTest {

  private static final String AFTER = "https://rp.example/post_logout_redirect";
  private static final String LONG_STATE = "s".repeat(120) + "~.-_&=%\"";

  private final Provider provider = Provider.get();
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);
  private final RelyingParty rp =
      RelyingParty.register(provider, Map.of("post_logout_redirect_uris", List.of(AFTER)));

  /** Signed in, and what the suite then sends. */
  private Map<String, String> leaving() {
    var leaving = new LinkedHashMap<String, String>();
    leaving.put("id_token_hint", rp.tokens(alice, "openid").text("id_token"));
    leaving.put("post_logout_redirect_uri", AFTER);
    leaving.put("state", LONG_STATE);
    return leaving;
  }

  private UserAgent.Place leave(Map<String, String> parameters) {
    return alice.open(
        URI.create(provider.endpoint("end_session_endpoint") + "?" + Http.encode(parameters)));
  }

  private String silently() {
    var asking = rp.asking("openid");
    asking.put("prompt", "none");
    return alice.authorize(asking).parameters().getOrDefault("error", "signed in");
  }

  /** {@code oidcc-rp-initiated-logout}. */
  @Test
  void logout_endsTheSession_andLeadsBackWithState() {
    var back = UserAgent.back(leave(leaving()));
    assertEquals(URI.create(AFTER), back.target());
    assertEquals(Map.of("state", LONG_STATE), back.parameters());
    assertEquals("login_required", silently());
  }

  /** §2: by POST, too. */
  @Test
  void logout_byPost() {
    var place = alice.post(provider.endpoint("end_session_endpoint"), leaving());
    assertEquals(LONG_STATE, UserAgent.back(place).get("state"));
    assertEquals("login_required", silently());
  }

  /** {@code oidcc-rp-initiated-logout-no-state}. */
  @Test
  void logout_withoutState_leadsBackWithoutOne() {
    var leaving = leaving();
    leaving.remove("state");
    assertEquals(Map.of(), UserAgent.back(leave(leaving)).parameters());
    assertEquals("login_required", silently());
  }

  /** {@code oidcc-rp-initiated-logout-no-post-logout-redirect-uri}: a page says that it is done. */
  @Test
  void logout_withoutRedirectUri_endsOnAPage() {
    var leaving = leaving();
    leaving.remove("post_logout_redirect_uri");
    var page = UserAgent.page(leave(leaving));
    assertEquals(200, page.status());
    assertEquals("/signed-out", page.uri().getPath());
    assertEquals("login_required", silently());
  }

  /**
   * {@code oidcc-rp-initiated-logout-no-params}, {@code -only-state}, {@code -no-id-token-hint}:
   * who knows who asks? The person is asked, and nothing leads away unasked.
   */
  @Test
  void logout_withoutHint_asksThePerson() {
    for (var kept :
        List.of(
            List.<String>of(), List.of("state"), List.of("post_logout_redirect_uri", "state"))) {
      var leaving = leaving();
      leaving.keySet().retainAll(kept);
      var page = UserAgent.page(leave(leaving));
      assertNotEquals(500, page.status());
      if (page.status() == 200) {
        assertTrue(page.body().contains("confirm-sign-out"), page.body());
      }
      assertEquals("signed in", silently());
    }
  }

  /** §2: the person says yes; with `client_id` the redirect URI is known to be this client's. */
  @Test
  void logout_confirmed_leadsBackToTheClientNamed() {
    var leaving = leaving();
    leaving.remove("id_token_hint");
    leaving.put("client_id", rp.clientId());
    var page = UserAgent.page(leave(leaving));
    var back = UserAgent.back(alice.press(page, "confirm-sign-out", Map.of()));
    assertEquals(URI.create(AFTER), back.target());
    assertEquals(LONG_STATE, back.get("state"));
    assertEquals("login_required", silently());
  }

  /**
   * {@code oidcc-rp-initiated-logout-bad-post-logout-redirect-uri}, {@code
   * -query-added-to-post-logout-redirect-uri}.
   */
  @Test
  void logout_toAnotherUri_endsOnAPage() {
    for (var wrong : List.of("https://rp.example/other", AFTER + "?foo=bar")) {
      var leaving = leaving();
      leaving.put("post_logout_redirect_uri", wrong);
      assertEquals(400, UserAgent.page(leave(leaving)).status());
    }
  }

  /**
   * {@code oidcc-rp-initiated-logout-bad-id-token-hint}, {@code -modified-id-token-hint}: one
   * without signature is none.
   */
  @Test
  void logout_withABadHint_leadsNowhere() {
    var leaving = leaving();
    var parts = leaving.getOrDefault("id_token_hint", "").split("\\.", -1);
    for (var bad :
        List.of(
            Base64URL.encode("{\"alg\":\"none\"}") + "." + parts[1] + ".",
            parts[0] + "." + parts[1] + "." + "A".repeat(parts[2].length()),
            "nonsense")) {
      leaving.put("id_token_hint", bad);
      var page = UserAgent.page(leave(leaving));
      assertTrue(page.status() == 400 || page.body().contains("confirm-sign-out"), page.body());
      assertEquals("signed in", silently());
    }
  }
}
