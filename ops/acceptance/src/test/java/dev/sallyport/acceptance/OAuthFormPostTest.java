package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sallyport.acceptance.UserAgent.By;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * OAuth 2.0 Form Post Response Mode, as {@code oidcc-formpost-basic-certification-test-plan} asks
 * for it: the modules of the Basic plan, with {@code response_mode=form_post}.
 */
class OAuthFormPostTest {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private Map<String, String> asking(String scope) {
    var asking = rp.asking(scope);
    asking.put("response_mode", "form_post");
    return asking;
  }

  /** {@code oidcc-server}: a POST of a form to the redirect URI, whose query stays empty. */
  @Test
  void code_comesInAForm() {
    var asking = asking("openid");
    var back = alice.authorize(asking);
    assertEquals(By.FORM_POST, back.by());
    assertEquals(URI.create(RelyingParty.REDIRECT), back.target());
    assertEquals(asking.get("state"), back.get("state"));
    assertEquals(provider.issuer(), back.get("iss"));
    assertEquals(200, rp.token(RelyingParty.redeeming(back.get("code"))).status());
  }

  /** {@code oidcc-response-type-missing}, {@code oidcc-prompt-none-not-logged-in}. */
  @Test
  void errors_comeInAForm() {
    var missing = asking("openid");
    missing.remove("response_type");
    var back = alice.authorize(missing);
    assertEquals(By.FORM_POST, back.by());
    assertEquals("invalid_request", back.get("error"));
    var silent = asking("openid");
    silent.put("prompt", "none");
    back = new UserAgent(provider, Provider.BOB).authorize(silent);
    assertEquals(By.FORM_POST, back.by());
    assertEquals("login_required", back.get("error"));
    assertEquals(silent.get("state"), back.get("state"));
  }

  /** {@code oidcc-redirect-uri-query-OK}. */
  @Test
  void redirectUri_withAQuery_keepsIt() {
    var queried =
        RelyingParty.register(
            provider, Map.of("redirect_uris", List.of(RelyingParty.REDIRECT + "?a=1&b=%22")));
    var asking = queried.asking("openid");
    asking.put("response_mode", "form_post");
    asking.put("redirect_uri", RelyingParty.REDIRECT + "?a=1&b=%22");
    var back = alice.authorize(asking);
    assertEquals(URI.create(RelyingParty.REDIRECT + "?a=1&b=%22"), back.target());
  }

  /** {@code oidcc-formpost-implicit}: tokens, too. */
  @Test
  void idToken_comesInAForm() {
    var browserApp =
        RelyingParty.register(
            provider,
            Map.of("grant_types", List.of("implicit"), "response_types", List.of("id_token")));
    var asking = browserApp.asking("openid", "id_token");
    asking.put("response_mode", "form_post");
    var back = alice.authorize(asking);
    assertEquals(By.FORM_POST, back.by());
    browserApp.checkedIdToken(back.get("id_token"), asking.get("nonce"));
    assertFalse(back.parameters().containsKey("code"));
  }

  /** A redirect URI that is not the client's is posted to no more than redirected to. */
  @Test
  void redirectUri_notRegistered_endsOnAPage() {
    var asking = asking("openid");
    asking.put("redirect_uri", "https://evil.example/");
    assertEquals(400, UserAgent.page(alice.open(alice.authorization(asking))).status());
  }
}
