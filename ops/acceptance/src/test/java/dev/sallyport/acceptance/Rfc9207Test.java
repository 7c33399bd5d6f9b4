package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.nimbusds.jwt.SignedJWT;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 9207, Issuer Identification. */
class Rfc9207Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  /** §2, §3. */
  @Test
  void everyAnswer_namesTheIssuer() {
    assertEquals(true, provider.metadata().get("authorization_response_iss_parameter_supported"));
    assertEquals(provider.issuer(), alice.authorize(rp.asking("openid")).get("iss"));
    var silent = rp.asking("openid");
    silent.put("prompt", "none");
    assertEquals(
        provider.issuer(), new UserAgent(provider, Provider.BOB).authorize(silent).get("iss"));
  }

  /** §2.4: a signed answer says it by itself. */
  @Test
  void signedAnswer_saysItInside() throws Exception {
    var asking = rp.asking("openid");
    asking.put("response_mode", "jwt");
    var back = alice.authorize(asking);
    assertEquals(Set.of("response"), back.parameters().keySet());
    assertEquals(provider.issuer(), rp.verified(SignedJWT.parse(back.get("response"))).getIssuer());
  }
}
