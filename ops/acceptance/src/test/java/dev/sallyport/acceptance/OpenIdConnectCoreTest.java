package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTParser;
import dev.sallyport.acceptance.UserAgent.By;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * OpenID Connect Core 1.0, as the plan {@code oidcc-basic-certification-test-plan} of the OpenID
 * Foundation's conformance suite asks for it, and the parts of {@code
 * oidcc-dynamic-certification-test-plan} that are about requests. Each test names its module.
 */
class OpenIdConnectCoreTest {

  /** §5.4, as the suite expects them of a person who has all. */
  private static final Set<String> OF_PROFILE =
      Set.of(
          "name",
          "given_name",
          "family_name",
          "middle_name",
          "nickname",
          "preferred_username",
          "profile",
          "picture",
          "website",
          "gender",
          "birthdate",
          "zoneinfo",
          "locale",
          "updated_at");

  private static Provider provider;
  private static RelyingParty rp;
  private static UserAgent alice;

  @BeforeAll
  static void start() {
    provider = Provider.get();
    rp = RelyingParty.register(provider);
    alice = new UserAgent(provider, Provider.ALICE);
  }

  private UserAgent newAgent() {
    return new UserAgent(provider, Provider.ALICE);
  }

  // ---- the code flow, §3.1

  /** {@code oidcc-server}, {@code oidcc-idtoken-signature}: §3.1.3.3, §3.1.3.7, §2. */
  @Test
  void codeFlow_givesTokensAsTheyMustBe() {
    var tokens = rp.tokens(alice, "openid");
    assertEquals("Bearer", tokens.text("token_type"));
    assertTrue(Long.parseLong(tokens.text("expires_in")) > 0);
    assertFalse(tokens.answer().containsKey("refresh_token"), "without offline_access");
    var idToken = tokens.idToken();
    assertEquals("RS256", rp.registered("id_token_signed_response_alg"), "the default of §2");
    assertEquals(rp.clientId(), idToken.getClaim("azp"));
    assertEquals(idToken.getSubject(), tokens.userInfo().get("sub"));
  }

  /** {@code oidcc-response-type-missing}: §3.1.2.6. */
  @Test
  void authorize_withoutResponseType_isInvalidRequest() {
    var asking = rp.asking("openid");
    asking.remove("response_type");
    assertRefused(asking, "invalid_request");
  }

  private UserAgent.Back assertRefused(Map<String, String> asking, String error) {
    var back = alice.authorize(asking);
    assertEquals(error, back.get("error"), back::toString);
    assertEquals(asking.get("state"), back.get("state"));
    assertEquals(provider.issuer(), back.get("iss"));
    assertNull(back.parameters().get("code"));
    assertEquals(Set.of("error", "error_description", "state", "iss"), back.parameters().keySet());
    assertTrue(
        back.get("error_description").matches("[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]*"),
        back.get("error_description"));
    return back;
  }

  /** {@code oidcc-ensure-request-without-nonce-succeeds-for-code-flow}. */
  @Test
  void authorize_withoutNonce_succeedsForACode() throws Exception {
    var asking = rp.asking("openid");
    asking.remove("nonce");
    assertNull(rp.tokens(alice, asking).idToken().getStringClaim("nonce"));
  }

  /** {@code oidcc-ensure-post-request-succeeds}: §3.1.2.1; signed in and not. */
  @Test
  void authorize_byPost_succeeds() {
    for (var agent : List.of(alice, newAgent())) {
      var asking = rp.asking("openid");
      var back = UserAgent.back(agent.post(provider.endpoint("authorization_endpoint"), asking));
      assertEquals(asking.get("state"), back.get("state"));
      assertEquals(200, rp.token(RelyingParty.redeeming(back.get("code"))).status());
    }
  }

