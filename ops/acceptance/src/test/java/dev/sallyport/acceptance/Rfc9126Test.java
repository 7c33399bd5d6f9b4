package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 9126, Pushed Authorization Requests. */
class Rfc9126Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private final URI endpoint = provider.endpoint("pushed_authorization_request_endpoint");

  private Http.Answer push(Map<String, String> asking) {
    return rp.authenticated(endpoint, asking);
  }

  private Map<String, String> referring(String requestUri) {
    return Map.of("client_id", rp.clientId(), "request_uri", requestUri);
  }

  /** §2.2, §4. */
  @Test
  void request_pushed_isTheRequest() {
    var asking = rp.asking("openid");
    var pushed = push(asking);
    assertEquals(201, pushed.status());
    assertEquals("no-store", pushed.header("Cache-Control"));
    assertTrue(pushed.text("request_uri").startsWith("urn:ietf:params:oauth:request_uri:"));
    assertTrue(Long.parseLong(pushed.text("expires_in")) > 0);
    var back = alice.authorize(referring(pushed.text("request_uri")));
    assertEquals(asking.get("state"), back.get("state"));
    assertEquals(200, rp.token(RelyingParty.redeeming(back.get("code"))).status());
  }

  /** §4, §7.3: once, and by its client. */
  @Test
  void requestUri_isGoodOnce_forItsClientAlone() {
    var uri = push(rp.asking("openid")).text("request_uri");
    var other = RelyingParty.register(provider);
    var page =
        UserAgent.page(
            alice.visit(
                alice.authorization(Map.of("client_id", other.clientId(), "request_uri", uri))));
    assertEquals(400, page.status());
    alice.authorize(referring(uri));
    assertEquals(400, UserAgent.page(alice.visit(alice.authorization(referring(uri)))).status());
  }

  /** §2.1, §2.3: faults are told where it is pushed. */
  @Test
  void request_withAFault_isRefusedAtOnce() {
    for (var fault :
        Map.of(
                "redirect_uri", "https://evil.example/",
                "scope", "openid gateway",
                "response_type", "nonsense",
                "request_uri", "urn:ietf:params:oauth:request_uri:x")
            .entrySet()) {
      var asking = rp.asking("openid");
      asking.put(fault.getKey(), fault.getValue());
      assertEquals(400, push(asking).status(), fault.toString());
    }
    assertEquals("401 invalid_client", Http.post(endpoint, rp.asking("openid")).refusal());
  }

  /** §6. */
  @Test
  void client_thatMustPush_isRefusedOtherwise() {
    var strict =
        RelyingParty.register(provider, Map.of("require_pushed_authorization_requests", true));
    assertEquals("invalid_request", alice.authorize(strict.asking("openid")).get("error"));
  }

  /** §4: what is beside the reference means nothing, neither type nor mode. */
  @Test
  void parametersBesideTheReference_meanNothing() {
    var asking = rp.asking("openid");
    var sent = new HashMap<>(referring(push(asking).text("request_uri")));
    sent.put("response_type", "id_token token");
    sent.put("response_mode", "fragment");
    sent.put("state", "another");
    var back = alice.authorize(sent);
    assertEquals(UserAgent.By.QUERY, back.by());
    assertEquals(Set.of("code", "state", "iss"), back.parameters().keySet());
    assertEquals(asking.get("state"), back.get("state"));
  }

  /** And for tokens without a code the pushed request says so. */
  @Test
  void implicitRequest_pushed_answersInTheFragment() {
    var browserApp =
        RelyingParty.register(
            provider,
            Map.of("grant_types", List.of("implicit"), "response_types", List.of("id_token")));
    var asking = browserApp.asking("openid", "id_token");
    var uri = browserApp.authenticated(endpoint, asking).text("request_uri");
    var back = alice.authorize(Map.of("client_id", browserApp.clientId(), "request_uri", uri));
    assertEquals(UserAgent.By.FRAGMENT, back.by());
    browserApp.checkedIdToken(back.get("id_token"), asking.get("nonce"));
  }
}
