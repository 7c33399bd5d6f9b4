package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7009, Token Revocation. */
class Rfc7009Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private final URI endpoint = provider.endpoint("revocation_endpoint");

  private int userInfo(String token) {
    return Http.get(provider.endpoint("userinfo_endpoint"), token).status();
  }

  /** §2.1, §2.2. */
  @ParameterizedTest
  @ValueSource(strings = {"access_token", "refresh_token", "no_such_hint", ""})
  void accessToken_revoked_opensNothing(String hint) {
    var token = rp.tokens(alice, "openid").access();
    var form = new HashMap<>(Map.of("token", token));
    if (!hint.isEmpty()) {
      form.put("token_type_hint", hint);
    }
    assertEquals(200, rp.authenticated(endpoint, form).status());
    assertEquals(401, userInfo(token));
  }

  /** §2.1: and what came of it. */
  @Test
  void refreshToken_revoked_takesItsAccessTokensWithIt() {
    var tokens = rp.tokens(alice, "openid offline_access");
    assertEquals(200, rp.authenticated(endpoint, Map.of("token", tokens.refresh())).status());
    assertEquals(401, userInfo(tokens.access()));
    assertEquals(
        "400 invalid_grant",
        rp.token(Map.of("grant_type", "refresh_token", "refresh_token", tokens.refresh()))
            .refusal());
  }

  /** §2.2: what is no token needs no revocation. */
  @Test
  void unknownToken_isOk() {
    assertEquals(200, rp.authenticated(endpoint, Map.of("token", "nonsense")).status());
    assertEquals("400 invalid_request", rp.authenticated(endpoint, Map.of()).refusal());
  }

  /** §2.1: of another client. */
  @Test
  void tokenOfAnother_staysGood() {
    var token = rp.tokens(alice, "openid").access();
    RelyingParty.register(provider).authenticated(endpoint, Map.of("token", token));
    assertEquals(200, userInfo(token));
    assertEquals("401 invalid_client", Http.post(endpoint, Map.of("token", token)).refusal());
  }
}