  /**
   * {@code oidcc-display-page}, {@code oidcc-display-popup}, {@code oidcc-ui-locales}, {@code
   * oidcc-claims-locales}, {@code oidcc-ensure-request-with-unknown-parameter-succeeds}.
   */
  @ParameterizedTest
  @CsvSource({
    "display, page",
    "display, popup",
    "ui_locales, se",
    "ui_locales, de-DE fr",
    "claims_locales, se",
    "extra, foobar"
  })
  void authorize_withAParameterThatChangesNothing_succeeds(String name, String value) {
    var asking = rp.asking("openid");
    asking.put(name, value);
    rp.tokens(newAgent(), asking).idToken();
  }

  /** {@code oidcc-login-hint}: §3.1.2.1; it fills the form. */
  @Test
  void loginHint_fillsTheForm() {
    var asking = rp.asking("openid");
    asking.put("login_hint", "bob");
    var agent = newAgent();
    var page = UserAgent.page(agent.open(agent.authorization(asking)));
    assertTrue(page.body().contains("value=\"bob\""), page.body());
    assertEquals(asking.get("state"), UserAgent.back(agent.visit(page.uri())).get("state"));
  }

  /** {@code oidcc-ensure-other-scope-order-succeeds}. */
  @Test
  void scope_inAnyOrder_succeeds() {
    assertTrue(rp.tokens(alice, "email openid").userInfo().containsKey("email"));
  }

  /** §3.1.2.1: without `openid` it is no OpenID request, and there is no ID token. */
  @Test
  void scope_withoutOpenid_givesNoIdToken() {
    assertFalse(rp.tokens(alice, "profile").answer().containsKey("id_token"));
  }

  // ---- how the person is met, §3.1.2.1

  /** {@code oidcc-prompt-login}: asked again, and {@code auth_time} is later. */
  @Test
  void promptLogin_asksAgain() throws Exception {
    var agent = newAgent();
    var first = rp.tokens(agent, "openid").idToken();
    assertEquals(1, agent.signIns());
    awaitNextSecond(first.getDateClaim("auth_time").toInstant());
    var asking = rp.asking("openid");
    asking.put("prompt", "login");
    var second = rp.tokens(agent, asking).idToken();
    assertEquals(2, agent.signIns());
    assertEquals(first.getSubject(), second.getSubject());
    assertTrue(second.getDateClaim("auth_time").after(first.getDateClaim("auth_time")));
  }

  private static void awaitNextSecond(java.time.Instant passed) {
    Wait.until(
        "another second",
        Duration.ofSeconds(10),
        () -> java.time.Instant.now().isAfter(passed.plusMillis(1100)));
  }

  /** {@code oidcc-prompt-none-not-logged-in}. */
  @Test
  void promptNone_ofNobody_isLoginRequired() {
    var asking = rp.asking("openid");
    asking.put("prompt", "none");
    var back = newAgent().authorize(asking);
    assertEquals("login_required", back.get("error"));
    assertEquals(asking.get("state"), back.get("state"));
  }

  /** {@code oidcc-prompt-none-logged-in}: no page, the same person, the same {@code auth_time}. */
  @Test
  void promptNone_signedIn_answersWithoutAPage() throws Exception {
    var first = rp.tokens(alice, "openid").idToken();
    int signIns = alice.signIns();
    int consents = alice.consents();
    var asking = rp.asking("openid");
    asking.put("prompt", "none");
    var second = rp.tokens(alice, asking).idToken();
    assertEquals(first.getSubject(), second.getSubject());
    assertEquals(first.getDateClaim("auth_time"), second.getDateClaim("auth_time"));
    assertEquals(List.of(signIns, consents), List.of(alice.signIns(), alice.consents()));
  }

  /** §3.1.2.6: consent that was not given cannot be asked for without a page. */
  @Test
  void promptNone_withoutConsent_isConsentRequired() {
    var stranger = RelyingParty.register(provider);
    alice.authorize(rp.asking("openid"));
    var asking = stranger.asking("openid email");
    asking.put("prompt", "none");
    assertEquals("consent_required", alice.authorize(asking).get("error"));
  }

