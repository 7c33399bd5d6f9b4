package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.registration.InitialAccessTokens;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.SigningKeys;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Clients that register themselves (RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration
 * 1.0), and what they may do by what they registered. By the modules of the OpenID Foundation's
 * Dynamic OP plan.
 */
class RegistrationTest {

  private static final String REGISTER = "/connect/register";
  private static final String TOKEN_ENDPOINT = World.ISSUER + "/oauth2/token";
  private static final World world = World.get();
  private static RelyingSite site;
  private static RSAKey key;
  private static String manyTimes;

  @BeforeAll
  static void start() throws JOSEException {
    site = new RelyingSite();
    key = rsa("k1");
    manyTimes = initialToken(Set.of(SecurityProfile.values()), 1_000);
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  private static RSAKey rsa(String kid) throws JOSEException {
    return new RSAKeyGenerator(2048).keyID(kid).generate();
  }

  private static String initialToken(Set<SecurityProfile> profiles, int uses) {
    return initial(profiles, uses).token();
  }

  private static InitialAccessTokens.Made initial(Set<SecurityProfile> profiles, int uses) {
    return world
        .server
        .bean(InitialAccessTokens.class)
        .make("a test", profiles, uses, Duration.ofDays(300), Actor.admin("admin"));
  }

  private static Answer call(
      String method, String path, @Nullable String token, @Nullable String json) {
    var request = world.request(path);
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return world.send(
        request
            .header("Content-Type", "application/json")
            .method(
                method, json == null ? BodyPublishers.noBody() : BodyPublishers.ofString(json)));
  }

  private static Answer register(Map<String, Object> metadata) {
    return call("POST", REGISTER, manyTimes, JSONObjectUtils.toJSONString(metadata));
  }

  /** What the conformance suite registers. */
  private static Map<String, Object> metadata(Object... more) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("client_name", "Self-made");
    metadata.put("grant_types", List.of("authorization_code"));
    metadata.put("response_types", List.of("code"));
    metadata.put("redirect_uris", List.of(World.REDIRECT));
    metadata.put("token_endpoint_auth_method", "private_key_jwt");
    metadata.put("jwks", new JWKSet(key).toPublicJWKSet().toJSONObject());
    metadata.put("contacts", List.of("someone@rp.example"));
    for (int i = 0; i < more.length; i += 2) {
      if (more[i + 1].equals("")) {
        metadata.remove(more[i].toString());
      } else {
        metadata.put(more[i].toString(), more[i + 1]);
      }
    }
    return metadata;
  }

  private static Answer registered(Object... more) {
    Answer answer = register(metadata(more));
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(201);
    return answer;
  }

  private static String path(Answer registered) {
    String uri = registered.text("registration_client_uri");
    assertThat(uri).startsWith(World.ISSUER + REGISTER + "/");
    return uri.substring(World.ISSUER.length());
  }

