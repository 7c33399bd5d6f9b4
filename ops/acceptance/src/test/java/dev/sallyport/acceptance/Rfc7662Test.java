package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 7662, Token Introspection. */
class Rfc7662Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private final URI endpoint = provider.endpoint("introspection_endpoint");

  private Map<String, Object> introspect(RelyingParty by, String token) {
    return by.authenticated(endpoint, Map.of("token", token)).ok();
  }

  /** §2.2. */
  @Test
  void activeToken_saysWhatItIs() {
    var tokens = rp.tokens(alice, "openid email");
    var said = introspect(rp, tokens.access());
    assertEquals(true, said.get("active"));
    assertEquals(rp.clientId(), said.get("client_id"));
    assertEquals(Set.of("email", "openid"), Set.of(Http.text(said, "scope").split(" ")));
    assertEquals(provider.issuer(), said.get("iss"));
    assertEquals(tokens.idToken().getSubject(), said.get("sub"));
    assertTrue(said.get("exp") instanceof Number && said.get("iat") instanceof Number);
    assertEquals("Bearer", said.get("token_type"));
  }

  /** §2.2: of what is not active, nothing is said. */
  @Test
  void inactiveToken_saysNothingElse() {
    var tokens = rp.tokens(alice, "openid offline_access");
    rp.authenticated(provider.endpoint("revocation_endpoint"), Map.of("token", tokens.refresh()));
    for (var token : List.of(tokens.access(), tokens.refresh(), "nonsense")) {
      assertEquals(Map.of("active", false), introspect(rp, token));
    }
  }

  /** §4: tokens are not found out by trying, nor by others. */
  @Test
  void others_learnNothing() {
    var token = rp.tokens(alice, "openid").access();
    assertEquals(Map.of("active", false), introspect(RelyingParty.register(provider), token));
    assertEquals("401 invalid_client", Http.post(endpoint, Map.of("token", token)).refusal());
    assertEquals(401, new PublicParty(provider).post(endpoint, Map.of("token", token)).status());
  }
}
