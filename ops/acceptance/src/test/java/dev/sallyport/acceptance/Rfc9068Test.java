package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.nimbusds.jwt.SignedJWT;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 9068, JWT Profile for OAuth 2.0 Access Tokens. */
class Rfc9068Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  /** §2.1, §2.2. */
  @Test
  void accessToken_isAsTheProfileHasIt() throws Exception {
    var tokens = rp.tokens(alice, "openid email");
    var jwt = SignedJWT.parse(tokens.access());
    assertEquals("at+jwt", String.valueOf(jwt.getHeader().getType()));
    assertNotEquals("none", jwt.getHeader().getAlgorithm().getName());
    var claims = rp.verified(jwt);
    assertEquals(provider.issuer(), claims.getIssuer());
    assertEquals(tokens.idToken().getSubject(), claims.getSubject());
    assertEquals(rp.clientId(), claims.getClaim("client_id"));
    assertEquals("email openid", claims.getClaim("scope"));
    for (var name : List.of("exp", "iat", "jti", "aud", "auth_time", "acr", "amr")) {
      assertNotNull(claims.getClaim(name), name);
    }
    assertEquals(tokens.idToken().getClaim("auth_time"), claims.getClaim("auth_time"), "§2.2.1");
  }

  /** §4: an ID token is no access token. */
  @Test
  void idToken_opensNothing() {
    var idToken = rp.tokens(alice, "openid").text("id_token");
    assertEquals(401, Http.get(provider.endpoint("userinfo_endpoint"), idToken).status());
  }
}
