package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7636, PKCE, with what RFC 9700 §2.1.1 makes of it. */
class Rfc7636Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private Map<String, String> challenged() {
    var asking = rp.asking("openid");
    asking.put("code_challenge", RelyingParty.CHALLENGE);
    asking.put("code_challenge_method", "S256");
    return asking;
  }

  /** Appendix B. */
  @Test
  void verifier_answersItsChallenge() {
    var form = RelyingParty.redeeming(alice.authorize(challenged()).get("code"));
    form.put("code_verifier", RelyingParty.VERIFIER);
    assertEquals(200, rp.token(form).status());
  }

  /** §4.2: `plain` shows the verifier to whoever sees the request. */
  @ParameterizedTest
  @ValueSource(strings = {"plain", "S512", ""})
  void method_otherThanS256_isRefused(String method) {
    var asking = challenged();
    asking.put("code_challenge_method", method);
    assertEquals("invalid_request", alice.authorize(asking).get("error"));
  }

  /** §4.2. */
  @Test
  void challenge_malformed_isRefused() {
    var asking = challenged();
    asking.put("code_challenge", "too-short");
    assertEquals("invalid_request", alice.authorize(asking).get("error"));
  }

  /** §4.6, and RFC 9700 §4.8.2: a verifier for a code that has no challenge is an attack. */
  @Test
  void verifier_missingWrongOrUncalledFor_isInvalidGrant() {
    var form = RelyingParty.redeeming(alice.authorize(challenged()).get("code"));
    assertEquals("400 invalid_grant", rp.token(form).refusal());
    form.put("code_verifier", "A".repeat(43));
    assertEquals("400 invalid_grant", rp.token(form).refusal());
    form.put("code_verifier", "short");
    assertEquals("400 invalid_grant", rp.token(form).refusal());
    var bare = RelyingParty.redeeming(alice.authorize(rp.asking("openid")).get("code"));
    bare.put("code_verifier", RelyingParty.VERIFIER);
    assertEquals("400 invalid_grant", rp.token(bare).refusal());
  }

  /** RFC 9700 §2.1.1: public clients must use it. */
  @Test
  void publicClient_withoutChallenge_isRefused() {
    var asking = new PublicParty(provider).asking("openid");
    asking.remove("code_challenge");
    asking.remove("code_challenge_method");
    assertEquals("invalid_request", alice.authorize(asking).get("error"));
  }
}
