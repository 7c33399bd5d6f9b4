package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jwt.SignedJWT;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 9701, JWT Response for OAuth Token Introspection. */
class Rfc9701Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private Http.Answer introspect(RelyingParty by, String token) {
    return Http.send(
        Http.form(provider.endpoint("introspection_endpoint"), Map.of("token", token))
            .header("Authorization", Http.basic(by.clientId(), by.secret()))
            .header("Accept", "application/token-introspection+jwt"));
  }

  /** §4, §5. */
  @Test
  void introspection_signed_whereItIsAskedFor() throws Exception {
    var token = rp.tokens(alice, "openid").access();
    var answer = introspect(rp, token);
    assertTrue(
        String.valueOf(answer.header("Content-Type"))
            .startsWith("application/token-introspection+jwt"));
    var jwt = SignedJWT.parse(answer.body());
    assertEquals("token-introspection+jwt", String.valueOf(jwt.getHeader().getType()));
    var claims = rp.verified(jwt);
    assertEquals(provider.issuer(), claims.getIssuer());
    assertEquals(List.of(rp.clientId()), claims.getAudience());
    assertNotNull(claims.getIssueTime());
    assertNull(claims.getSubject(), "so that it is not taken for an access token");
    assertNull(claims.getExpirationTime());
    var said = claims.getJSONObjectClaim("token_introspection");
    assertEquals(true, said.get("active"));
    assertEquals(rp.clientId(), said.get("client_id"));
  }

  /** §6: by the algorithm that the client registered. */
  @Test
  void introspection_isSignedAsRegistered() throws Exception {
    var other =
        RelyingParty.register(provider, Map.of("introspection_signed_response_alg", "ES256"));
    var jwt = SignedJWT.parse(introspect(other, "nonsense").body());
    assertEquals("ES256", jwt.getHeader().getAlgorithm().getName());
    assertEquals(
        Map.of("active", false), other.verified(jwt).getJSONObjectClaim("token_introspection"));
  }
}