  /** §3.1.2.1: `none` with anything else is an error. */
  @Test
  void promptNone_withAnother_isInvalidRequest() {
    var asking = rp.asking("openid");
    asking.put("prompt", "none login");
    assertRefused(asking, "invalid_request");
  }

  /** §3.1.2.1: what was consented to is asked again. */
  @Test
  void promptConsent_asksAgain() {
    var agent = newAgent();
    rp.tokens(agent, "openid email");
    int before = agent.consents();
    var asking = rp.asking("openid email");
    rp.tokens(agent, asking);
    assertEquals(before, agent.consents(), "remembered");
    var again = rp.asking("openid email");
    again.put("prompt", "consent");
    rp.tokens(agent, again);
    assertEquals(before + 1, agent.consents());
  }

  /** {@code oidcc-max-age-1}. */
  @Test
  void maxAge_passed_asksAgain() throws Exception {
    var agent = newAgent();
    var first = rp.tokens(agent, "openid").idToken();
    awaitNextSecond(first.getDateClaim("auth_time").toInstant().plusSeconds(1));
    var asking = rp.asking("openid");
    asking.put("max_age", "1");
    var second = rp.tokens(agent, asking).idToken();
    assertEquals(2, agent.signIns());
    assertTrue(second.getDateClaim("auth_time").after(first.getDateClaim("auth_time")));
  }

  /** {@code oidcc-max-age-10000}: nobody is asked, and {@code auth_time} is there. */
  @Test
  void maxAge_notPassed_asksNobody() throws Exception {
    var agent = newAgent();
    var first = rp.tokens(agent, "openid").idToken();
    var asking = rp.asking("openid");
    asking.put("max_age", "10000");
    var second = rp.tokens(agent, asking).idToken();
    assertEquals(1, agent.signIns());
    assertEquals(first.getDateClaim("auth_time"), second.getDateClaim("auth_time"));
  }

  /** {@code oidcc-id-token-hint}: with {@code prompt=none}, for the one signed in. */
  @Test
  void idTokenHint_ofThePersonSignedIn_succeeds() {
    var first = rp.tokens(alice, "openid");
    var asking = rp.asking("openid");
    asking.put("prompt", "none");
    asking.put("id_token_hint", first.text("id_token"));
    assertEquals(first.idToken().getSubject(), rp.tokens(alice, asking).idToken().getSubject());
  }

  /** §3.1.2.1: someone else than the hint means is no answer. */
  @Test
  void idTokenHint_ofSomeoneElse_isLoginRequired() {
    var bobs = rp.tokens(new UserAgent(provider, Provider.BOB), "openid").text("id_token");
    var asking = rp.asking("openid");
    asking.put("prompt", "none");
    asking.put("id_token_hint", bobs);
    rp.tokens(alice, "openid");
    assertEquals("login_required", alice.authorize(asking).get("error"));
  }

  /**
   * {@code oidcc-ensure-request-with-acr-values-succeeds}: those that are supported, those that are
   * not.
   */
  @Test
  void acrValues_succeed_andTheIdTokenSaysWhatItWas() throws Exception {
    var supported = provider.supported("acr_values_supported");
    for (var wanted : List.of(String.valueOf(supported.getFirst()), "1 2")) {
      var asking = rp.asking("openid");
      asking.put("acr_values", wanted);
      var acr = rp.tokens(alice, asking).idToken().getStringClaim("acr");
      assertTrue(supported.contains(acr), acr);
    }
  }

  // ---- claims, §5

