package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.nimbusds.jwt.SignedJWT;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 8693, Token Exchange: one's own token for one that the gateway takes. */
class Rfc8693Test {

  private static final String GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
  private static final String GATEWAY = "http://localhost:9100";

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private final PublicParty chat = new PublicParty(provider);

  private Map<String, String> exchanging(String token) {
    var form = new HashMap<String, String>();
    form.put("grant_type", GRANT);
    form.put("subject_token", token);
    form.put("subject_token_type", ACCESS_TOKEN);
    form.put("audience", GATEWAY);
    return form;
  }

  private String token() {
    return Http.text(chat.tokens(alice, "openid chat.read"), "access_token");
  }

  /** §2.2.1. */
  @Test
  void ownToken_givesOneForTheGateway() throws Exception {
    var answer = chat.token(exchanging(token())).ok();
    assertEquals(ACCESS_TOKEN, answer.get("issued_token_type"));
    assertEquals("DPoP", answer.get("token_type"));
    assertEquals("chat.read", answer.get("scope"));
    assertFalse(answer.containsKey("refresh_token"));
    var claims = rp.verified(SignedJWT.parse(Http.text(answer, "access_token")));
    assertEquals(List.of(GATEWAY), claims.getAudience());
    assertEquals(chat.clientId(), claims.getClaim("client_id"));
  }

  /** §2.1, §2.2.2: what is missing, unknown or too much. */
  @Test
  void exchange_ofAnythingElse_isRefused() {
    var token = token();
    for (var fault :
        List.of(
            Map.of("subject_token", "nonsense"),
            Map.of("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
            Map.of("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"))) {
      var form = exchanging(token);
      form.putAll(fault);
      assertEquals("400 invalid_request", chat.token(form).refusal(), fault::toString);
    }
    var elsewhere = exchanging(token);
    elsewhere.put("audience", "https://elsewhere.example");
    assertEquals("400 invalid_target", chat.token(elsewhere).refusal());
    var wider = exchanging(token);
    wider.put("scope", "chat.read chat.write");
    assertEquals("400 invalid_scope", chat.token(wider).refusal());
  }

  /** A gateway token opens nothing here, and is exchanged for nothing. */
  @Test
  void gatewayToken_isNoSubject() {
    var gateway = Http.text(chat.token(exchanging(token())).ok(), "access_token");
    assertEquals("400 invalid_request", chat.token(exchanging(gateway)).refusal());
    assertEquals(401, chat.get(provider.endpoint("userinfo_endpoint"), gateway).status());
  }

  /** Another client's token, by which nobody may act. */
  @Test
  void tokenOfAnotherClient_isRefused() {
    var stranger = new PublicParty(provider);
    var form = exchanging(token());
    var answer = stranger.token(form);
    assertEquals(400, answer.status());
    assertFalse(answer.json().containsKey("access_token"));
  }
}