  private static String signed(RSAKey by, JWSAlgorithm alg, Map<String, Object> claims) {
    JWSObject jws =
        new JWSObject(new JWSHeader.Builder(alg).keyID(by.getKeyID()).build(), new Payload(claims));
    try {
      jws.sign(new RSASSASigner(by));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jws.serialize();
  }

  private static String assertion(RSAKey by, String clientId, Object audience) {
    long now = world.clock.instant().getEpochSecond();
    return signed(
        by,
        JWSAlgorithm.RS256,
        Map.of(
            "iss", clientId,
            "sub", clientId,
            "aud", audience,
            "jti", UUID.randomUUID().toString(),
            "nbf", now,
            "iat", now,
            "exp", now + 60));
  }

  private static Map<String, String> asserted(
      RSAKey by, String clientId, Object audience, Map<String, String> form) {
    Map<String, String> all = new LinkedHashMap<>(form);
    all.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    all.put("client_assertion", assertion(by, clientId, audience));
    return all;
  }

  private static Map<String, String> asking(String clientId, String scope) {
    return world.asking(clientId, scope);
  }

  private static Answer redeem(RSAKey by, String clientId, String code) {
    return world.post(
        "/oauth2/token", asserted(by, clientId, TOKEN_ENDPOINT, world.redeeming(clientId, code)));
  }

  /** Signs in at this client, with consent, and redeems the code. */
  private static Answer signIn(Answer client, String scope) {
    String clientId = client.text("client_id");
    Answer tokens =
        redeem(key, clientId, world.authorize(asking(clientId, scope)).redirect("code"));
    assertThat(tokens.status()).as(tokens.http().body()).isEqualTo(200);
    return tokens;
  }

  // ---- who may

  @Test
  void register_withoutInitialAccessToken_isRefused() {
    for (String token : new String[] {null, "", "nothing", "sallyport-iat-x"}) {
      Answer refused = call("POST", REGISTER, token, "{}");
      assertThat(refused.refusal()).isEqualTo("401 invalid_token");
      assertThat(refused.header("WWW-Authenticate").orElse("")).startsWith("Bearer");
    }
    String json = JSONObjectUtils.toJSONString(metadata());
    InitialAccessTokens.Made made = initial(Set.of(SecurityProfile.WEB), 5);
    assertThat(call("POST", REGISTER, made.token(), json).status()).isEqualTo(201);
    world.server.bean(InitialAccessTokens.class).revoke(made.entry().id(), Actor.admin("admin"));
    assertThat(call("POST", REGISTER, made.token(), json).refusal()).isEqualTo("401 invalid_token");
  }

  @Test
  void register_ofAnotherProfileThanTheTokens_isRefusedAndCostsNothing() {
    String token = initialToken(Set.of(SecurityProfile.WEB), 1);
    String chat =
        JSONObjectUtils.toJSONString(metadata("token_endpoint_auth_method", "none", "jwks", ""));
    assertThat(call("POST", REGISTER, token, chat).refusal())
        .isEqualTo("400 invalid_client_metadata");
    assertThat(call("POST", REGISTER, token, "{\"redirect_uris\": []}").status()).isEqualTo(400);
    String web = JSONObjectUtils.toJSONString(metadata());
    assertThat(call("POST", REGISTER, token, web).status()).isEqualTo(201);
    assertThat(call("POST", REGISTER, token, web).refusal()).isEqualTo("401 invalid_token");
  }

  @Test
  void register_manyAtOnceWithOneUse_oneIsRegistered() throws Exception {
    String token = initialToken(Set.of(SecurityProfile.WEB), 1);
    String json = JSONObjectUtils.toJSONString(metadata());
    List<Callable<Integer>> calls = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      calls.add(() -> call("POST", REGISTER, token, json).status());
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(12)) {
      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> one : threads.invokeAll(calls)) {
        statuses.add(one.get());
      }
      assertThat(statuses).containsOnlyOnce(201).contains(401).doesNotContain(500);
    }
  }

  // ---- what may be registered

  @Test
  void register_nothingButARedirectUri_hasTheDefaultsOfTheSpecification() {
    Answer answer = register(Map.of("redirect_uris", List.of("https://rp.example/cb?a=b")));
    assertThat(answer.status()).isEqualTo(201);
    assertThat(answer.body())
        .containsEntry("token_endpoint_auth_method", "client_secret_basic")
        .containsEntry("grant_types", List.of("authorization_code"))
        .containsEntry("response_types", List.of("code"))
        .containsEntry("id_token_signed_response_alg", "RS256")
        .containsEntry("application_type", "web")
        .containsEntry("subject_type", "public")
        .containsEntry("security_profile", "web")
        .containsEntry("scope", "address email offline_access openid phone profile")
        .containsKeys("client_secret", "client_id_issued_at", "registration_access_token");
    assertThat(answer.text("client_secret_expires_at")).isEqualTo("0");
    assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
    String basic =
        Base64.getEncoder()
            .encodeToString(
                (answer.text("client_id") + ":" + answer.text("client_secret"))
                    .getBytes(StandardCharsets.UTF_8));
    assertThat(
            world
                .post(
                    "/oauth2/token",
                    Map.of("grant_type", "authorization_code", "code", "x"),
                    "Authorization",
                    "Basic " + basic)
                .refusal())
        .isEqualTo("400 invalid_grant");
    // as openid-client sends it, whatever was registered
    assertThat(
            world
                .post(
                    "/oauth2/token",
                    Map.of(
                        "grant_type",
                        "authorization_code",
                        "code",
                        "x",
                        "client_id",
                        answer.text("client_id"),
                        "client_secret",
                        answer.text("client_secret")))
                .refusal())
        .isEqualTo("400 invalid_grant");
  }

  @Test
  void register_publicClient_isOfProfileChat_andNeverAdministers() {
    Answer answer =
        register(
            Map.of(
                "redirect_uris",
                List.of("com.example.app:/cb"),
                "token_endpoint_auth_method",
                "none",
                "application_type",
                "native",
                "consent_required",
                false,
                "gateway_tokens",
                true,
                "scope",
                "openid chat.read admin gateway"));
    assertThat(answer.body())
        .containsEntry("security_profile", "chat")
        .containsEntry("scope", "chat.read openid")
        .doesNotContainKeys("client_secret", "client_secret_expires_at", "consent_required");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "redirect_uris                    | ['https://rp.example/cb#frag']   | invalid_redirect_uri",
        "redirect_uris                    | ['http://rp.example/cb']         | invalid_redirect_uri",
        "redirect_uris                    | ['com.example.app:/cb']          | invalid_redirect_uri",
        "redirect_uris                    | ['javascript:alert(1)']          | invalid_redirect_uri",
        "redirect_uris                    | ['https://u@rp.example/cb']      | invalid_redirect_uri",
        "redirect_uris                    | []                               | invalid_redirect_uri",
        "redirect_uris                    | 'https://rp.example/cb'          | invalid_redirect_uri",
        "response_types                   | ['token']                        | invalid_client_metadata",
        "response_types                   | []                               | invalid_client_metadata",
        "response_types                   | ['code', 'id_token']             | invalid_client_metadata",
        "response_types                   | ['id_token']                     | invalid_client_metadata",
        "grant_types                      | ['implicit']                     | invalid_client_metadata",
        "grant_types                      | ['implicit']                     | invalid_client_metadata",
        "grant_types                      | ['urn:ietf:params:oauth:grant-type:token-exchange'] | invalid_client_metadata",
        "token_endpoint_auth_method       | 'client_secret_jwt'              | invalid_client_metadata",
        "security_profile                 | 'lax'                            | invalid_client_metadata",
        "security_profile                 | 'chat'                           | invalid_client_metadata",
        "id_token_signed_response_alg     | 'none'                           | invalid_client_metadata",
        "id_token_signed_response_alg     | 'HS256'                          | invalid_client_metadata",
        "userinfo_signed_response_alg     | 'none'                           | invalid_client_metadata",
        "userinfo_encrypted_response_alg  | 'RSA-OAEP'                       | invalid_client_metadata",
        "request_object_signing_alg       | 'none'                           | invalid_client_metadata",
        "token_endpoint_auth_signing_alg  | 'HS256'                          | invalid_client_metadata",
        "default_max_age                  | -1                               | invalid_client_metadata",
        "default_max_age                  | '60'                             | invalid_client_metadata",
        "require_auth_time                | 'yes'                            | invalid_client_metadata",
        "default_acr_values               | ['a b']                          | invalid_client_metadata",
        "initiate_login_uri               | 'http://rp.example/'             | invalid_client_metadata",
        "logo_uri                         | 'javascript:alert(1)'            | invalid_client_metadata",
        "policy_uri                       | 'data:text/html,x'               | invalid_client_metadata",
        "tos_uri                          | 'ftp://rp.example/'              | invalid_client_metadata",
        "client_uri                       | 'https:///x'                     | invalid_client_metadata",
        "client_name                      | 'a\u202Eb'                       | invalid_client_metadata",
        "contacts                         | ['\\u0000']                       | invalid_client_metadata",
        "application_type                 | 'desktop'                        | invalid_client_metadata",
        "subject_type                     | 'secret'                         | invalid_client_metadata",
        "jwks_uri                         | 'https://rp.example/jwks'        | invalid_client_metadata",
        "jwks                             | {'keys': [{'kty': 'oct', 'k': 'AAAA'}]} | invalid_client_metadata",
        "jwks                             | {'keys': 1}                      | invalid_client_metadata",
        "jwks                             | 'x'                              | invalid_client_metadata",
        "request_uris                     | ['http://rp.example/r']          | invalid_client_metadata",
        "post_logout_redirect_uris        | ['http://rp.example/']           | invalid_client_metadata",
        "backchannel_logout_uri           | 'http://rp.example/'             | invalid_client_metadata",
        "sector_identifier_uri            | 'http://rp.example/'             | invalid_client_metadata",
      })
  void register_whatIsNotAllowed_isRefusedInASentence(String field, String value, String error) {
    String json =
        JSONObjectUtils.toJSONString(metadata(field, "")).replaceFirst("}$", "")
            + ",\""
            + field
            + "\":"
            + value.replace('\'', '"')
            + "}";
    Answer answer = call("POST", REGISTER, manyTimes, json);
    assertThat(answer.refusal()).as(answer.http().body()).isEqualTo("400 " + error);
    assertThat(answer.text("error_description")).contains("`").doesNotContain("Exception");
  }

  @Test
  void register_whatIsNotKnown_isIgnored() {
    assertThat(
            registered(
                    "frontchannel_logout_uri", "https://rp.example/f",
                    "client_name#de", "Selbstgemacht",
                    "software_statement", "x.y.z")
                .body())
        .doesNotContainKeys("frontchannel_logout_uri", "client_name#de", "software_statement");
  }

  @Test
  void register_anyBody_isNeverAFault() {
    long seed = 20261123;
    Random random = new Random(seed);
    String good = JSONObjectUtils.toJSONString(metadata("jwks", Map.of("keys", List.of())));
    for (int i = 0; i < 400; i++) {
      StringBuilder text = new StringBuilder(good);
      for (int j = random.nextInt(6); j >= 0; j--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, (char) random.nextInt(0x180));
          case 1 -> text.deleteCharAt(at);
          default -> text.insert(at, "{}[],:\"\\0ntf".charAt(random.nextInt(12)));
        }
      }
      Answer answer = call("POST", REGISTER, manyTimes, text.toString());
      assertThat(answer.status()).as("seed %d, round %d: %s", seed, i, text).isIn(201, 400);
    }
    assertThat(call("POST", REGISTER, manyTimes, "[".repeat(5000)).status()).isEqualTo(400);
    assertThat(call("POST", REGISTER, manyTimes, " ".repeat(200_000)).status()).isEqualTo(413);
  }

  // ---- RFC 7592

  @Test
  void configuration_isReadChangedAndRemovedByTheTokenOfTheTime() {
    Answer made = registered("grant_types", List.of("authorization_code", "refresh_token"));
    String path = path(made);
    String first = made.text("registration_access_token");
    Answer read = call("GET", path, first, null);
    assertThat(read.status()).isEqualTo(200);
    assertThat(read.body())
        .containsEntry("client_name", "Self-made")
        .containsEntry("registration_access_token", first);
    Answer tokens = signIn(made, "openid offline_access");

    Map<String, Object> change =
        metadata("client_id", made.text("client_id"), "client_name", "Renamed");
    Answer changed = call("PUT", path, first, JSONObjectUtils.toJSONString(change));
    assertThat(changed.status()).as(changed.http().body()).isEqualTo(200);
    assertThat(changed.body())
        .containsEntry("client_name", "Renamed")
        .containsEntry("grant_types", List.of("authorization_code"));
    String second = changed.text("registration_access_token");
    assertThat(second).isNotEqualTo(first);
    assertThat(call("GET", path, first, null).refusal()).isEqualTo("401 invalid_token");
    assertThat(call("DELETE", path, first, null).status()).isEqualTo(401);

    assertThat(call("DELETE", path, second, null).status()).isEqualTo(204);
    assertThat(call("GET", path, second, null).refusal()).isEqualTo("401 invalid_token");
    assertThat(
            world
                .get("/userinfo", "Authorization", "Bearer " + tokens.text("access_token"))
                .status())
        .isEqualTo(401);
    assertThat(
            world
                .browse(
                    "/oauth2/authorize?" + World.form(asking(made.text("client_id"), "openid")),
                    world.cookie())
                .status())
        .isEqualTo(400);
  }

  @Test
  void configuration_ofAnotherClient_isNotOpenedByThisClientsToken() {
    Answer mine = registered();
    Answer theirs = registered();
    for (String method : List.of("GET", "PUT", "DELETE")) {
      assertThat(call(method, path(theirs), mine.text("registration_access_token"), "{}").refusal())
          .isEqualTo("401 invalid_token");
    }
    assertThat(call("GET", REGISTER + "/" + World.CHAT, "x", null).status()).isEqualTo(401);
    assertThat(call("GET", REGISTER + "/" + World.CHAT, manyTimes, null).status()).isEqualTo(401);
  }

  @Test
  void change_thatSaysWhatIsNotItsToSay_isRefused() {
    Answer made = registered("token_endpoint_auth_method", "client_secret_basic");
    String token = made.text("registration_access_token");
    String id = made.text("client_id");
    for (Map<String, Object> bad :
        List.of(
            metadata(),
            metadata("client_id", "other"),
            metadata("client_id", id, "registration_access_token", token),
            metadata("client_id", id, "client_secret", "another-secret-of-thirty-two-chars"),
            metadata("client_id", id, "client_id_issued_at", 1))) {
      assertThat(call("PUT", path(made), token, JSONObjectUtils.toJSONString(bad)).refusal())
          .isEqualTo("400 invalid_request");
    }
    assertThat(
            call(
                    "PUT",
                    path(made),
                    token,
                    JSONObjectUtils.toJSONString(
                        metadata(
                            "client_id",
                            id,
                            "security_profile",
                            "fapi2",
                            "redirect_uris",
                            List.of("https://rp.example/cb"))))
                .refusal())
        .isEqualTo("400 invalid_client_metadata");
    assertThat(
            call(
                    "PUT",
                    path(made),
                    token,
                    JSONObjectUtils.toJSONString(
                        metadata(
                            "client_id",
                            id,
                            "client_secret",
                            made.text("client_secret"),
                            "token_endpoint_auth_method",
                            "client_secret_post")))
                .status())
        .isEqualTo(200);
  }

  // ---- oidcc-idtoken-rs256, oidcc-server, oidcc-ensure-client-assertion-with-iss-aud-succeeds

  @Test
  void signIn_withRs256AssertionsForEitherAudience() {
    Answer client = registered();
    String id = client.text("client_id");
    JWTClaimsSet idToken = World.claims(signIn(client, "openid").text("id_token"));
    assertThat(idToken.getAudience()).containsExactly(id);
    for (Object audience : List.of(World.ISSUER, List.of(World.ISSUER, TOKEN_ENDPOINT))) {
      assertThat(nothing(id, audience)).isEqualTo("400 invalid_grant");
    }
    for (Object audience :
        List.of(
            "https://other.example",
            List.of(),
            List.of(World.ISSUER, "https://other.example"),
            World.ISSUER + "/oauth2/introspect")) {
      assertThat(nothing(id, audience)).isEqualTo("401 invalid_client");
    }
  }

  private static String nothing(String clientId, Object audience) {
    return world
        .post(
            "/oauth2/token",
            asserted(
                key, clientId, audience, Map.of("grant_type", "authorization_code", "code", "x")))
        .refusal();
  }

  @Test
  void assertion_byAnotherAlgorithmThanRegistered_isRefused() {
    String id = registered("token_endpoint_auth_signing_alg", "PS256").text("client_id");
    assertThat(nothing(id, World.ISSUER)).isEqualTo("401 invalid_client");
  }

  @Test
  void fapi2_neverTakesRs256_orTheTokenEndpointForAnAudience() {
    String id =
        registered("security_profile", "fapi2", "redirect_uris", List.of("https://rp.example/cb"))
            .text("client_id");
    assertThat(nothing(id, World.ISSUER)).isEqualTo("401 invalid_client");
  }

  // ---- oidcc-registration-jwks-uri, oidcc-refresh-token-rp-key-rotation

  @Test
  void keysAtAUrl_areFetchedAgainForAnUnknownKey_fourTimesAMinute() throws Exception {
    String url = site.put("/jwks", new JWKSet(key).toPublicJWKSet().toString());
    Answer client =
        registered(
            "jwks",
            "",
            "jwks_uri",
            url,
            "grant_types",
            List.of("authorization_code", "refresh_token"));
    String id = client.text("client_id");
    Answer tokens = signIn(client, "openid offline_access");
    assertThat(site.fetched("/jwks")).isEqualTo(1);
    signIn(client, "openid");
    assertThat(site.fetched("/jwks")).isEqualTo(1);

    RSAKey next = rsa("k2");
    site.put("/jwks", new JWKSet(next).toPublicJWKSet().toString());
    Map<String, String> refresh =
        Map.of("grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"));
    // at once: a client may change its keys just after it was first heard of
    Answer refreshed = world.post("/oauth2/token", asserted(next, id, TOKEN_ENDPOINT, refresh));
    assertThat(refreshed.status()).as(refreshed.http().body()).isEqualTo(200);
    assertThat(site.fetched("/jwks")).isEqualTo(2);
    assertThat(nothing(id, World.ISSUER)).isEqualTo("401 invalid_client");
    for (int i = 0; i < 9; i++) {
      nothing(id, World.ISSUER);
    }
    assertThat(site.fetched("/jwks")).isEqualTo(5);
    world.clock.pass(Duration.ofSeconds(61));
    nothing(id, World.ISSUER);
    assertThat(site.fetched("/jwks")).isEqualTo(6);
  }

  @Test
  void keysAtAUrl_thatHoldsNone_openNothing() {
    for (String document : List.of("", "[]", "{\"keys\":[]}", key.toString())) {
      String url = site.put("/bad" + document.length(), document);
      String id = registered("jwks", "", "jwks_uri", url).text("client_id");
      assertThat(nothing(id, World.ISSUER)).isEqualTo("401 invalid_client");
    }
  }

  // ---- oidcc-registration-sector-uri, oidcc-registration-sector-bad

  @Test
  void pairwise_isTheSameInASectorAndAnotherElsewhere() {
    String document = JSONObjectUtils.toJSONString(Map.of("x", List.of(World.REDIRECT)));
    site.put("/sector", document.substring(5, document.length() - 1));
    String sector = site.url("/sector");
    Answer one = registered("subject_type", "pairwise", "sector_identifier_uri", sector);
    Answer two = registered("subject_type", "pairwise");
    Answer open = registered();
    Answer tokens = signIn(one, "openid profile");
    String sub = World.claims(tokens.text("id_token")).getSubject();
    assertThat(sub).isEqualTo(World.claims(signIn(two, "openid").text("id_token")).getSubject());
    String account = World.claims(signIn(open, "openid").text("id_token")).getSubject();
    assertThat(sub).isNotEqualTo(account).doesNotContain(account);

    String accessToken = tokens.text("access_token");
    assertThat(World.claims(accessToken).getSubject()).isEqualTo(sub);
    assertThat(world.get("/userinfo", "Authorization", "Bearer " + accessToken).body())
        .containsEntry("sub", sub)
        .containsKey("preferred_username");
    String id = one.text("client_id");
    assertThat(
            world
                .post(
                    "/oauth2/introspect",
                    asserted(key, id, World.ISSUER, Map.of("token", accessToken)))
                .body())
        .containsEntry("active", true)
        .containsEntry("sub", sub);
    // by its own name for the person
    Map<String, String> hinted = asking(id, "openid");
    hinted.put("id_token_hint", tokens.text("id_token"));
    hinted.put("prompt", "none");
    assertThat(world.authorize(hinted).redirect()).containsKey("code");
    hinted.put("claims", "{\"id_token\":{\"sub\":{\"value\":\"" + account + "\"}}}");
    hinted.remove("id_token_hint");
    assertThat(world.authorize(hinted).redirect()).containsEntry("error", "login_required");
    assertThat(tokens.http().body()).doesNotContain(account);
  }

  @Test
  void pairwise_hearsOfALogoutByItsOwnNameForThePerson() {
    Answer client =
        registered(
            "subject_type", "pairwise", "backchannel_logout_uri", site.put("/logout", "heard"));
    String id = client.text("client_id");
    World.Person person = world.person();
    String code = world.codeOf(person, id, "openid");
    String sub = World.claims(redeem(key, id, code).text("id_token")).getSubject();
    world.server.bean(Sessions.class).revoke(person.sid(), Initiator.USER);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> site.posted("/logout").isPresent());
    JWTClaimsSet heard =
        World.claims(site.posted("/logout").orElseThrow().substring("logout_token=".length()));
    assertThat(heard.getSubject()).isEqualTo(sub).isNotEqualTo(person.accountId());
    assertThat(heard.getAudience()).containsExactly(id);
  }

  @Test
  void pairwise_neverSeesAccountIds() {
    Answer client =
        register(
            Map.of(
                "redirect_uris",
                List.of("http://127.0.0.1/callback"),
                "token_endpoint_auth_method",
                "none",
                "subject_type",
                "pairwise",
                "gateway_tokens",
                true,
                "grant_types",
                List.of("authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"),
                "scope",
                "openid chat.read chat.write"));
    assertThat(client.body()).containsEntry("scope", "openid");
    String id = client.text("client_id");
    DpopKey proof = world.key();
    Answer tokens = world.token(proof, world.redeeming(id, world.code(id, "openid")));
    assertThat(world.token(proof, world.exchanging(id, tokens.text("access_token"))).refusal())
        .isEqualTo("400 unauthorized_client");
  }

  @Test
  void sector_thatDoesNotListTheRedirectUris_isRefused() {
    for (String document :
        List.of("[\"https://other.example/cb\"]", "{}", "", "[1]", "\"" + World.REDIRECT + "\"")) {
      String url = site.put("/sector" + document.hashCode(), document);
      for (String type : List.of("pairwise", "public")) {
        assertThat(register(metadata("subject_type", type, "sector_identifier_uri", url)).refusal())
            .isEqualTo("400 invalid_client_metadata");
      }
    }
    assertThat(register(metadata("sector_identifier_uri", site.url("/nothing"))).refusal())
        .isEqualTo("400 invalid_client_metadata");
    assertThat(
            register(
                    metadata(
                        "subject_type",
                        "pairwise",
                        "redirect_uris",
                        List.of("https://a.example/cb", "https://b.example/cb")))
                .refusal())
        .isEqualTo("400 invalid_client_metadata");
  }

  // ---- oidcc-userinfo-rs256; RFC 9701

  @Test
  void userInfo_signed_whereTheClientRegisteredForIt() throws Exception {
    Answer client = registered("userinfo_signed_response_alg", "RS256");
    Answer tokens = signIn(client, "openid profile");
    Answer answer =
        world.get(
            "/userinfo",
            "Authorization",
            "Bearer " + tokens.text("access_token"),
            "Accept",
            "application/json");
    assertThat(answer.header("Content-Type").orElse("")).startsWith("application/jwt");
    JWTClaimsSet claims = ours(answer.http().body(), JWSAlgorithm.RS256);
    assertThat(claims.getIssuer()).isEqualTo(World.ISSUER);
    assertThat(claims.getAudience()).containsExactly(client.text("client_id"));
    assertThat(claims.getSubject()).isEqualTo(World.claims(tokens.text("id_token")).getSubject());
    assertThat(claims.getClaim("preferred_username")).isEqualTo("alice");
    // and is no hint, which an ID token would be
    Map<String, String> hinted = asking(client.text("client_id"), "openid");
    hinted.put("id_token_hint", answer.http().body());
    assertThat(world.authorize(hinted).redirect()).containsEntry("error", "invalid_request");
  }

  @Test
  void introspection_signed_forWhoAcceptsThat() throws Exception {
    Answer client = registered();
    String id = client.text("client_id");
    String token = signIn(client, "openid").text("access_token");
    Answer answer =
        world.post(
            "/oauth2/introspect",
            asserted(key, id, World.ISSUER, Map.of("token", token)),
            "Accept",
            "application/token-introspection+jwt, application/json;q=0.1");
    assertThat(answer.header("Content-Type").orElse(""))
        .startsWith("application/token-introspection+jwt");
    SignedJWT jwt = SignedJWT.parse(answer.http().body());
    assertThat(jwt.getHeader().getType().getType()).isEqualTo("token-introspection+jwt");
    JWTClaimsSet claims = ours(answer.http().body(), JWSAlgorithm.RS256);
    assertThat(claims.getAudience()).containsExactly(id);
    assertThat(claims.getClaims()).doesNotContainKeys("sub", "exp");
    assertThat(claims.getJSONObjectClaim("token_introspection"))
        .containsEntry("active", true)
        .containsEntry("scope", "openid")
        .containsEntry("client_id", id);
  }

  private static JWTClaimsSet ours(String text, JWSAlgorithm alg) throws Exception {
    SignedJWT jwt = SignedJWT.parse(text);
    assertThat(jwt.getHeader().getAlgorithm()).isEqualTo(alg);
    RSAKey by =
        world
            .server
            .bean(SigningKeys.class)
            .published(KeyPurpose.TOKEN)
            .getKeyByKeyId(jwt.getHeader().getKeyID())
            .toRSAKey();
    assertThat(jwt.verify(new RSASSAVerifier(by))).isTrue();
    return jwt.getJWTClaimsSet();
  }

  // ---- oidcc-request-uri-signed-rs256, oidcc-ensure-request-object-with-redirect-uri

  private static Map<String, Object> object(String clientId, String scope) {
    Map<String, Object> claims = new LinkedHashMap<>(asking(clientId, scope));
    claims.put("iss", clientId);
    claims.put("aud", World.ISSUER);
    return claims;
  }

  private static Map<String, String> byReference(String clientId, String uri) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("client_id", clientId);
    parameters.put("response_type", "code");
    parameters.put("scope", "openid");
    parameters.put("redirect_uri", World.REDIRECT);
    parameters.put("state", "outer");
    parameters.put("request_uri", uri);
    return parameters;
  }

  @Test
  void requestUri_registered_isFetchedAndIsTheWholeRequest() {
    String path = "/request-" + UUID.randomUUID();
    Answer client =
        registered("request_uris", List.of(site.url(path)), "request_object_signing_alg", "RS256");
    String id = client.text("client_id");
    site.put(path, signed(key, JWSAlgorithm.RS256, object(id, "openid")));
    Map<String, String> asking = byReference(id, site.url(path));
    asking.put("redirect_uri", "https://evil.example/");
    Map<String, String> answer = world.authorize(asking).redirect();
    assertThat(answer).containsEntry("state", "s t&ate").containsKey("code");
    JWTClaimsSet idToken =
        World.claims(redeem(key, id, answer.getOrDefault("code", "")).text("id_token"));
    assertThat(idToken.getClaims()).containsEntry("nonce", "n-1");

    site.put(path, signed(key, JWSAlgorithm.PS256, object(id, "openid")));
    assertThat(world.authorize(byReference(id, site.url(path))).redirect())
        .containsEntry("error", "invalid_request_object")
        .containsEntry("state", "outer");
    site.put(path, "not a JWT");
    assertThat(world.authorize(byReference(id, site.url(path))).redirect())
        .containsEntry("error", "invalid_request_object");
  }

  @Test
  void requestUri_fragment_isTheHashOfWhatIsThere_orRegistered() {
    String path = "/hashed-" + UUID.randomUUID();
    Answer client =
        registered("request_uris", List.of(site.url(path), site.url(path + "-2#registered")));
    String id = client.text("client_id");
    String object = signed(key, JWSAlgorithm.RS256, object(id, "openid"));
    site.put(path, object);
    site.put(path + "-2", object);
    String url = site.url(path);
    assertThat(world.authorize(byReference(id, url + "#" + Hashes.sha256(object))).redirect())
        .containsKey("code");
    assertThat(world.authorize(byReference(id, url + "-2#registered")).redirect())
        .containsKey("code");
    for (String other :
        List.of(
            url + "#" + Hashes.sha256("other"), url + "#", url + "-2", url + "?x", url + "/../x")) {
      assertThat(world.authorize(byReference(id, other)).redirect())
          .as(other)
          .containsEntry("error", "invalid_request_uri");
    }
  }

  @Test
  void requestUri_ofAClientThatRegisteredNone_isNeverCalled() {
    String id = registered().text("client_id");
    String url = site.put("/never", "x");
    assertThat(world.authorize(byReference(id, url)).redirect())
        .containsEntry("error", "request_uri_not_supported");
    assertThat(site.fetched("/never")).isZero();
  }

  // ---- what an authorization request means that does not say it

  @Test
  void defaults_ofTheRegistration_holdWhereTheRequestIsSilent() {
    World.Visitor visitor = world.visitor();
    Answer client = registered("default_max_age", 30);
    String id = client.text("client_id");
    world.clock.pass(Duration.ofSeconds(60));
    Map<String, String> asking = asking(id, "openid");
    String ask = "/oauth2/authorize?" + World.form(asking);
    assertThat(world.browse(ask, visitor.cookie()).header("Location").orElse(""))
        .endsWith("/login");
    asking.put("max_age", "10000");
    assertThat(
            world
                .browse("/oauth2/authorize?" + World.form(asking), visitor.cookie())
                .header("Location")
                .orElse(""))
        .contains("/consent?");
  }

  @Test
  void clients_thatWantMore_areHeldToIt() {
    String pushing = registered("require_pushed_authorization_requests", true).text("client_id");
    assertThat(world.authorize(asking(pushing, "openid")).redirect())
        .containsEntry("error", "invalid_request");
    String signing = registered("require_signed_request_object", true).text("client_id");
    assertThat(world.authorize(asking(signing, "openid")).redirect())
        .containsEntry("error", "invalid_request");
    Map<String, Object> object = object(signing, "openid");
    object.put("exp", world.clock.instant().getEpochSecond() + 60);
    Map<String, String> signed =
        Map.of("client_id", signing, "request", signed(key, JWSAlgorithm.RS256, object));
    assertThat(world.authorize(signed).redirect()).containsKey("code");
    Answer bound = registered("dpop_bound_access_tokens", true);
    String id = bound.text("client_id");
    String code = world.authorize(asking(id, "openid")).redirect("code");
    assertThat(redeem(key, id, code).refusal()).isEqualTo("400 invalid_dpop_proof");
  }

  @Test
  void consent_isAskedBeforeAnythingIsTold_andShowsWhoAsks() {
    site.put("/logo.png", "x");
    Answer client =
        registered(
            "client_name", "<b>Shady</b>",
            "policy_uri", "https://rp.example/privacy",
            "logo_uri", site.url("/logo.png"));
    String id = client.text("client_id");
    String ask = "/oauth2/authorize?" + World.form(asking(id, "openid"));
    Answer sent = world.browse(ask, world.cookie());
    assertThat(sent.header("Location").orElse("")).contains("/consent?");
    String location = sent.header("Location").orElseThrow();
    String page =
        world
            .browse(location.substring(location.indexOf("/consent?")), world.cookie())
            .http()
            .body();
    assertThat(page)
        .contains("self-made")
        .contains("https://rp.example/privacy")
        .contains("(rp.example)")
        .contains("&lt;b&gt;Shady")
        .contains("/consent/logo?client_id=" + id)
        .doesNotContain(site.url("/logo.png"));
    // not a picture
    assertThat(world.browse("/consent/logo?client_id=" + id, world.cookie()).status())
        .isEqualTo(404);
    assertThat(site.fetched("/logo.png")).isEqualTo(1);
    assertThat(world.browse("/consent/logo?client_id=" + id, null).status()).isIn(302, 401, 404);
    assertThat(site.fetched("/logo.png")).isEqualTo(1);

    Map<String, String> silent = asking(id, "openid");
    silent.put("prompt", "none");
    assertThat(world.browse("/oauth2/authorize?" + World.form(silent), world.cookie()).redirect())
        .containsEntry("error", "consent_required");
    signIn(client, "openid");
    assertThat(world.browse("/oauth2/authorize?" + World.form(silent), world.cookie()).redirect())
        .containsKey("code");
  }

  @Test
  void discovery_tellsOfIt() {
    assertThat(world.get("/.well-known/openid-configuration").body())
        .containsEntry("registration_endpoint", World.ISSUER + REGISTER)
        .containsEntry("request_uri_parameter_supported", true)
        .containsEntry("require_request_uri_registration", true)
        .containsEntry("subject_types_supported", List.of("public", "pairwise"));
  }
}