  /**
   * {@code oidcc-scope-profile}, {@code -email}, {@code -address}, {@code -phone}, {@code -all}:
   * §5.4.
   */
  @ParameterizedTest
  @ValueSource(strings = {"profile", "email", "address", "phone", "profile email address phone"})
  void scopes_openTheirClaims_andNoOthers(String scopes) {
    var expected = new TreeSet<>(Set.of("sub"));
    for (var scope : scopes.split(" ", -1)) {
      assertTrue(provider.supported("scopes_supported").contains(scope));
      switch (scope) {
        case "profile" -> expected.addAll(OF_PROFILE);
        case "email" -> expected.addAll(Set.of("email", "email_verified"));
        case "address" -> expected.add("address");
        default -> expected.addAll(Set.of("phone_number", "phone_number_verified"));
      }
    }
    var userInfo = rp.tokens(alice, "openid " + scopes).userInfo();
    assertEquals(expected, new TreeSet<>(userInfo.keySet()));
    if (expected.contains("updated_at")) {
      assertTrue(userInfo.get("updated_at") instanceof Number, "seconds, §5.1");
      assertTrue(Http.text(userInfo, "birthdate").matches("\\d{4}-\\d{2}-\\d{2}"));
    }
    if (expected.contains("address")) {
      assertTrue(userInfo.get("address") instanceof Map<?, ?> it && it.containsKey("country"));
    }
    if (expected.contains("phone_number")) {
      assertEquals(true, userInfo.get("phone_number_verified"));
    }
  }

  /** {@code oidcc-claims-essential}: §5.5. */
  @Test
  void claims_byName_areGivenWhereTheyWereAskedFor() {
    var asking = rp.asking("openid");
    asking.put(
        "claims",
        "{\"userinfo\":{\"name\":{\"essential\":true},\"no_such_claim\":null},"
            + "\"id_token\":{\"email\":null}}");
    var tokens = rp.tokens(alice, asking);
    var userInfo = tokens.userInfo();
    assertEquals(Set.of("sub", "name"), userInfo.keySet());
    assertEquals("alice@sallyport.example", tokens.idToken().getClaim("email"));
    assertNull(tokens.idToken().getClaim("name"));
  }

  /** {@code oidcc-userinfo-get}, {@code -post-header}, {@code -post-body}: §5.3.1. */
  @Test
  void userInfo_byGetAndPost() {
    var token = rp.tokens(alice, "openid").access();
    var endpoint = provider.endpoint("userinfo_endpoint");
    var sub = Http.get(endpoint, token).ok().get("sub");
    assertEquals(
        sub,
        Http.send(Http.form(endpoint, Map.of()).header("Authorization", "Bearer " + token))
            .ok()
            .get("sub"));
    assertEquals(sub, Http.post(endpoint, Map.of("access_token", token)).ok().get("sub"));
    var answer = Http.get(endpoint, token);
    assertTrue(String.valueOf(answer.header("Content-Type")).startsWith("application/json"));
  }

  /** §5.3.3, RFC 6750 §3. */
  @Test
  void userInfo_withoutAGoodToken_isRefusedAsRfc6750Says() {
    var endpoint = provider.endpoint("userinfo_endpoint");
    var none = Http.get(endpoint);
    assertEquals(401, none.status());
    assertTrue(
        none.headers().allValues("WWW-Authenticate").stream()
            .anyMatch(it -> it.startsWith("Bearer")));
    var bad = Http.get(endpoint, "nonsense");
    assertEquals(401, bad.status());
    assertTrue(
        bad.headers().allValues("WWW-Authenticate").stream()
            .anyMatch(it -> it.startsWith("Bearer error=\"invalid_token\"")));
  }

  /** {@code oidcc-userinfo-rs256}: §5.3.2. */
  @Test
  void userInfo_signed_whereRegistered() throws Exception {
    var signing = RelyingParty.register(provider, Map.of("userinfo_signed_response_alg", "RS256"));
    var token = signing.tokens(alice, "openid email").access();
    var answer = Http.get(provider.endpoint("userinfo_endpoint"), token);
    assertTrue(String.valueOf(answer.header("Content-Type")).startsWith("application/jwt"));
    var claims = signing.verified((com.nimbusds.jwt.SignedJWT) JWTParser.parse(answer.body()));
    assertEquals(provider.issuer(), claims.getIssuer());
    assertEquals(List.of(signing.clientId()), claims.getAudience());
    assertEquals("alice@sallyport.example", claims.getClaim("email"));
  }

