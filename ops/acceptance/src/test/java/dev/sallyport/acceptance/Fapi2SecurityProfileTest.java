package dev.sallyport.acceptance;

import static dev.sallyport.acceptance.FapiClient.with;
import static dev.sallyport.acceptance.FapiClient.without;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.acceptance.FapiClient.Answer;
import dev.sallyport.acceptance.FapiClient.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * FAPI 2.0 Security Profile (final) and the request objects of FAPI 2.0 Message Signing, module by
 * module of the OpenID Foundation's plans {@code fapi2-security-profile-final-test-plan} and {@code
 * fapi2-message-signing-final-test-plan}, for an authorization server: what each module does is
 * done here to the packaged jar, over TLS on both of its ports. Modules of national profiles and of
 * Grant Management are not for this server. Sections are of the Security Profile where nothing else
 * is said.
 */
class Fapi2SecurityProfileTest {

  private static final String ISSUER_ALGS = "PS256 ES256 EdDSA";

  /** §5.3.2.1: at most 60 s; ours is good for so long. */
  private static final Duration CODE_LIFE = Duration.ofSeconds(60);

  private static final Duration PUSHED_LIFE = Duration.ofSeconds(90);

  private static FapiServer server;
  private static FapiServer.Browser alice;
  private static FapiClient client;

  /** Given out first, so that it has expired when it is looked at. */
  private static String oldCode;

  private static String oldRequestUri;
  private static Instant givenAt;

