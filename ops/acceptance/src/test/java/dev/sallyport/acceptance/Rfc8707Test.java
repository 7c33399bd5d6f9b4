package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.nimbusds.jwt.SignedJWT;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8707, Resource Indicators. */
class Rfc8707Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  /** §2.1: this server itself is a resource, and the default. */
  @Test
  void ownIssuer_isTheAudience() throws Exception {
    var asking = rp.asking("openid");
    asking.put("resource", provider.issuer());
    for (var tokens : List.of(rp.tokens(alice, asking), rp.tokens(alice, "openid"))) {
      assertEquals(
          List.of(provider.issuer()),
          SignedJWT.parse(tokens.access()).getJWTClaimsSet().getAudience());
    }
  }

  /** §2: unknown, relative, with a fragment. */
  @ParameterizedTest
  @ValueSource(strings = {"https://unknown.example", "/relative", "https://a.example/#fragment"})
  void resource_thatIsNotTheClients_isInvalidTarget(String resource) {
    var asking = rp.asking("openid");
    asking.put("resource", resource);
    assertEquals("invalid_target", alice.authorize(asking).get("error"));
  }

  /** §2.2: at the token endpoint, one of those granted. */
  @Test
  void tokenRequest_forAnother_isInvalidTarget() {
    var form = RelyingParty.redeeming(alice.authorize(rp.asking("openid")).get("code"));
    form.put("resource", "https://unknown.example");
    assertEquals("400 invalid_target", rp.token(form).refusal());
  }
}