  // ---- codes

  /** {@code oidcc-codereuse}, {@code oidcc-codereuse-30seconds}: RFC 6749 §4.1.2. */
  @Test
  void code_usedTwice_isRefusedAndEndsWhatItGave() {
    var code = alice.authorize(rp.asking("openid")).get("code");
    var token = rp.token(RelyingParty.redeeming(code)).text("access_token");
    var endpoint = provider.endpoint("userinfo_endpoint");
    assertEquals(200, Http.get(endpoint, token).status());
    assertEquals("400 invalid_grant", rp.token(RelyingParty.redeeming(code)).refusal());
    assertEquals(401, Http.get(endpoint, token).status());
  }

  /** {@code oidcc-server-client-secret-post}: §9. */
  @Test
  void clientSecretPost_authenticates() {
    var posting =
        RelyingParty.register(provider, Map.of("token_endpoint_auth_method", "client_secret_post"));
    posting.tokens(alice, "openid").idToken();
  }

  /** {@code oidcc-ensure-client-assertion-with-iss-aud-succeeds}: §9 and RFC 7523bis. */
  @Test
  void privateKeyJwt_withTheIssuerOrTheTokenEndpointAsAudience_authenticates() {
    var signing = RelyingParty.withKey(provider, RelyingParty.rsaKey(), Map.of());
    signing.tokens(alice, "openid").idToken();
    var form =
        new HashMap<>(
            RelyingParty.redeeming(alice.authorize(signing.asking("openid")).get("code")));
    form.put("client_assertion_type", RelyingParty.ASSERTION_TYPE);
    form.put("client_assertion", signing.assertion(provider.endpoint("token_endpoint").toString()));
    assertEquals(200, Http.post(provider.endpoint("token_endpoint"), form).status());
  }

  /** {@code oidcc-ensure-request-with-valid-pkce-succeeds}: RFC 7636. */
  @Test
  void pkce_isCheckedWhereItWasSent() {
    var asking = rp.asking("openid");
    asking.put("code_challenge", RelyingParty.CHALLENGE);
    asking.put("code_challenge_method", "S256");
    var form = new HashMap<>(RelyingParty.redeeming(alice.authorize(asking).get("code")));
    assertEquals("400 invalid_grant", rp.token(form).refusal());
    form.put("code_verifier", "x".repeat(43));
    assertEquals("400 invalid_grant", rp.token(form).refusal());
    form.put("code_verifier", RelyingParty.VERIFIER);
    assertEquals(200, rp.token(form).status());
  }

  /** {@code oidcc-refresh-token}: §12; the ID token is of the same person and session. */
  @Test
  void refreshToken_givesNewTokens_forItsClientAlone() throws Exception {
    var asking = rp.asking("openid offline_access");
    asking.put("prompt", "consent");
    var tokens = rp.tokens(alice, asking);
    var before = tokens.idToken();
    var form = Map.of("grant_type", "refresh_token", "refresh_token", tokens.refresh());
    var other = RelyingParty.register(provider);
    assertEquals("400 invalid_grant", other.token(form).refusal());
    var answer = rp.token(form).ok();
    assertNotEquals(tokens.access(), answer.get("access_token"));
    var after = rp.checkedIdToken(String.valueOf(answer.get("id_token")), nonceOf(answer));
    assertEquals(before.getSubject(), after.getSubject());
    assertEquals(before.getIssuer(), after.getIssuer());
    assertEquals(before.getAudience(), after.getAudience());
    assertEquals(before.getDateClaim("auth_time"), after.getDateClaim("auth_time"));
    assertFalse(after.getIssueTime().before(before.getIssueTime()));
    assertEquals(
        200,
        Http.get(provider.endpoint("userinfo_endpoint"), String.valueOf(answer.get("access_token")))
            .status());
  }

  /** §12.2: it should not be there, and if it is, is that of the first. */
  private static String nonceOf(Map<String, Object> answer) throws Exception {
    return JWTParser.parse(String.valueOf(answer.get("id_token")))
        .getJWTClaimsSet()
        .getStringClaim("nonce");
  }