  @BeforeAll
  static void start() {
    server = new FapiServer();
    client = server.client(Kind.KEY_DPOP);
    alice = server.browser();
    alice.signIn(alice.get(server.issuer + "/login"));
    oldCode = code(client, client.asking());
    oldRequestUri = client.push(client.asking()).text("request_uri");
    givenAt = Instant.now();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  // ---- the ordinary way

  private static HttpResponse<String> authorize(FapiClient by, String requestUri) {
    return alice.authorize(Map.of("client_id", by.id, "request_uri", requestUri));
  }

  private static Map<String, String> authorized(FapiClient by, Map<String, Object> asking) {
    Answer pushed = by.push(asking);
    assertEquals(201, pushed.status(), () -> pushed.http().body());
    return FapiServer.redirect(authorize(by, pushed.text("request_uri")));
  }

  private static String code(FapiClient by, Map<String, Object> asking) {
    Map<String, String> answer = authorized(by, asking);
    return codeIn(answer);
  }

  private static String codeIn(Map<String, String> answer) {
    return Objects.requireNonNull(answer.get("code"), answer::toString);
  }

  private static Answer tokens(FapiClient by) {
    Answer answer = by.token(by.redeeming(code(by, by.asking())));
    assertEquals(200, answer.status(), () -> answer.http().body());
    return answer;
  }

  private static JWTClaimsSet claims(String jwt) {
    try {
      return SignedJWT.parse(jwt).getJWTClaimsSet();
    } catch (ParseException e) {
      throw new AssertionError(e);
    }
  }

  private static void refused(String expected, Answer answer) {
    assertEquals(expected, answer.refusal(), () -> answer.http().body());
  }

  private static RSAKey rsa() {
    try {
      return new RSAKeyGenerator(2048).keyID("rsa").generate();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  // ---- discovery

  /**
   * {@code discovery-end-point-verification}: §5.3.2.1 (metadata, client authentication), §5.4
   * (algorithms), RFC 8705 §3.3 and §5, RFC 9207 §3.
   */
  @Test
  void discovery_saysWhatTheProfileWants() {
    Map<String, Object> it = server.discovery();
    assertEquals(server.issuer, it.get("issuer"));
    for (String algs :
        List.of(
            "dpop_signing_alg_values_supported",
            "id_token_signing_alg_values_supported",
            "userinfo_signing_alg_values_supported",
            "token_endpoint_auth_signing_alg_values_supported",
            "request_object_signing_alg_values_supported")) {
      for (String alg : ISSUER_ALGS.split(" ")) {
        assertTrue(list(it, algs).contains(alg), algs);
      }
      assertFalse(list(it, algs).contains("none"), algs);
    }
    assertFalse(list(it, "dpop_signing_alg_values_supported").contains("RS256"));
    assertTrue(
        list(it, "token_endpoint_auth_methods_supported")
            .containsAll(
                List.of("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")));
    assertEquals(List.of("S256"), it.get("code_challenge_methods_supported"));
    assertTrue(list(it, "response_types_supported").contains("code"));
    assertEquals(true, it.get("tls_client_certificate_bound_access_tokens"));
    assertEquals(true, it.get("authorization_response_iss_parameter_supported"));
    assertEquals(
        server.alias + "/oauth2/token",
        ((Map<?, ?>) Objects.requireNonNull(it.get("mtls_endpoint_aliases")))
            .get("token_endpoint"));
    it.forEach(
        (name, value) -> {
          if (name.endsWith("_endpoint") || name.endsWith("_uri")) {
            assertTrue(value.toString().startsWith("https://"), name);
          }
        });
    assertEquals(
        "application/json",
        server.contentType(server.issuer + "/.well-known/oauth-authorization-server"));
  }

  private static List<?> list(Map<String, Object> document, String name) {
    return (List<?>) Objects.requireNonNull(document.get(name), name);
  }

  // ---- well-behaved clients

  /** {@code happy-flow}, with each client authentication and sender constraint: §5.3.2, §5.3.3. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void happyFlow(Kind kind) throws ParseException {
    FapiClient by = server.client(kind);
    Map<String, Object> asking = by.asking();
    Answer pushed = by.push(asking);
    assertEquals(201, pushed.status(), () -> pushed.http().body());
    // RFC 9126 §2.2; §5.3.2.2: less than 600 s
    assertTrue(Long.parseLong(pushed.text("expires_in")) < 600);
    HttpResponse<String> back = authorize(by, pushed.text("request_uri"));
    // §5.3.2.2: not 307
    assertTrue(Set.of(302, 303).contains(back.statusCode()));
    Map<String, String> answer = FapiServer.redirect(back);
    assertEquals(Set.of("code", "state", "iss"), answer.keySet());
    assertEquals(asking.get("state"), answer.get("state"));
    assertEquals(server.issuer, answer.get("iss"));
    Answer tokens = by.token(by.redeeming(codeIn(answer)));
    assertEquals(200, tokens.status(), () -> tokens.http().body());
    assertEquals(kind.boundToCertificate ? "Bearer" : "DPoP", tokens.text("token_type"));
    assertEquals("no-store", tokens.http().headers().firstValue("Cache-Control").orElse(""));
    assertEquals(
        Set.of(kind.boundToCertificate ? "x5t#S256" : "jkt"),
        claims(tokens.text("access_token")).getJSONObjectClaim("cnf").keySet());
    SignedJWT idToken = SignedJWT.parse(tokens.text("id_token"));
    assertTrue(ISSUER_ALGS.contains(idToken.getHeader().getAlgorithm().getName()));
    assertEquals(asking.get("nonce"), idToken.getJWTClaimsSet().getStringClaim("nonce"));
    assertEquals(List.of(by.id), idToken.getJWTClaimsSet().getAudience());
    Answer person = by.resource(tokens.text("access_token"));
    assertEquals(200, person.status(), () -> person.http().body());
    assertEquals(idToken.getJWTClaimsSet().getSubject(), person.text("sub"));
  }

  /** {@code user-rejects-authentication}: §5.3.2.2, RFC 6749 §4.1.2.1, RFC 9207 §2. */
  @Test
  void userRejects_isToldToTheClient() {
    FapiClient asking = server.client("asking");
    Map<String, Object> request = asking.asking();
    HttpResponse<String> consent =
        alice.authorize(
            Map.of(
                "client_id", asking.id, "request_uri", asking.push(request).text("request_uri")));
    Map<String, String> answer = FapiServer.redirect(alice.press(consent, "deny", Map.of()));
    assertEquals("access_denied", answer.get("error"));
    assertEquals(request.get("state"), answer.get("state"));
    assertEquals(server.issuer, answer.get("iss"));
    assertFalse(answer.containsKey("code"));
  }

  /**
   * {@code ensure-authorization-request-without-state-success}, {@code …-without-nonce-success},
   * {@code …-with-64-char-nonce-success}, {@code ensure-other-scope-order-succeeds}.
   */
  @Test
  void request_inOtherWords_succeeds() throws ParseException {
    Map<String, String> answer = authorized(client, without(client.asking(), "state"));
    assertTrue(answer.containsKey("code"));
    assertNull(answer.get("state"));
    assertNull(
        claims(
                client
                    .token(client.redeeming(code(client, without(client.asking(), "nonce"))))
                    .text("id_token"))
            .getClaim("nonce"));
    String nonce = "n".repeat(64);
    assertEquals(
        nonce,
        claims(
                client
                    .token(client.redeeming(code(client, with(client.asking(), "nonce", nonce))))
                    .text("id_token"))
            .getStringClaim("nonce"));
    code(client, with(client.asking(), "scope", "offline_access openid"));
  }

  /** {@code test-claims-parameter-identity-claims}: OpenID Connect Core §5.5. */
  @Test
  void claimsParameter_isHeeded() throws ParseException {
    String claims = "{\"id_token\":{\"name\":{\"essential\":true}}}";
    Answer tokens =
        client.token(client.redeeming(code(client, with(client.asking(), "claims", claims))));
    assertNotEquals(null, claims(tokens.text("id_token")).getStringClaim("name"));
  }

  /** {@code access-token-type-header-case-sensitivity}: RFC 9110 §11.1. */
  @Test
  void schemeOfTheToken_inAnyCase_isAccepted() {
    String token = tokens(client).text("access_token");
    for (String scheme : List.of("dpop", "DPOP", "DpOp")) {
      assertEquals(200, client.resource(token, scheme, _ -> {}).status(), scheme);
    }
    FapiClient bound = server.client(Kind.MTLS_MTLS);
    String other = tokens(bound).text("access_token");
    for (String scheme : List.of("bearer", "BEARER")) {
      assertEquals(
          200,
          bound
              .send(
                  FapiClient.request(bound.url("/userinfo"), "Authorization", scheme + " " + other)
                      .GET())
              .status(),
          scheme);
    }
  }

  /** {@code ensure-authorization-request-with-long-nonce}, {@code …-with-long-state}. */
  @Test
  void longNonceAndState_areReturnedWholeOrRefused() throws ParseException {
    String state = "s".repeat(1000);
    assertEquals(state, authorized(client, with(client.asking(), "state", state)).get("state"));
    String nonce = "n".repeat(384);
    Answer tokens =
        client.token(client.redeeming(code(client, with(client.asking(), "nonce", nonce))));
    assertEquals(nonce, claims(tokens.text("id_token")).getStringClaim("nonce"));
    refused("400 invalid_request", client.push(with(client.asking(), "state", "s".repeat(9000))));
  }

  // ---- DPoP, RFC 9449

  /**
   * {@code check-dpop-proof-nbf-exp}, {@code
   * ensure-dpop-proof-with-iat-is10seconds-before-succeeds}, {@code …-after-succeeds}: §5.3.2.1
   * (clocks).
   */
  @Test
  void proof_nearlyOfNow_succeeds() {
    long now = Instant.now().getEpochSecond();
    for (Consumer<Map<String, Object>> bend :
        List.<Consumer<Map<String, Object>>>of(
            claims -> {
              claims.put("nbf", now);
              claims.put("exp", now + 300);
            },
            claims -> claims.put("iat", Instant.now().getEpochSecond() - 10),
            claims -> claims.put("iat", Instant.now().getEpochSecond() + 10))) {
      Answer tokens = client.token(client.redeeming(code(client, client.asking())), bend);
      assertEquals(200, tokens.status(), () -> tokens.http().body());
      assertEquals(200, client.resource(tokens.text("access_token"), "DPoP", bend).status());
    }
  }

  /** {@code ensure-mismatched-dpop-jkt-fails}: RFC 9449 §10.1. */
  @Test
  void dpopJkt_againstTheProofAtPar_isRefused() {
    Map<String, Object> asking =
        with(client.asking(), "dpop_jkt", FapiClient.thumbprint(FapiClient.ecKey()));
    refused("400 invalid_dpop_proof", pushProven(asking));
  }

  private static Answer pushProven(Map<String, Object> asking) {
    Answer answer = null;
    for (int i = 0; i < 2; i++) {
      answer =
          client.post(
              "/oauth2/par",
              client.authenticated(asking),
              "DPoP",
              FapiClient.sign(
                  client.dpop, client.proofClaims("POST", client.url("/oauth2/par"), null)));
      if (!answer.refusal().equals("400 use_dpop_nonce")) {
        break;
      }
    }
    return Objects.requireNonNull(answer);
  }

  /**
   * {@code ensure-dpop-auth-code-binding-success}, {@code
   * ensure-dpop-proof-at-par-endpoint-binding-success}, {@code
   * ensure-token-endpoint-fails-with-mismatched-dpop-jkt}, {@code …-dpop-proof-jkt}: RFC 9449 §10.
   */
  @Test
  void code_boundToAKey_isRedeemedByThatKeyAlone() {
    for (Function<Map<String, Object>, Answer> push :
        List.<Function<Map<String, Object>, Answer>>of(
            Fapi2SecurityProfileTest::pushProven,
            asking -> client.push(with(asking, "dpop_jkt", FapiClient.thumbprint(client.dpop))))) {
      String code = codeIn(FapiServer.redirect(authorize(client, push(push))));
      assertEquals(200, client.token(client.redeeming(code)).status());
      String other = codeIn(FapiServer.redirect(authorize(client, push(push))));
      var own = client.dpop;
      client.dpop = FapiClient.ecKey();
      try {
        refused("400 invalid_grant", client.token(client.redeeming(other)));
      } finally {
        client.dpop = own;
      }
    }
  }

  private static String push(Function<Map<String, Object>, Answer> push) {
    Answer pushed = push.apply(client.asking());
    assertEquals(201, pushed.status(), () -> pushed.http().body());
    return pushed.text("request_uri");
  }

  /** {@code dpop-negative-tests}: RFC 9449 §4.3, §7.1; algorithms: §5.4. */
  @Test
  void proof_thatIsNone_opensNothing() {
    String token = tokens(client).text("access_token");
    var key = client.dpop;
    Map<String, Function<Map<String, Object>, String>> bad = new LinkedHashMap<>();
    bad.put("no JWT", claims -> "x" + FapiClient.sign(key, claims).replace(".", ""));
    for (String missing : List.of("jti", "htm", "htu", "iat", "ath")) {
      bad.put("no " + missing, claims -> FapiClient.sign(key, without(claims, missing)));
    }
    bad.put("no typ", claims -> signed(key, null, true, claims));
    bad.put("other typ", claims -> signed(key, "JWT", true, claims));
    bad.put("no jwk", claims -> signed(key, "dpop+jwt", false, claims));
    bad.put(
        "alg none",
        claims ->
            FapiClient.unsigned(
                claims, ",\"typ\":\"dpop+jwt\",\"jwk\":" + key.toPublicJWK().toJSONString()));
    bad.put(
        "RS256",
        claims -> {
          RSAKey rsa = rsa();
          return FapiClient.jws(
              rsa,
              JWSAlgorithm.RS256,
              header -> header.type(new JOSEObjectType("dpop+jwt")).jwk(rsa.toPublicJWK()),
              claims);
        });
    bad.put("bad signature", claims -> broken(FapiClient.sign(key, claims)));
    bad.put(
        "private key",
        claims ->
            FapiClient.unsigned(claims, "")
                    .replaceFirst(
                        "^[^.]*",
                        Base64URL.encode(
                                "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":"
                                    + key.toJSONString()
                                    + "}")
                            .toString())
                + "AAAA");
    bad.put("other htm", claims -> FapiClient.sign(key, with(claims, "htm", "PUT")));
    bad.put(
        "other htu",
        claims -> FapiClient.sign(key, with(claims, "htu", "https://rs.example/userinfo")));
    bad.put(
        "iat an hour ahead",
        claims -> FapiClient.sign(key, with(claims, "iat", Instant.now().getEpochSecond() + 3600)));
    bad.put(
        "iat an hour ago",
        claims -> FapiClient.sign(key, with(claims, "iat", Instant.now().getEpochSecond() - 3600)));
    bad.put(
        "nbf in an hour",
        claims -> FapiClient.sign(key, with(claims, "nbf", Instant.now().getEpochSecond() + 3600)));
    bad.put(
        "expired",
        claims -> FapiClient.sign(key, with(claims, "exp", Instant.now().getEpochSecond() - 1)));
    bad.put("other ath", claims -> FapiClient.sign(key, with(claims, "ath", "x".repeat(43))));
    bad.put("other key", claims -> FapiClient.sign(FapiClient.ecKey(), claims));
    bad.put("nonce not ours", claims -> FapiClient.sign(key, with(claims, "nonce", "mine")));
    bad.forEach(
        (what, proof) -> {
          Answer answer =
              client.proven(
                  token,
                  claims ->
                      new String[] {"Authorization", "DPoP " + token, "DPoP", proof.apply(claims)});
          assertEquals(401, answer.status(), what);
          String challenge =
              answer.http().headers().firstValue("WWW-Authenticate").orElse("(none)");
          assertTrue(challenge.startsWith("DPoP "), what);
        });
    Answer two =
        client.proven(
            token,
            claims ->
                new String[] {
                  "Authorization", "DPoP " + token,
                  "DPoP", FapiClient.sign(key, claims),
                  "DPoP", FapiClient.sign(key, with(claims, "jti", "2"))
                });
    assertEquals(401, two.status(), "two proofs");
    assertEquals(
        401,
        client.proven(token, _ -> new String[] {"Authorization", "DPoP " + token}).status(),
        "no proof");
    assertEquals(
        401,
        client.proven(token, _ -> new String[] {"Authorization", "Bearer " + token}).status(),
        "as a bearer token");
    String jti = UUID.randomUUID().toString();
    assertEquals(
        200, client.resource(token, "DPoP", claims -> claims.put("jti", jti)).status(), "first");
    assertEquals(
        401, client.resource(token, "DPoP", claims -> claims.put("jti", jti)).status(), "again");
  }

  private static String signed(
      ECKey key, @Nullable String typ, boolean jwk, Map<String, Object> claims) {
    return FapiClient.jws(
        key,
        JWSAlgorithm.ES256,
        header -> {
          if (typ != null) {
            header.type(new JOSEObjectType(typ));
          }
          if (jwk) {
            header.jwk(key.toPublicJWK());
          }
        },
        claims);
  }

  private static String broken(String jws) {
    int at = jws.lastIndexOf('.') + 5;
    return jws.substring(0, at) + (jws.charAt(at) == 'A' ? 'B' : 'A') + jws.substring(at + 1);
  }

  /** {@code dpop-negative-tests}, what must be accepted: RFC 9449 §4.3, RFC 3986 §6.2.2, §6.2.3. */
  @Test
  void proof_inOtherWords_opens() {
    String token = tokens(client).text("access_token");
    String url = client.url("/userinfo");
    for (String htu :
        List.of(
            url + "?a=b#c",
            url.replace("https://localhost", "HTTPS://LOCALHOST"),
            url.replace("/userinfo", "/x/../userinfo"),
            url.replace("/userinfo", "/user%69nfo"))) {
      assertEquals(
          200, client.resource(token, "DPoP", claims -> claims.put("htu", htu)).status(), htu);
    }
    assertEquals(
        200, client.resource(token, "DPoP", claims -> claims.put("more", List.of(1))).status());
    Answer shouted =
        client.proven(
            token,
            claims ->
                new String[] {
                  "AUTHORIZATION", "DPoP " + token, "DPOP", FapiClient.sign(client.dpop, claims)
                });
    assertEquals(200, shouted.status());
  }

  /** RFC 9449 §8: a proof without our nonce is told one, at every endpoint; §9 at the resource. */
  @Test
  void proof_withoutNonce_isToldOne() {
    String token = tokens(client).text("access_token");
    Answer resource =
        client.send(
            FapiClient.request(
                    client.url("/userinfo"),
                    "Authorization",
                    "DPoP " + token,
                    "DPoP",
                    FapiClient.sign(
                        client.dpop,
                        without(
                            client.proofClaims("GET", client.url("/userinfo"), token), "nonce")))
                .GET());
    refused("401 use_dpop_nonce", resource);
    Answer answer =
        client.post(
            "/oauth2/token",
            client.authenticated(client.redeeming("x")),
            "DPoP",
            FapiClient.sign(
                client.dpop,
                without(client.proofClaims("POST", client.url("/oauth2/token"), null), "nonce")));
    refused("400 use_dpop_nonce", answer);
    for (Answer one : List.of(resource, answer)) {
      assertTrue(one.http().headers().firstValue("DPoP-Nonce").isPresent());
    }
  }

  // ---- the authorization request

  /**
   * {@code ensure-request-object-without-redirect-uri-fails}, {@code
   * ensure-redirect-uri-in-authorization-request}, {@code ensure-registered-redirect-uri}, {@code
   * ensure-response-type-token-fails}, {@code ensure-response-type-code-idtoken-fails}: §5.3.2.2.
   */
  @Test
  void pushedRequest_ofAnotherShape_isRefused() {
    refused("400 invalid_request", client.push(without(client.asking(), "redirect_uri")));
    for (String scope : List.of("chat.read", "openid")) {
      refused(
          "400 invalid_request",
          client.push(without(with(client.asking(), "scope", scope), "redirect_uri")));
    }
    for (String redirect :
        List.of(
            FapiClient.REDIRECT + "?dummy1=lorem&dummy2=ipsum",
            FapiClient.REDIRECT + "/more",
            "https://rp.example/Callback",
            "https://other.example/callback")) {
      Answer answer = client.push(with(client.asking(), "redirect_uri", redirect));
      assertEquals(400, answer.status(), redirect);
    }
    for (String type : List.of("token", "code id_token", "id_token", "code token", "none")) {
      Answer answer = client.push(with(client.asking(), "response_type", type));
      assertEquals(400, answer.status(), type);
      assertTrue(
          Set.of("unsupported_response_type", "invalid_request", "unauthorized_client")
              .contains(answer.text("error")),
          () -> answer.http().body());
    }
    assertEquals(400, client.push(without(client.asking(), "response_type")).status());
  }

  /** {@code ensure-unsigned-authorization-request-without-using-par-fails}: §5.3.2.2. */
  @Test
  void request_thatWasNotPushed_isRefused() {
    for (String requestUri :
        List.of("", "urn:ietf:params:oauth:request_uri:unknown", "https://rp.example/request")) {
      Map<String, Object> asking = client.asking();
      if (!requestUri.isEmpty()) {
        asking.put("request_uri", requestUri);
      }
      HttpResponse<String> answer = alice.authorize(asking);
      String location = answer.headers().firstValue("Location").orElse("");
      assertFalse(location.contains("code="), location);
      assertTrue(answer.statusCode() == 400 || location.contains("error="), location);
    }
  }

  /** {@code state-only-outside-request-object-not-used}, and others: RFC 9126 §4, RFC 9101 §6.3. */
  @Test
  void parametersBesideTheRequestUri_doNotCount() throws ParseException {
    Answer pushed = client.push(without(client.asking(), "state"));
    Map<String, Object> beside = new LinkedHashMap<>();
    beside.put("client_id", client.id);
    beside.put("request_uri", pushed.text("request_uri"));
    beside.put("state", "beside");
    beside.put("nonce", "beside");
    beside.put("scope", "openid chat.read");
    beside.put("redirect_uri", "https://evil.example/");
    beside.put("code_challenge", FapiClient.sha256("x".repeat(43)));
    Map<String, String> answer = FapiServer.redirect(alice.authorize(beside));
    assertNull(answer.get("state"));
    Answer tokens = client.token(client.redeeming(codeIn(answer)));
    assertNotEquals("beside", claims(tokens.text("id_token")).getStringClaim("nonce"));
    assertFalse(tokens.text("scope").contains("chat.read"));
  }

  /**
   * {@code par-attempt-reuse-request_uri}, {@code
   * par-ensure-reused-request-uri-prior-to-auth-completion-succeeds}: §5.3.2.2 note 3, RFC 9126 §4.
   */
  @Test
  void requestUri_isUsedOnce_whenSomebodyHasSignedIn() {
    String requestUri = client.push(client.asking()).text("request_uri");
    FapiServer.Browser stranger = server.browser();
    Map<String, Object> asking = Map.of("client_id", client.id, "request_uri", requestUri);
    for (int i = 0; i < 2; i++) {
      assertTrue(stranger.authorize(asking).body().contains("id=\"sign-in\""));
    }
    HttpResponse<String> back = stranger.signIn(stranger.authorize(asking));
    assertTrue(FapiServer.redirect(back).containsKey("code"));
    HttpResponse<String> again = stranger.authorize(asking);
    assertFalse(again.headers().firstValue("Location").orElse("").contains("code="));
    assertEquals(400, again.statusCode());
  }

  /** {@code par-ensure-request-uri-is-bound-to-client}: RFC 9126 §2.2. */
  @Test
  void requestUri_ofAnotherClient_isRefused() {
    String requestUri = client.push(client.asking()).text("request_uri");
    HttpResponse<String> answer =
        alice.authorize(Map.of("client_id", "second", "request_uri", requestUri));
    assertFalse(answer.headers().firstValue("Location").orElse("").contains("code="));
    assertEquals(400, answer.statusCode());
  }

  /**
   * {@code par-authorization-request-containing-request_uri-form-param}, {@code
   * par-authorization-request-containing-request_uri}: RFC 9126 §2.1.
   */
  @Test
  void par_withARequestUri_isRefused() {
    for (String uri : List.of("https://rp.example/r", "urn:ietf:params:oauth:request_uri:x", "x")) {
      Answer answer = client.push(with(client.asking(), "request_uri", uri));
      assertEquals(400, answer.status(), uri);
      assertTrue(
          Set.of("invalid_request", "invalid_request_object", "request_uri_not_supported")
              .contains(answer.text("error")));
    }
  }

  /** {@code par-attempt-invalid-http-method}: RFC 9126 §2.3. */
  @Test
  void par_byAnotherMethod_isNotAllowed() {
    for (String method : List.of("PUT", "GET", "DELETE", "PATCH")) {
      HttpRequest.Builder request =
          FapiClient.request(client.url("/oauth2/par"))
              .method(
                  method,
                  HttpRequest.BodyPublishers.ofString(
                      FapiClient.form(client.authenticated(client.asking()))));
      assertEquals(405, client.send(request).status(), method);
    }
  }

  /** RFC 9126 §2.1, RFC 6749 §3.1: no parameter twice; the client authenticates. */
  @Test
  void par_withADuplicateOrWithoutClient_isRefused() {
    refused(
        "400 invalid_request", client.push(with(client.asking(), "state", List.of("one", "two"))));
    refused("401 invalid_client", client.post("/oauth2/par", client.asking()));
    FapiClient byCertificate = server.client(Kind.MTLS_MTLS);
    refused(
        "401 invalid_client",
        byCertificate.postBare("/oauth2/par", byCertificate.authenticated(client.asking())));
    Answer other =
        client.post(
            "/oauth2/par", client.authenticated(with(client.asking(), "client_id", "second")));
    assertTrue(Set.of(400, 401).contains(other.status()));
  }

  // ---- PKCE, RFC 7636

  /**
   * {@code par-ensure-pkce-required}, {@code par-ensure-plain-pkce-rejected}, {@code
   * par-pkce-code-verifier-required}, {@code par-incorrect-pkce-code-verifier-rejected}: §5.3.2.2.
   */
  @Test
  void pkce_isRequired_byS256() {
    refused("400 invalid_request", client.push(without(client.asking(), "code_challenge")));
    refused("400 invalid_request", client.push(without(client.asking(), "code_challenge_method")));
    for (String challenge : List.of(FapiClient.VERIFIER, FapiClient.sha256(FapiClient.VERIFIER))) {
      refused(
          "400 invalid_request",
          client.push(
              with(
                  with(client.asking(), "code_challenge_method", "plain"),
                  "code_challenge",
                  challenge)));
    }
    String code = code(client, client.asking());
    for (Map<String, Object> wrong :
        List.of(
            without(client.redeeming(code), "code_verifier"),
            with(client.redeeming(code), "code_verifier", "x".repeat(43)),
            with(
                client.redeeming(code), "code_verifier", FapiClient.sha256(FapiClient.VERIFIER)))) {
      Answer answer = client.token(wrong);
      assertEquals(400, answer.status());
      assertTrue(Set.of("invalid_grant", "invalid_request").contains(answer.text("error")));
    }
  }

  // ---- the token endpoint

  /** {@code ensure-client-id-in-token-endpoint}: another client than the code's, §5.3.2.1. */
  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"KEY_DPOP", "MTLS_MTLS"})
  void tokenRequest_byAnotherClientId_isRefused(Kind kind) {
    FapiClient by = server.client(kind);
    Map<String, Object> form =
        with(
            by.authenticated(by.redeeming(code(by, by.asking()))),
            "client_id",
            server.other(kind).id);
    Answer answer = by.post("/oauth2/token", form, proof(by));
    assertTrue(Set.of(400, 401).contains(answer.status()));
    assertTrue(
        Set.of("invalid_client", "invalid_request", "invalid_grant")
            .contains(answer.text("error")));
  }

  private static String[] proof(FapiClient by) {
    return by.kind.boundToCertificate
        ? new String[0]
        : new String[] {
          "DPoP", FapiClient.sign(by.dpop, by.proofClaims("POST", by.url("/oauth2/token"), null))
        };
  }

  /** {@code ensure-authorization-code-is-bound-to-client}: RFC 6749 §4.1.3. */
  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"KEY_DPOP", "MTLS_MTLS"})
  void code_ofAnotherClient_isRefused(Kind kind) {
    FapiClient by = server.client(kind);
    String code = code(by, by.asking());
    refused("400 invalid_grant", server.other(kind).token(by.redeeming(code)));
    assertEquals(200, by.token(by.redeeming(code)).status(), "and it cost nothing");
  }

  /** {@code ensure-holder-of-key-required}: §5.3.2.1, RFC 8705 §3, RFC 9449 §5. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void token_withoutTheKeyThatItWouldBeBoundTo_isNotGiven(Kind kind) {
    FapiClient by = server.client(kind);
    Map<String, Object> form = by.authenticated(by.redeeming(code(by, by.asking())));
    Answer answer =
        kind.boundToCertificate
            ? by.postBare("/oauth2/token", form)
            : by.post("/oauth2/token", form);
    refused(
        !kind.boundToCertificate
            ? "400 invalid_dpop_proof"
            : kind.authenticatesByCertificate ? "401 invalid_client" : "400 invalid_request",
        answer);
  }

  /** RFC 8705 §3: the same certificate at the resource, and none on the other port. */
  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"KEY_MTLS", "MTLS_MTLS"})
  void token_boundToACertificate_opensNothingWithoutIt(Kind kind) {
    FapiClient by = server.client(kind);
    String token = tokens(by).text("access_token");
    HttpRequest.Builder request =
        FapiClient.request(server.alias + "/userinfo", "Authorization", "Bearer " + token).GET();
    assertEquals(200, by.send(request.copy()).status());
    refused("401 invalid_token", by.send(by.of(null), request.copy()));
    refused(
        "401 invalid_token",
        by.send(by.of(server.authority.issue("CN=" + by.id, null)), request.copy()));
    refused(
        "401 invalid_token",
        by.send(
            FapiClient.request(server.issuer + "/userinfo", "Authorization", "Bearer " + token)
                .GET()));
    refused(
        "401 invalid_token",
        client.proven(
            token,
            claims ->
                new String[] {
                  "Authorization", "DPoP " + token, "DPoP", FapiClient.sign(client.dpop, claims)
                }));
  }

  /** {@code attempt-reuse-authorization-code-after-one-second}: §5.3.2.2, RFC 6749 §4.1.2. */
  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"KEY_DPOP", "MTLS_MTLS"})
  void code_usedAgain_endsWhatItGave(Kind kind) {
    FapiClient by = server.client(kind);
    String code = code(by, by.asking());
    Answer tokens = by.token(by.redeeming(code));
    String token = tokens.text("access_token");
    assertEquals(200, by.resource(token).status());
    refused("400 invalid_grant", by.token(by.redeeming(code)));
    assertEquals(401, by.resource(token).status());
    refused("400 invalid_grant", by.token(refreshing(tokens)));
  }

  private static Map<String, Object> refreshing(Answer tokens) {
    return Map.of("grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"));
  }

  /** {@code refresh-token}: §5.3.2.1 (no rotation), RFC 6749 §6, RFC 9449 §5, RFC 8705 §7.1. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void refreshToken_isTheClientsAlone_andStays(Kind kind) {
    FapiClient by = server.client(kind);
    Answer tokens = tokens(by);
    for (int i = 0; i < 2; i++) {
      Answer refreshed = by.token(refreshing(tokens));
      assertEquals(200, refreshed.status(), () -> refreshed.http().body());
      assertEquals(tokens.text("refresh_token"), refreshed.text("refresh_token"));
      assertEquals(200, by.resource(refreshed.text("access_token")).status());
    }
    refused("400 invalid_grant", server.other(kind).token(refreshing(tokens)));
    // without the client's proof of itself it is nothing
    Map<String, Object> bare = with(refreshing(tokens), "client_id", by.id);
    refused("401 invalid_client", by.postBare("/oauth2/token", bare, proof(by)));
    if (!kind.boundToCertificate) {
      // a confidential client may take another key; its tokens are then bound to that one
      String before = FapiClient.thumbprint(by.dpop);
      var own = by.dpop;
      by.dpop = FapiClient.ecKey();
      try {
        Answer refreshed = by.token(refreshing(tokens));
        assertEquals(200, by.resource(refreshed.text("access_token")).status());
        assertFalse(
            claims(refreshed.text("access_token")).getClaim("cnf").toString().contains(before));
      } finally {
        by.dpop = own;
      }
    }
  }

  /**
   * {@code attempt-to-use-expired-auth-code} (§5.3.2.1: 60 s at most), {@code
   * par-attempt-to-use-expired-request_uri} (RFC 9126 §2.2).
   */
  @Test
  void codeAndRequestUri_tooOld_areRefused() {
    Wait.until(
        "the life of a pushed request",
        PUSHED_LIFE.plusSeconds(30),
        () -> Instant.now().isAfter(givenAt.plus(PUSHED_LIFE).plusSeconds(1)));
    assertTrue(Instant.now().isAfter(givenAt.plus(CODE_LIFE)));
    refused("400 invalid_grant", client.token(client.redeeming(oldCode)));
    HttpResponse<String> answer = authorize(client, oldRequestUri);
    assertFalse(answer.headers().firstValue("Location").orElse("").contains("code="));
    assertEquals(400, answer.statusCode());
  }

  // ---- client assertions, RFC 7523

  private static Answer pushBy(String assertion) {
    return client.post("/oauth2/par", FapiClient.asserting(client.asking(), assertion));
  }

  private static Answer tokenBy(String assertion) {
    Map<String, Object> form = client.redeeming(code(client, client.asking()));
    return client.post("/oauth2/token", FapiClient.asserting(form, assertion), proof(client));
  }

  private static long now() {
    return Instant.now().getEpochSecond();
  }

  /**
   * {@code par-endpoint-as-array-audience-fails}, {@code par-endpoint-as-audience-fails}, {@code
   * par-token-endpoint-as-audience-fails}, {@code ensure-client-assertion-with-wrong-aud-fails},
   * {@code …-with-no-sub-fails}, {@code …-with-exp-is-5-minutes-in-past-fails}, {@code
   * par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails}, {@code
   * ensure-signed-client-assertion-with-RS256-fails}: §5.3.2.1, §5.4.
   */
  @Test
  void assertion_thatErrs_isRefusedAtBothEndpoints() {
    Map<String, Consumer<Map<String, Object>>> bad = new LinkedHashMap<>();
    for (Object aud :
        List.of(
            client.url("/oauth2/par"),
            client.url("/oauth2/token"),
            server.issuer + "/",
            "https://other.example",
            List.of(server.issuer),
            List.of(server.issuer, client.url("/oauth2/par")),
            List.of(client.url("/oauth2/par")))) {
      bad.put("aud " + aud, claims -> claims.put("aud", aud));
    }
    for (String missing : List.of("aud", "sub", "iss", "jti", "exp")) {
      bad.put("no " + missing, claims -> claims.remove(missing));
    }
    bad.put("of another", claims -> claims.put("iss", "second"));
    bad.put("for another", claims -> claims.put("sub", "second"));
    bad.put("expired", claims -> claims.put("exp", now() - 300));
    bad.put(
        "to come",
        claims -> {
          claims.put("iat", now() + 90);
          claims.put("nbf", now() + 90);
          claims.put("exp", now() + 150);
        });
    bad.put("nbf to come", claims -> claims.put("nbf", now() + 90));
    bad.put("iat to come", claims -> claims.put("iat", now() + 90));
    bad.put("an hour long", claims -> claims.put("exp", now() + 3600));
    bad.forEach(
        (what, bend) -> {
          assertEquals("401 invalid_client", pushBy(client.assertion(bend)).refusal(), what);
          assertEquals("401 invalid_client", tokenBy(client.assertion(bend)).refusal(), what);
        });
    RSAKey rsa = rsa();
    for (String assertion :
        List.of(
            FapiClient.unsigned(client.assertionClaims(), ""),
            FapiClient.jws(
                rsa, JWSAlgorithm.RS256, header -> header.keyID("rsa"), client.assertionClaims()),
            FapiClient.jws(
                FapiClient.ecKey(),
                JWSAlgorithm.ES256,
                header -> header.keyID(client.key.getKeyID()),
                client.assertionClaims()),
            broken(client.assertion(_ -> {})),
            "x.y.z")) {
      refused("401 invalid_client", pushBy(assertion));
      refused("401 invalid_client", tokenBy(assertion));
    }
  }

  /** {@code ensure-signed-client-assertion-with-RS256-fails}, by a key that is registered: §5.4. */
  @Test
  void assertion_byRs256OfARegisteredKey_isRefused() {
    RSAKey rsa = rsa();
    String id =
        server.register(
            client,
            Map.of(
                "jwks",
                Map.of(
                    "keys",
                    List.of(
                        client.key.toPublicJWK().toJSONObject(),
                        rsa.toPublicJWK().toJSONObject()))));
    for (JWSAlgorithm alg : List.of(JWSAlgorithm.PS256, JWSAlgorithm.RS256)) {
      Map<String, Object> claims = client.assertionClaims();
      claims.put("iss", id);
      claims.put("sub", id);
      Map<String, Object> asking = with(client.asking(), "client_id", id);
      Answer answer =
          client.post(
              "/oauth2/par",
              FapiClient.asserting(
                  asking, FapiClient.jws(rsa, alg, header -> header.keyID("rsa"), claims)));
      assertEquals(alg == JWSAlgorithm.PS256 ? 201 : 401, answer.status(), alg.getName());
    }
  }

  /**
   * {@code par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted}; used again:
   * RFC 7523 §3, §5.3.2.1.
   */
  @Test
  void assertion_isGoodAFewSecondsAhead_andOnce() {
    String assertion =
        client.assertion(
            claims -> {
              claims.put("iat", now() + 8);
              claims.put("nbf", now() + 8);
            });
    assertEquals(201, pushBy(assertion).status());
    refused("401 invalid_client", pushBy(assertion));
    refused("401 invalid_client", tokenBy(assertion));
  }

  /** {@code ensure-client-assertion-in-token-endpoint}: no assertion, or no type of one. */
  @Test
  void tokenRequest_withoutAssertion_isRefused() {
    Map<String, Object> form = client.redeeming(code(client, client.asking()));
    refused(
        "401 invalid_client",
        client.post("/oauth2/token", with(form, "client_id", client.id), proof(client)));
    refused("401 invalid_client", client.post("/oauth2/token", form, proof(client)));
    refused(
        "401 invalid_client",
        client.post(
            "/oauth2/token",
            without(client.authenticated(form), "client_assertion_type"),
            proof(client)));
    Answer secret =
        client.post(
            "/oauth2/token",
            with(with(form, "client_id", client.id), "client_secret", "x".repeat(32)),
            proof(client));
    refused("401 invalid_client", secret);
  }

  // ---- request objects, FAPI 2.0 Message Signing §5.3

  private static Map<String, Object> object(Map<String, Object> asking) {
    Map<String, Object> claims = new LinkedHashMap<>(asking);
    claims.put("iss", client.id);
    claims.put("aud", server.issuer);
    claims.put("nbf", now());
    claims.put("iat", now());
    claims.put("exp", now() + 300);
    claims.put("jti", UUID.randomUUID().toString());
    return claims;
  }

  private static String signedObject(Map<String, Object> claims) {
    return FapiClient.jws(
        client.key,
        JWSAlgorithm.ES256,
        header ->
            header.keyID(client.key.getKeyID()).type(new JOSEObjectType("oauth-authz-req+jwt")),
        claims);
  }

  private static Answer pushObject(String object) {
    return client.push(Map.of("client_id", client.id, "request", object));
  }

  /**
   * {@code ensure-server-accepts-request-object-with-multiple-aud}, {@code
   * ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted}, {@code
   * ensure-different-nonce-inside-and-outside-request-object}, {@code …-state-…}: RFC 9101 §6.3.
   */
  @Test
  void requestObject_thatIsGood_isTheWholeRequest() throws ParseException {
    Map<String, Object> asking = client.asking();
    for (Map<String, Object> claims :
        List.of(
            object(asking),
            with(object(asking), "aud", List.of(server.issuer, "https://other.example")),
            with(object(asking), "nbf", now() + 8))) {
      Map<String, Object> form = new LinkedHashMap<>();
      form.put("client_id", client.id);
      form.put("request", signedObject(claims));
      form.put("state", "outside");
      form.put("nonce", "outside");
      form.put("scope", "openid chat.read");
      Map<String, String> answer = authorized(client, form);
      assertEquals(asking.get("state"), answer.get("state"));
      Answer tokens = client.token(client.redeeming(codeIn(answer)));
      assertEquals(asking.get("nonce"), claims(tokens.text("id_token")).getStringClaim("nonce"));
      assertFalse(tokens.text("scope").contains("chat.read"));
    }
  }

  /**
   * {@code ensure-request-object-without-exp-fails}, {@code …-without-nbf-fails}, {@code
   * ensure-expired-request-object-fails}, {@code ensure-request-object-with-bad-aud-fails}, {@code
   * …-with-exp-over-60-fails}, {@code …-with-nbf-over-60-fails}, {@code
   * …-without-redirect-uri-fails}, {@code ensure-signed-request-object-with-RS256-fails}, {@code
   * ensure-request-object-signature-algorithm-is-not-none}, {@code …-with-invalid-signature-fails},
   * {@code ensure-matching-key-in-authorization-request}, {@code
   * par-authorization-request-containing-request_uri}: Message Signing §5.3.1.
   */
  @Test
  void requestObject_thatErrs_isRefused() {
    Map<String, Object> asking = client.asking();
    List<Map<String, Object>> bad = new ArrayList<>();
    for (String missing : List.of("exp", "nbf", "aud", "iss", "redirect_uri", "response_type")) {
      bad.add(without(object(asking), missing));
    }
    bad.add(with(object(asking), "exp", now() - 1));
    bad.add(with(object(asking), "exp", now() + 70 * 60));
    bad.add(with(object(asking), "nbf", now() - 70 * 60));
    bad.add(with(object(asking), "nbf", now() + 90));
    bad.add(with(object(asking), "iat", now() + 90));
    bad.add(with(object(asking), "aud", "https://other.example"));
    bad.add(with(object(asking), "aud", client.url("/oauth2/par")));
    bad.add(with(object(asking), "iss", "second"));
    bad.add(with(object(asking), "client_id", "second"));
    bad.add(with(object(asking), "request_uri", "urn:ietf:params:oauth:request_uri:x"));
    bad.add(with(object(asking), "request", "x.y.z"));
    bad.add(with(object(asking), "code_challenge_method", "plain"));
    for (Map<String, Object> claims : bad) {
      Answer answer = pushObject(signedObject(claims));
      assertEquals(400, answer.status(), claims::toString);
      assertTrue(
          Set.of("invalid_request_object", "invalid_request", "unsupported_response_type")
              .contains(answer.text("error")),
          () -> claims + answer.http().body());
    }
    RSAKey rsa = rsa();
    for (String object :
        List.of(
            FapiClient.unsigned(object(asking), ""),
            FapiClient.jws(rsa, JWSAlgorithm.RS256, header -> header.keyID("rsa"), object(asking)),
            FapiClient.jws(
                server.client("second").key, JWSAlgorithm.ES256, _ -> {}, object(asking)),
            broken(signedObject(object(asking))))) {
      refused("400 invalid_request_object", pushObject(object));
    }
  }

  /** {@code ensure-unsigned-request-at-par-endpoint-fails}: Message Signing §5.3.1. */
  @Test
  void unsignedRequest_ofAClientThatSigns_isRefused() {
    String id = server.register(client, Map.of("require_signed_request_object", true));
    Map<String, Object> claims = client.assertionClaims();
    claims.put("iss", id);
    claims.put("sub", id);
    String assertion =
        FapiClient.jws(
            client.key, JWSAlgorithm.ES256, header -> header.keyID(client.key.getKeyID()), claims);
    Answer answer =
        client.post(
            "/oauth2/par", FapiClient.asserting(with(client.asking(), "client_id", id), assertion));
    assertEquals(400, answer.status(), () -> answer.http().body());
    assertTrue(Set.of("invalid_request", "invalid_request_object").contains(answer.text("error")));
  }

  // ---- TLS, §5.2

  /** {@code ensure-holder-of-key-required}, TLS part: 1.2 or 1.3, RFC 9325 §4.2 suites for 1.2. */
  @Test
  void tls_isStrong_onBothPorts() throws IOException {
    for (String base : List.of(server.issuer, server.alias)) {
      for (String protocol : List.of("TLSv1.3", "TLSv1.2")) {
        assertTrue(handshake(base, protocol, null), base + protocol);
      }
      for (String suite :
          List.of(
              "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
              "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
              "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA")) {
        assertFalse(handshake(base, "TLSv1.2", suite), base + suite);
      }
      assertTrue(handshake(base, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), base);
    }
  }

  private static boolean handshake(String base, String protocol, @Nullable String suite)
      throws IOException {
    int port = URI.create(base).getPort();
    try (var socket =
        (SSLSocket)
            server.authority.context(null).getSocketFactory().createSocket("localhost", port)) {
      socket.setSoTimeout(20_000);
      socket.setEnabledProtocols(new String[] {protocol});
      if (suite != null) {
        socket.setEnabledCipherSuites(new String[] {suite});
      }
      socket.startHandshake();
      return true;
    } catch (SSLException refused) {
      return false;
    }
  }

  /** §5.3.2.2, RFC 9700 §2.1: form post where the client asks for it, and {@code iss} there too. */
  @Test
  void formPost_carriesTheSame() {
    Answer pushed = client.push(with(client.asking(), "response_mode", "form_post"));
    HttpResponse<String> page = authorize(client, pushed.text("request_uri"));
    assertEquals(200, page.statusCode());
    assertTrue(page.body().contains("name=\"iss\""));
    assertTrue(page.body().contains("name=\"code\""));
    for (String mode : List.of("fragment", "fragment.jwt", "web_message")) {
      Answer refused = client.push(with(client.asking(), "response_mode", mode));
      assertEquals("400 invalid_request", refused.refusal(), mode);
    }
  }
}
