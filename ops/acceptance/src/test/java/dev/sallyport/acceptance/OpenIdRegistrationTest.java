package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONArrayUtils;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * OpenID Connect Dynamic Client Registration 1.0 with RFC 7591 and RFC 7592, as {@code
 * oidcc-dynamic-certification-test-plan} asks for it, and what a client may register for that the
 * plan then tries.
 */
class OpenIdRegistrationTest {

  private static Provider provider;
  private static RelyingSite site;
  private static UserAgent alice;
  private static JWK rsa;

  @BeforeAll
  static void start() {
    provider = Provider.get();
    site = new RelyingSite();
    alice = new UserAgent(provider, Provider.ALICE);
    rsa = RelyingParty.rsaKey();
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  /** What the suite sends for {@code response_type=code}, client_auth_type=private_key_jwt. */
  private static Map<String, Object> document() {
    var document = new HashMap<String, Object>();
    document.put("client_name", "conformance");
    document.put("grant_types", List.of("authorization_code"));
    document.put("response_types", List.of("code"));
    document.put("redirect_uris", List.of(RelyingParty.REDIRECT));
    document.put("token_endpoint_auth_method", "private_key_jwt");
    document.put("jwks", new JWKSet(rsa.toPublicJWK()).toJSONObject());
    document.put("contacts", List.of("certification@oidf.org"));
    return document;
  }

  /** {@code oidcc-server}: RFC 7591 §3.2.1. */
  @Test
  void register_answersWithWhatWasRegistered() {
    var answer = provider.tryToRegister(document());
    assertEquals(201, answer.status(), answer.body());
    assertTrue(String.valueOf(answer.header("Content-Type")).startsWith("application/json"));
    assertEquals("no-store", answer.header("Cache-Control"));
    var registered = answer.json();
    document()
        .forEach(
            (name, value) -> {
              if (!name.equals("jwks")) {
                assertEquals(value, registered.get(name), name);
              }
            });
    assertFalse(registered.containsKey("client_secret"), "with a key there is none");
    assertTrue(Http.text(registered, "registration_client_uri").startsWith(provider.issuer()));
    assertTrue(Http.text(registered, "registration_access_token").length() > 20);
  }

  /** RFC 7591 §3.2.1: a secret says when it ends. */
  @Test
  void register_forASecret_givesOneThatDoesNotExpire() {
    var registered =
        provider.register(
            Map.of("redirect_uris", List.of(RelyingParty.REDIRECT), "client_name", "x"));
    assertEquals("client_secret_basic", registered.get("token_endpoint_auth_method"));
    assertEquals("RS256", registered.get("id_token_signed_response_alg"));
    assertEquals("0", Http.text(registered, "client_secret_expires_at"));
    assertTrue(
        Math.abs(
                Long.parseLong(Http.text(registered, "client_id_issued_at"))
                    - Instant.now().getEpochSecond())
            < 60);
  }

  /** {@code UnregisterDynamicallyRegisteredClient}, RFC 7592 §2. */
  @Test
  void registration_isReadChangedAndRemoved() {
    var registered = provider.register(document());
    var uri = URI.create(Http.text(registered, "registration_client_uri"));
    var token = Http.text(registered, "registration_access_token");
    assertEquals("conformance", Http.get(uri, token).ok().get("client_name"));
    assertEquals(401, Http.get(uri, "wrong").status());
    var changed = document();
    changed.put("client_id", Http.text(registered, "client_id"));
    changed.put("client_name", "renamed");
    var put =
        Http.send(
                Http.request(uri)
                    .header("Authorization", "Bearer " + token)
                    .header("Content-Type", "application/json")
                    .PUT(
                        HttpRequest.BodyPublishers.ofString(
                            com.nimbusds.jose.util.JSONObjectUtils.toJSONString(changed))))
            .ok();
    assertEquals("renamed", put.get("client_name"));
    var last = Http.text(put, "registration_access_token");
    var removed = Http.send(Http.request(uri).header("Authorization", "Bearer " + last).DELETE());
    assertEquals(204, removed.status());
    assertEquals(401, Http.get(uri, last).status());
  }

  /** {@code oidcc-redirect-uri-regfrag}: RFC 6749 §3.1.2. */
  @Test
  void redirectUri_withAFragment_isRefused() {
    var document = document();
    document.put("redirect_uris", List.of(RelyingParty.REDIRECT + "#foobar"));
    assertEquals("400 invalid_redirect_uri", provider.tryToRegister(document).refusal());
  }

  /** {@code oidcc-idtoken-unsigned}, and what else is not offered. */
  @ParameterizedTest
  @CsvSource({
    "id_token_signed_response_alg, none",
    "userinfo_signed_response_alg, none",
    "request_object_signing_alg, none",
    "token_endpoint_auth_method, client_secret_jwt",
    "subject_type, other"
  })
  void metadata_thatIsNotOffered_isRefused(String member, String value) {
    var document = document();
    document.put(member, value);
    assertEquals("400 invalid_client_metadata", provider.tryToRegister(document).refusal());
  }

  /**
   * {@code oidcc-idtoken-rs256}, and the others of {@code id_token_signing_alg_values_supported}.
   */
  @ParameterizedTest
  @CsvSource({"RS256", "ES256", "PS256", "EdDSA"})
  void idTokens_areSignedAsRegistered(String algorithm) {
    var rp = RelyingParty.register(provider, Map.of("id_token_signed_response_alg", algorithm));
    rp.tokens(alice, "openid").idToken();
  }

  /**
   * {@code oidcc-registration-logo-uri}, {@code -policy-uri}, {@code -tos-uri}: shown where the
   * person decides.
   */
  @Test
  void logoPolicyAndTerms_areOnTheConsentPage() {
    var rp =
        RelyingParty.register(
            provider,
            Map.of(
                "logo_uri", "https://rp.example/logo.png",
                "policy_uri", "https://rp.example/policy",
                "tos_uri", "https://rp.example/terms"));
    alice.authorize(RelyingParty.register(provider).asking("openid"));
    var page = UserAgent.page(alice.open(alice.authorization(rp.asking("openid"))));
    assertEquals("/consent", page.uri().getPath());
    for (var shown :
        List.of("client-logo", "https://rp.example/policy", "https://rp.example/terms")) {
      assertTrue(page.body().contains(shown), shown);
    }
  }

  /** {@code oidcc-registration-jwks-uri}. */
  @Test
  void jwksUri_isWhereItsKeysAre() {
    var jwksUri = site.put("/jwks", new JWKSet(rsa.toPublicJWK()).toString());
    var rp = RelyingParty.withKey(provider, rsa, Map.of("jwks_uri", jwksUri));
    rp.tokens(alice, "openid").idToken();
  }

  /**
   * {@code oidcc-refresh-token-rp-key-rotation}: another key at the same URL. The suite waits for a
   * minute; here the first assertion after the change is the first that makes the server look.
   */
  @Test
  void jwksUri_withAnotherKey_isLookedAtAnew() {
    var first = RelyingParty.rsaKey();
    var jwksUri = site.put("/rotating", new JWKSet(first.toPublicJWK()).toString());
    var rp = RelyingParty.withKey(provider, first, Map.of("jwks_uri", jwksUri));
    var asking = rp.asking("openid offline_access");
    asking.put("prompt", "consent");
    var refresh = rp.tokens(alice, asking).refresh();
    var second = RelyingParty.rsaKey();
    site.put("/rotating", new JWKSet(second.toPublicJWK()).toString());
    rp.signWith(second);
    var form = Map.of("grant_type", "refresh_token", "refresh_token", refresh);
    Wait.until(
        "the new key is found",
        java.time.Duration.ofSeconds(60),
        () -> rp.token(form).status() == 200);
    rp.signWith(first);
    assertEquals("401 invalid_client", rp.token(form).refusal());
  }

  /** {@code oidcc-registration-sector-uri}: OpenID Connect Core §8.1. */
  @Test
  void pairwise_subjectsDifferBySector() {
    var sector = site.put("/sector", JSONArrayUtils.toJSONString(List.of(RelyingParty.REDIRECT)));
    var pairwise =
        RelyingParty.register(
            provider, Map.of("subject_type", "pairwise", "sector_identifier_uri", sector));
    var sub = pairwise.tokens(alice, "openid").idToken().getSubject();
    var same =
        RelyingParty.register(
            provider, Map.of("subject_type", "pairwise", "sector_identifier_uri", sector));
    assertEquals(sub, same.tokens(alice, "openid").idToken().getSubject());
    var other = RelyingParty.register(provider, Map.of("subject_type", "pairwise"));
    var tokens = other.tokens(alice, "openid");
    assertNotEquals(sub, tokens.idToken().getSubject());
    assertEquals(tokens.idToken().getSubject(), tokens.userInfo().get("sub"));
    var open = RelyingParty.register(provider).tokens(alice, "openid").idToken().getSubject();
    assertNotEquals(sub, open);
  }

  /** {@code oidcc-registration-sector-bad}. */
  @Test
  void sector_withoutTheRedirectUri_isRefused() {
    var document = document();
    document.put("subject_type", "pairwise");
    document.put(
        "sector_identifier_uri",
        site.put("/bad-sector", JSONArrayUtils.toJSONString(List.of("https://other.example/"))));
    assertEquals("400 invalid_client_metadata", provider.tryToRegister(document).refusal());
  }

  /** {@code oidcc-request-uri-signed-rs256}: OpenID Connect Core §6.2. */
  @Test
  void requestUri_signed_isFetchedWhereItWasRegistered() {
    var uri = site.put("/request.jwt", "");
    var rp =
        RelyingParty.withKey(
            provider,
            rsa,
            Map.of("request_uris", List.of(uri), "request_object_signing_alg", "RS256"));
    var asking = rp.asking("openid");
    site.put("/request.jwt", rp.requestObject(asking));
    var sent =
        Map.of(
            "client_id",
            rp.clientId(),
            "scope",
            "openid",
            "response_type",
            "code",
            "request_uri",
            uri);
    var back = alice.authorize(sent);
    assertEquals(asking.get("state"), back.get("state"));
    assertEquals(asking.get("nonce"), idTokenNonce(rp, back.get("code")));
    var elsewhere = new HashMap<>(sent);
    elsewhere.put("request_uri", site.put("/unregistered.jwt", rp.requestObject(asking)));
    elsewhere.put("redirect_uri", RelyingParty.REDIRECT);
    assertEquals("invalid_request_uri", alice.authorize(elsewhere).get("error"));
  }

  private static String idTokenNonce(RelyingParty rp, String code) {
    try {
      return String.valueOf(
          com.nimbusds.jwt.JWTParser.parse(rp.token(RelyingParty.redeeming(code)).text("id_token"))
              .getJWTClaimsSet()
              .getStringClaim("nonce"));
    } catch (java.text.ParseException e) {
      throw new AssertionError(e);
    }
  }

  /** §2, {@code application_type}: tokens in URLs go to https, and to no loopback address. */
  @ParameterizedTest
  @CsvSource({"http://localhost:3000/callback", "https://localhost/callback"})
  void implicit_onLoopback_isRefused(String redirectUri) {
    var document = document();
    document.put("grant_types", List.of("implicit"));
    document.put("response_types", List.of("id_token"));
    document.put("redirect_uris", List.of(redirectUri));
    assertEquals(400, provider.tryToRegister(document).status());
  }

  /** RFC 7591 §2.1: grants and response types that do not go together. */
  @Test
  void responseTypes_andGrants_goTogether() {
    for (var responses : List.of(List.of("code", "id_token"), List.of("id_token"), List.of())) {
      var document = document();
      document.put("response_types", responses);
      assertEquals("400 invalid_client_metadata", provider.tryToRegister(document).refusal());
    }
  }
}