  // ---- redirect URIs

  /** {@code oidcc-ensure-registered-redirect-uri}: a page, and no redirect. */
  @Test
  void redirectUri_notRegistered_endsOnAPage() {
    var asking = rp.asking("openid");
    asking.put("redirect_uri", "https://rp.example/other");
    assertPage(asking);
  }

  private void assertPage(Map<String, String> asking) {
    for (var agent : List.of(alice, newAgent())) {
      var page = UserAgent.page(agent.open(agent.authorization(asking)));
      assertEquals(400, page.status());
      assertTrue(page.body().contains("redirect_uri"), page.body());
    }
  }

  /** {@code oidcc-ensure-redirect-uri-in-authorization-request}: §3.1.2.1. */
  @Test
  void redirectUri_missing_endsOnAPage() {
    var asking = rp.asking("openid");
    asking.remove("redirect_uri");
    assertPage(asking);
  }

  /**
   * {@code oidcc-redirect-uri-query-OK}, {@code -mismatch}, {@code -added}: compared letter by
   * letter, what was there stays.
   */
  @Test
  void redirectUri_withAQuery_isComparedWithIt() {
    var queried =
        RelyingParty.register(
            provider, Map.of("redirect_uris", List.of(RelyingParty.REDIRECT + "?foo=bar")));
    var asking = queried.asking("openid");
    asking.put("redirect_uri", RelyingParty.REDIRECT + "?foo=bar");
    var back = alice.authorize(asking);
    assertEquals("bar", back.get("foo"));
    assertTrue(back.parameters().containsKey("code"));
    for (var wrong : List.of("?foo=baz", "", "?foo=bar&more=1")) {
      asking.put("redirect_uri", RelyingParty.REDIRECT + wrong);
      assertPage(asking);
    }
    asking.put("client_id", rp.clientId());
    asking.put("redirect_uri", RelyingParty.REDIRECT + "?foo=bar");
    assertPage(asking);
  }

  // ---- request objects, §6

  /**
   * {@code oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported}, {@code
   * oidcc-request-uri-unsigned}: skipped where `none` is not among the algorithms; never ignored.
   */
  @Test
  void requestObject_unsigned_isRefused() {
    assertFalse(provider.supported("request_object_signing_alg_values_supported").contains("none"));
    var asking = rp.asking("openid");
    var header = Base64URL.encode("{\"alg\":\"none\"}");
    var claims = Base64URL.encode(com.nimbusds.jose.util.JSONObjectUtils.toJSONString(asking));
    asking.put("request", header + "." + claims + ".");
    assertRefused(asking, "invalid_request_object");
  }

  /** {@code oidcc-ensure-request-object-with-redirect-uri}: §6.1, what is signed is what counts. */
  @Test
  void requestObject_signed_isTheRequest() throws Exception {
    var signing = RelyingParty.withKey(provider, RelyingParty.rsaKey(), Map.of());
    var asking = signing.asking("openid");
    var beside = new HashMap<>(asking);
    beside.put("request", signing.requestObject(asking));
    beside.put("redirect_uri", "https://evil.example/");
    beside.put("state", "another");
    var back = alice.authorize(beside);
    assertEquals(URI.create(RelyingParty.REDIRECT), back.target());
    assertEquals(asking.get("state"), back.get("state"));
  }

  // ---- tokens of the authorization endpoint, §3.2, for Dynamic OPs (§15.2)

  private RelyingParty implicit() {
    return RelyingParty.register(
        provider,
        Map.of(
            "grant_types",
            List.of("implicit"),
            "response_types",
            List.of("id_token", "id_token token")));
  }

