package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * OpenID Connect Back-Channel Logout 1.0, as {@code
 * oidcc-backchannel-rp-initiated-logout-certification-test-plan} asks for it.
 */
class BackChannelLogoutTest {

  private static final String AFTER = "https://rp.example/post_logout_redirect";

  private final Provider provider = Provider.get();
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  /** {@code oidcc-backchannel-logout-discovery-endpoint-verification}. */
  @Test
  void discovery_saysSo() {
    assertEquals(true, provider.metadata().get("backchannel_logout_supported"));
    assertEquals(true, provider.metadata().get("backchannel_logout_session_supported"));
  }

  private void leave(RelyingParty rp, String idToken) {
    var leaving =
        Map.of(
            "id_token_hint",
            idToken,
            "post_logout_redirect_uri",
            AFTER,
            "client_id",
            rp.clientId());
    UserAgent.back(
        alice.open(
            URI.create(provider.endpoint("end_session_endpoint") + "?" + Http.encode(leaving))));
  }

  private static RelyingParty subscribed(Provider provider, String backchannel) {
    return RelyingParty.register(
        provider,
        Map.of(
            "post_logout_redirect_uris",
            List.of(AFTER),
            "backchannel_logout_uri",
            backchannel,
            "backchannel_logout_session_required",
            true));
  }

  /** {@code oidcc-backchannel-rp-initiated-logout}: §2.4, §2.5. */
  @Test
  void logout_isToldToEveryClientOfTheSession() throws Exception {
    try (var site = new RelyingSite()) {
      var rp = subscribed(provider, site.put("/backchannel_logout", ""));
      var other = subscribed(provider, site.put("/other", ""));
      var tokens = rp.tokens(alice, "openid");
      var others = other.tokens(alice, "openid");
      leave(rp, tokens.text("id_token"));

      checked(rp, tokens, site.awaitPosted("/backchannel_logout"));
      checked(other, others, site.awaitPosted("/other"));
      // and what they were given has ended with the session
      assertEquals(401, Http.get(provider.endpoint("userinfo_endpoint"), tokens.access()).status());
      var asking = rp.asking("openid");
      asking.put("prompt", "none");
      assertEquals("login_required", alice.authorize(asking).get("error"));
    }
  }

  private void checked(RelyingParty rp, RelyingParty.Tokens tokens, Map<String, String> posted)
      throws Exception {
    assertEquals(Set.of("logout_token"), posted.keySet());
    var jwt = SignedJWT.parse(String.valueOf(posted.get("logout_token")));
    assertEquals(
        rp.registered("id_token_signed_response_alg"), jwt.getHeader().getAlgorithm().getName());
    assertEquals("logout+jwt", String.valueOf(jwt.getHeader().getType()));
    var claims = rp.verified(jwt);
    assertEquals(provider.issuer(), claims.getIssuer());
    assertEquals(List.of(rp.clientId()), claims.getAudience());
    assertNotNull(claims.getJWTID());
    assertTrue(claims.getExpirationTime().toInstant().isAfter(Instant.now()));
    assertFalse(claims.getIssueTime().toInstant().isAfter(Instant.now().plusSeconds(5)));
    assertEquals(
        Map.of("http://schemas.openid.net/event/backchannel-logout", Map.of()),
        claims.getJSONObjectClaim("events"));
    assertNull(claims.getClaim("nonce"));
    assertEquals(tokens.idToken().getSubject(), claims.getSubject());
    assertEquals(tokens.idToken().getClaim("sid"), claims.getClaim("sid"));
  }
}
