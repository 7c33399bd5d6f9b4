package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.client.DpopKey;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 9449, Demonstrating Proof of Possession. */
class Rfc9449Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private final PublicParty chat = new PublicParty(provider);
  private final URI tokenEndpoint = provider.endpoint("token_endpoint");
  private final URI userInfo = provider.endpoint("userinfo_endpoint");

  private Map<String, String> redeeming() {
    var form = new HashMap<>(chat.redeeming(alice.authorize(chat.asking("openid")).get("code")));
    form.put("client_id", chat.clientId());
    return form;
  }

  /** §5, §6.1, §7.1. */
  @Test
  void token_isBoundToTheKey() throws Exception {
    var answer = chat.tokens(alice, "openid");
    assertEquals("DPoP", answer.get("token_type"));
    var token = Http.text(answer, "access_token");
    assertEquals(
        Map.of("jkt", chat.key.thumbprint()),
        rp.verified(SignedJWT.parse(token)).getJSONObjectClaim("cnf"));
    assertEquals(200, chat.get(userInfo, token).status());
    assertEquals(401, Http.get(userInfo, token).status(), "as a bearer token");
    var thief = DpopKey.generate();
    assertEquals(
        401, chat.get(userInfo, token, thief.proof("GET", userInfo, token, chat.nonce())).status());
    assertEquals(
        401,
        chat.get(userInfo, token, chat.key.proof("GET", userInfo, "another", chat.nonce()))
            .status(),
        "ath");
  }

  /** §8: a nonce of the server, for clients whose profile wants it. */
  @Test
  void proof_withoutNonce_isAskedForOne() {
    var answer =
        chat.once(tokenEndpoint, redeeming(), chat.key.proof("POST", tokenEndpoint, null, null));
    assertEquals("400 use_dpop_nonce", answer.refusal());
    assertNotNull(answer.header("DPoP-Nonce"));
  }

  /** §4.3, §11.1: of another method or place, twice, or none at all. */
  @Test
  void proof_thatWillNotDo_isRefused() {
    var form = redeeming();
    var nonce = chat.nonce();
    for (var proof :
        List.of(
            chat.key.proof("GET", tokenEndpoint, null, nonce),
            chat.key.proof("POST", userInfo, null, nonce),
            "nonsense")) {
      assertEquals("400 invalid_dpop_proof", chat.once(tokenEndpoint, form, proof).refusal());
    }
    assertEquals("400 invalid_dpop_proof", Http.post(tokenEndpoint, form).refusal());
    var once = chat.key.proof("POST", tokenEndpoint, null, chat.nonce());
    assertEquals(200, chat.once(tokenEndpoint, form, once).status());
    assertEquals("400 invalid_dpop_proof", chat.once(tokenEndpoint, form, once).refusal());
  }

  /** §10: the code is bound to the key that the request named. */
  @Test
  void code_boundToAKey_isForNoOther() {
    var asking = chat.asking("openid");
    asking.put("dpop_jkt", DpopKey.generate().thumbprint());
    var form = chat.redeeming(alice.authorize(asking).get("code"));
    assertEquals("400 invalid_grant", chat.token(form).refusal());
  }

  /** §5: refresh tokens of public clients are bound, too. */
  @Test
  void refreshToken_byAnotherKey_isRefused() {
    var tokens = chat.tokens(alice, "openid offline_access");
    var form = new HashMap<String, String>();
    form.put("grant_type", "refresh_token");
    form.put("refresh_token", Http.text(tokens, "refresh_token"));
    form.put("client_id", chat.clientId());
    var thief = DpopKey.generate();
    assertEquals(
        "400 invalid_grant",
        chat.once(tokenEndpoint, form, thief.proof("POST", tokenEndpoint, null, chat.nonce()))
            .refusal());
    assertEquals(200, chat.token(form).status());
  }

  /** §5.1, §5.2. */
  @Test
  void metadata_namesTheAlgorithms() {
    assertTrue(provider.supported("dpop_signing_alg_values_supported").contains("ES256"));
    assertFalse(provider.supported("dpop_signing_alg_values_supported").contains("none"));
  }
}
