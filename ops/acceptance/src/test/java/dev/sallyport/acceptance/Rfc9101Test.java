package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** RFC 9101, JWT-Secured Authorization Request (JAR). */
class Rfc9101Test {

  private final Provider provider = Provider.get();
  private final RelyingParty rp = RelyingParty.register(provider);
  private final UserAgent alice = new UserAgent(provider, Provider.ALICE);

  private final com.nimbusds.jose.jwk.JWK key = RelyingParty.ecKey();
  private final RelyingParty signing = RelyingParty.withKey(provider, key, Map.of());

  private Map<String, String> sent(String object) {
    return Map.of(
        "client_id",
        signing.clientId(),
        "redirect_uri",
        RelyingParty.REDIRECT,
        "response_type",
        "code",
        "scope",
        "openid",
        "request",
        object);
  }

  /** §5, §6.3: the object is the whole request. */
  @Test
  void object_isTheRequest() {
    var asking = signing.asking("openid");
    var beside = new HashMap<>(sent(signing.requestObject(asking)));
    beside.put("nonce", "of the query");
    beside.put("scope", "openid email");
    var back = alice.authorize(beside);
    assertEquals(asking.get("state"), back.get("state"));
    var answer = signing.token(RelyingParty.redeeming(back.get("code"))).ok();
    assertEquals("openid", answer.get("scope"));
    signing.checkedIdToken(Http.text(answer, "id_token"), asking.get("nonce"));
  }

  /** §6.2, §10.2. */
  @Test
  void object_byAnotherKey_isRefused() {
    var asking = signing.asking("openid");
    signing.signWith(RelyingParty.ecKey());
    assertEquals(
        "invalid_request_object",
        alice.authorize(sent(signing.requestObject(asking))).get("error"));
  }

  /** §5: of another client, about another client, or not a JWT. */
  @Test
  void object_ofAnother_isRefused() {
    var other = RelyingParty.withKey(provider, key, Map.of());
    var forged = other.requestObject(signing.asking("openid"));
    assertEquals("invalid_request_object", alice.authorize(sent(forged)).get("error"));
    assertEquals("invalid_request_object", alice.authorize(sent("nonsense")).get("error"));
  }

  /** §10.5. */
  @Test
  void client_thatMustSign_isRefusedUnsigned() {
    var strict = RelyingParty.withKey(provider, key, Map.of("require_signed_request_object", true));
    var asking = strict.asking("openid");
    assertEquals("invalid_request", alice.authorize(asking).get("error"));
    var signed = new HashMap<>(asking);
    signed.put("request", strict.requestObject(asking));
    assertTrue(alice.authorize(signed).parameters().containsKey("code"));
  }
}