  /** {@code oidcc-server} with {@code response_type=id_token}: §3.2.2.5, §5.4. */
  @Test
  void idTokenAlone_isInTheFragment_withTheClaimsOfItsScopes() {
    var browserApp = implicit();
    var asking = browserApp.asking("openid email", "id_token");
    var back = alice.authorize(asking);
    assertEquals(By.FRAGMENT, back.by());
    assertEquals(Set.of("id_token", "state", "iss"), back.parameters().keySet());
    assertEquals(asking.get("state"), back.get("state"));
    var claims = browserApp.checkedIdToken(back.get("id_token"), asking.get("nonce"));
    assertEquals("alice@sallyport.example", claims.getClaim("email"));
    assertNull(claims.getClaim("at_hash"));
  }

  /** {@code oidcc-server} with {@code response_type=id_token token}: §3.2.2.9. */
  @ParameterizedTest
  @ValueSource(strings = {"id_token token", "token id_token"})
  void idTokenAndToken_belongTogether(String responseType) throws Exception {
    var browserApp = implicit();
    var asking = browserApp.asking("openid email offline_access", responseType);
    var back = alice.authorize(asking);
    assertEquals(By.FRAGMENT, back.by());
    assertEquals("Bearer", back.get("token_type"));
    assertEquals("email openid", back.get("scope"), "offline_access goes with codes: §11");
    var claims = browserApp.checkedIdToken(back.get("id_token"), asking.get("nonce"));
    assertNull(claims.getClaim("email"), "UserInfo says that");
    var hash =
        MessageDigest.getInstance("SHA-256")
            .digest(back.get("access_token").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    assertEquals(
        Base64URL.encode(Arrays.copyOf(hash, 16)).toString(), claims.getStringClaim("at_hash"));
    assertEquals(
        "alice@sallyport.example",
        Http.get(provider.endpoint("userinfo_endpoint"), back.get("access_token"))
            .ok()
            .get("email"));
  }

  /** {@code oidcc-ensure-request-without-nonce-fails}: §3.2.2.1. */
  @Test
  void idToken_withoutNonce_isRefusedInTheFragment() {
    var asking = implicit().asking("openid", "id_token");
    asking.remove("nonce");
    assertEquals(By.FRAGMENT, assertRefused(asking, "invalid_request").by());
  }

  /** {@code oidcc-prompt-none-not-logged-in} with {@code response_type=id_token}. */
  @Test
  void idToken_promptNoneOfNobody_isLoginRequiredInTheFragment() {
    var asking = implicit().asking("openid", "id_token");
    asking.put("prompt", "none");
    var back = newAgent().authorize(asking);
    assertEquals(By.FRAGMENT, back.by());
    assertEquals("login_required", back.get("error"));
  }

  /** Tokens never travel in a query (OAuth 2.0 Multiple Response Types §5). */
  @ParameterizedTest
  @ValueSource(strings = {"query", "query.jwt"})
  void idToken_inAQuery_isRefused(String mode) {
    var asking = implicit().asking("openid", "id_token");
    asking.put("response_mode", mode);
    var back = alice.authorize(asking);
    assertEquals(By.FRAGMENT, back.by());
    assertFalse(back.parameters().containsKey("id_token"));
  }

  /** Only who registered for it; and who did so gets no codes. */
  @Test
  void responseType_notRegistered_isUnauthorized() {
    assertRefused(rp.asking("openid", "id_token"), "unauthorized_client");
    assertRefused(rp.asking("openid", "id_token token"), "unauthorized_client");
    assertRefused(implicit().asking("openid"), "unauthorized_client");
    assertRefused(rp.asking("openid", "code id_token"), "unsupported_response_type");
    assertRefused(rp.asking("openid", "token"), "unsupported_response_type");
  }

  /** A client cannot say that its request was for something else. */
  @Test
  void responseType_underOurOwnName_meansNothing() {
    var asking = rp.asking("openid");
    asking.put("sallyport_response_type", "id_token token");
    var back = alice.authorize(asking);
    assertEquals(By.QUERY, back.by());
    assertFalse(back.parameters().containsKey("access_token"));
    assertEquals(200, rp.token(RelyingParty.redeeming(back.get("code"))).status());
  }
}
