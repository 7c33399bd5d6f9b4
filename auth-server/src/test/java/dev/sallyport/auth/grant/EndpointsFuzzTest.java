package dev.sallyport.auth.grant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.sallyport.auth.FuzzSeeds;
import dev.sallyport.auth.Wire;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.passkey.PasskeyCheck;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.registration.InitialAccessTokens;
import dev.sallyport.auth.signal.Actor;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every endpoint that strangers reach, for Jazzer, over real connections: whatever comes, the
 * answer is a refusal or a grant, never a fault of the server, and it comes soon. What has to be
 * signed to be read is signed. An ordinary build runs the seeds; {@code ops/fuzz} searches on.
 */
class EndpointsFuzzTest {

  private static final int SPOILT = 25;
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
  private static final int USES = 1_000;
  private static final AtomicInteger REQUESTS = new AtomicInteger();
  private static final AtomicInteger REGISTRATIONS = new AtomicInteger();

  private static final World world = World.get();
  private static final Wire wire = new Wire(world.server.port());
  private static @Nullable String initialToken;

  /** What a stranger may be answered; 0: closed, of what is no HTTP. */
  private static void answered(byte[] request) {
    if (REQUESTS.incrementAndGet() % 20 == 0) {
      // limits would answer in place of the readers
      world.server.jdbc().update("delete from rate_bucket");
    }
    assertThat(wire.status(request)).isLessThan(500);
  }

  private static String urlEncoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private static String signed(JWSHeader header, byte[] payload, ECKey key) {
    JWSObject jws = new JWSObject(header, new Payload(payload));
    try {
      jws.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jws.serialize();
  }

  private static String claims(String more) {
    long now = world.clock.instant().getEpochSecond();
    return "{\"iss\":\"bank\",\"sub\":\"bank\",\"aud\":\"http://localhost:9000\",\"jti\":\""
        + UUID.randomUUID()
        + "\",\"iat\":"
        + now
        + ",\"nbf\":"
        + now
        + ",\"exp\":"
        + (now + 60)
        + more
        + "}";
  }

  // ---- forms

  static Stream<Arguments> tokenSeeds() {
    return FuzzSeeds.of(
        SPOILT,
        "grant_type=authorization_code&client_id=sallyport-demo&code=abc&redirect_uri=x&code_verifier="
            + World.VERIFIER,
        "grant_type=refresh_token&client_id=sallyport-demo&refresh_token=abc&scope=openid+x",
        "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=sallyport-demo&device_code=a",
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&client_id=sallyport-demo"
            + "&subject_token=e30.e30.AAAA&subject_token_type=urn:ietf:params:oauth:token-type:access_token"
            + "&audience=http://localhost:9100&resource=https://a.example&actor_token=e30.e30.AAAA",
        "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type"
            + ":jwt-bearer&client_assertion=eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJiYW5rIn0.AAAA");
  }

  @MethodSource("tokenSeeds")
  @FuzzTest
  void token(byte[] input) {
    ECKey key = world.fapiKey;
    String proof = proof(key, proofClaims());
    answered(Wire.post("/oauth2/token", FORM + "DPoP: " + proof + "\r\n", input));
  }

  static Stream<Arguments> pushedSeeds() {
    return FuzzSeeds.of(
        SPOILT,
        World.form(world.asking(World.CHAT, "openid")),
        "client_id=sallyport-demo&response_type=code&claims="
            + urlEncoded(
                "{\"userinfo\":{\"email\":null},\"id_token\":{\"acr\":{\"values\":[\"a\"]}}}")
            + "&authorization_details="
            + urlEncoded(
                "[{\"type\":\"sallyport_room\",\"rooms\":[\"r\"],\"actions\":[\"read\"]}]"));
  }

  @MethodSource("pushedSeeds")
  @FuzzTest
  void pushed(byte[] input) {
    answered(Wire.post("/oauth2/par", FORM, input));
  }

  @MethodSource("pushedSeeds")
  @FuzzTest
  void authorize(byte[] input) {
    String cookie = "Cookie: SALLYPORT_AUTH=" + world.cookie() + "\r\n";
    answered(Wire.get("/oauth2/authorize?" + Wire.inLine(input), cookie));
    answered(Wire.post("/oauth2/authorize", FORM, input));
  }

  static Stream<Arguments> otherFormSeeds() {
    return FuzzSeeds.of(
        SPOILT,
        "client_id=sallyport-demo&token=abc&token_type_hint=refresh_token",
        "client_id=sallyport-demo&scope=openid&resource=https://a.example&dpop_jkt=abc",
        "token=eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJiYW5rIn0.AAAA",
        "access_token=eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJiYW5rIn0.AAAA",
        "logout_token=eyJ0eXAiOiJsb2dvdXQrand0IiwiYWxnIjoiRVMyNTYifQ.eyJzdWIiOiJiYW5rIn0.AAAA");
  }

  @MethodSource("otherFormSeeds")
  @FuzzTest
  void otherForms(byte[] input) {
    String basic = FORM + "Authorization: " + world.webBasic() + "\r\n";
    answered(Wire.post("/oauth2/introspect", basic, input));
    answered(Wire.post("/oauth2/revoke", FORM, input));
    answered(Wire.post("/oauth2/device_authorization", FORM, input));
    answered(Wire.post("/userinfo", FORM, input));
    answered(Wire.post("/login/backchannel/nobody", FORM, input));
  }

  static Stream<Arguments> authorizationSeeds() {
    return FuzzSeeds.of(
        SPOILT,
        "Basic c2hvcDpzZWNyZXQ=",
        "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJiYW5rIn0.AAAA",
        "DPoP abc");
  }

  @MethodSource("authorizationSeeds")
  @FuzzTest
  void authorizationHeader(byte[] input) {
    String header = "Authorization: " + Wire.inLine(input).replaceFirst("\\+", " ") + "\r\n";
    answered(Wire.post("/oauth2/token", FORM + header, "grant_type=x".getBytes(UTF_8)));
    answered(Wire.get("/oauth2/userinfo", header));
    answered(Wire.get("/v1/admin/clients", header));
    answered(Wire.get("/connect/register/x", header));
  }

  // ---- what is signed

  private static String proofClaims() {
    return "{\"jti\":\""
        + UUID.randomUUID()
        + "\",\"htm\":\"POST\",\"htu\":\"http://localhost:9000/oauth2/token\",\"iat\":"
        + world.clock.instant().getEpochSecond()
        + ",\"nonce\":\""
        + world.nonce()
        + "\"}";
  }

  private static String proof(ECKey key, String payload) {
    return signed(
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .type(new JOSEObjectType("dpop+jwt"))
            .jwk(key.toPublicJWK())
            .build(),
        payload.getBytes(UTF_8),
        key);
  }

  static Stream<Arguments> proofSeeds() {
    return FuzzSeeds.of(SPOILT * 2, proofClaims());
  }

  @MethodSource("proofSeeds")
  @FuzzTest
  void proofClaims(byte[] input) {
    String proof = proof(world.fapiKey, new String(input, UTF_8));
    answered(Wire.post("/oauth2/token", FORM + "DPoP: " + proof + "\r\n", new byte[] {'a'}));
  }

  static Stream<Arguments> headerSeeds() throws JOSEException {
    ECKey key = new ECKeyGenerator(Curve.P_256).generate();
    return FuzzSeeds.of(
        SPOILT,
        "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":" + key.toPublicJWK().toJSONString() + "}",
        "{\"alg\":\"PS256\",\"typ\":\"dpop+jwt\",\"jwk\":{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\"}}",
        "{\"alg\":\"EdDSA\",\"typ\":\"dpop+jwt\",\"crit\":[\"b64\"],\"b64\":false,\"jwk\":{\"kty\":\"OKP\","
            + "\"crv\":\"Ed25519\",\"x\":\"AAAA\"}}");
  }

  /** Headers of tokens are read before a signature can be looked at. */
  @MethodSource("headerSeeds")
  @FuzzTest
  void tokenHeaders(byte[] input) {
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String token =
        base64.encodeToString(input)
            + "."
            + base64.encodeToString(proofClaims().getBytes(UTF_8))
            + "."
            + "A".repeat(86);
    answered(Wire.post("/oauth2/token", FORM + "DPoP: " + token + "\r\n", new byte[] {'a'}));
    answered(
        Wire.post(
            "/oauth2/token",
            FORM,
            ("client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                    + "&client_assertion="
                    + token)
                .getBytes(UTF_8)));
    answered(Wire.get("/connect/logout?id_token_hint=" + token, ""));
    answered(Wire.get("/oauth2/userinfo", "Authorization: Bearer " + token + "\r\n"));
  }

  static Stream<Arguments> claimsSeeds() {
    return FuzzSeeds.of(SPOILT * 2, claims(""));
  }

  @MethodSource("claimsSeeds")
  @FuzzTest
  void assertionClaims(byte[] input) {
    String assertion =
        signed(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("bank").build(), input, world.fapiKey);
    answered(
        Wire.post(
            "/oauth2/introspect",
            FORM,
            ("token=a&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                    + "&client_assertion="
                    + assertion)
                .getBytes(UTF_8)));
  }

  static Stream<Arguments> requestObjectSeeds() {
    String more =
        ",\"response_type\":\"code\",\"redirect_uri\":\"https://bank.example/callback\",\"max_age\":1,"
            + "\"scope\":\"openid\",\"claims\":{\"id_token\":{\"acr\":{\"essential\":true}}},"
            + "\"authorization_details\":[{\"type\":\"sallyport_room\",\"rooms\":[\"r\"]}]";
    return FuzzSeeds.of(SPOILT, claims(more).replace("\"sub\":\"bank\",", ""));
  }

  @MethodSource("requestObjectSeeds")
  @FuzzTest
  void requestObjects(byte[] input) {
    String object =
        signed(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("bank").build(), input, world.fapiKey);
    answered(Wire.get("/oauth2/authorize?client_id=bank&request=" + object, ""));
  }

  // ---- what is kept in browsers, and what leads there

  static Stream<Arguments> cookieSeeds() {
    return FuzzSeeds.of(
        SPOILT,
        "SALLYPORT_AUTH=" + world.cookie(),
        "SALLYPORT_AUTH_NEXT=/oauth2/authorize?client_id=sallyport-demo&response_type=code&scope=openid",
        "SALLYPORT_AUTH_KNOWN=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  }

  @MethodSource("cookieSeeds")
  @FuzzTest
  void cookies(byte[] input) {
    String header = "Cookie: " + Wire.inLine(input) + "\r\n";
    answered(Wire.get("/login", header));
    answered(Wire.get("/account", header));
    answered(Wire.get("/consent?scope=openid&client_id=sallyport-demo&state=s", header));
    answered(Wire.post("/login", FORM + header, "username=a&password=b".getBytes(UTF_8)));
  }

  static Stream<Arguments> querySeeds() {
    return FuzzSeeds.of(
        SPOILT,
        "id_token_hint=e30.e30.AAAA&post_logout_redirect_uri=https://a.example&state=s&client_id=shop",
        "token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "code=abc&state=def&iss=https://a.example",
        "user_code=BCDF-GHJK",
        "logout_token=e30.e30.AAAA");
  }

  @MethodSource("querySeeds")
  @FuzzTest
  void pagesAndQueries(byte[] input) {
    String query = Wire.inLine(input);
    for (String path :
        new String[] {
          "/connect/logout", "/login/link", "/login/oauth2/code/acme", "/device", "/login"
        }) {
      answered(Wire.get(path + "?" + query, ""));
    }
    answered(Wire.get("/" + query, ""));
    for (String path :
        new String[] {
          "/connect/logout", "/login/backchannel/acme", "/login/forgotten", "/login/link", "/login"
        }) {
      answered(Wire.post(path, FORM, input));
    }
  }

  // ---- JSON

  private static String initialToken() {
    if (initialToken == null || REGISTRATIONS.incrementAndGet() % USES == 0) {
      initialToken =
          world
              .server
              .bean(InitialAccessTokens.class)
              .make(
                  "fuzz",
                  Set.of(SecurityProfile.values()),
                  USES,
                  Duration.ofDays(300),
                  Actor.admin("admin"))
              .token();
    }
    return initialToken;
  }

  static Stream<Arguments> registrationSeeds() {
    return FuzzSeeds.of(
        SPOILT * 2,
        "{\"redirect_uris\":[\"https://a.example/cb\"],\"client_name\":\"A\",\"client_name#de\":\"B\","
            + "\"token_endpoint_auth_method\":\"private_key_jwt\",\"grant_types\":[\"authorization_code\"],"
            + "\"jwks\":{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]},"
            + "\"default_max_age\":3600,\"contacts\":[\"a@a.example\"],\"scope\":\"openid\","
            + "\"subject_type\":\"public\",\"id_token_signed_response_alg\":\"ES256\"}");
  }

  @MethodSource("registrationSeeds")
  @FuzzTest
  void registration(byte[] input) {
    answered(
        Wire.post(
            "/connect/register",
            "Content-Type: application/json\r\nAuthorization: Bearer " + initialToken() + "\r\n",
            input));
  }

  static Stream<Arguments> passkeySeeds() {
    // attestation object {"fmt": "none", "attStmt": {}, "authData": 37 bytes}, as CBOR
    byte[] authData = new byte[37];
    byte[] head = {
      (byte) 0xa3,
      0x63,
      'f',
      'm',
      't',
      0x64,
      'n',
      'o',
      'n',
      'e',
      0x67,
      'a',
      't',
      't',
      'S',
      't',
      'm',
      't',
      (byte) 0xa0,
      0x68,
      'a',
      'u',
      't',
      'h',
      'D',
      'a',
      't',
      'a',
      0x58,
      37
    };
    byte[] attestation = new byte[head.length + authData.length];
    System.arraycopy(head, 0, attestation, 0, head.length);
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String collected =
        base64.encodeToString(
            "{\"type\":\"webauthn.create\",\"challenge\":\"AAAA\",\"origin\":\"http://localhost:9000\"}"
                .getBytes(UTF_8));
    return FuzzSeeds.of(
        SPOILT * 2,
        "{\"id\":\"AAAA\",\"rawId\":\"AAAA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\""
            + collected
            + "\",\"attestationObject\":\""
            + base64.encodeToString(attestation)
            + "\",\"transports\":[\"usb\"]},\"clientExtensionResults\":{\"credProps\":{\"rk\":true}}}",
        "{\"id\":\"AAAA\",\"rawId\":\"AAAA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\""
            + collected
            + "\",\"authenticatorData\":\""
            + base64.encodeToString(authData)
            + "\",\"signature\":\"AAAA\",\"userHandle\":\"AAAA\"},\"clientExtensionResults\":{}}");
  }

  @MethodSource("passkeySeeds")
  @FuzzTest
  void passkeys(byte[] input) {
    Passkeys passkeys = world.server.bean(Passkeys.class);
    Account alice = world.server.bean(Accounts.class).byUsername("alice").orElseThrow();
    String answer = new String(input, UTF_8);
    assertThat(passkeys.check(null, "AAAA", answer)).isInstanceOf(PasskeyCheck.Wrong.class);
    passkeys.register(alice, "AAAA", answer, "n");
    answered(
        Wire.post("/login/passkey", FORM, World.form(Map.of("answer", answer)).getBytes(UTF_8)));
  }

  static Stream<Arguments> cborSeeds() {
    return FuzzSeeds.of(
        SPOILT * 2,
        "\u0001cfmtdnonegattStmt\u0002hauthData\u0003",
        // as COSE would be in authenticator data
        "\u0001\u0002\u0003&  X X");
  }

  /** CBOR as it would be inside of a well-formed answer. */
  @MethodSource("cborSeeds")
  @FuzzTest
  void cbor(byte[] input) {
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    Account alice = world.server.bean(Accounts.class).byUsername("alice").orElseThrow();
    String collected =
        "{\"type\":\"webauthn.create\",\"challenge\":\"AAAA\",\"origin\":\"http://localhost:9000\"}";
    world
        .server
        .bean(Passkeys.class)
        .register(
            alice,
            "AAAA",
            "{\"id\":\"AAAA\",\"rawId\":\"AAAA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\""
                + base64.encodeToString(collected.getBytes(UTF_8))
                + "\",\"attestationObject\":\""
                + base64.encodeToString(input)
                + "\"},\"clientExtensionResults\":{}}",
            "n");
  }

  static Stream<Arguments> proxySeeds() {
    return FuzzSeeds.of(SPOILT, "127.0.0.1, [::1]:80, unknown", ":MIIB:", "https");
  }

  @MethodSource("proxySeeds")
  @FuzzTest
  void headersOfProxies(byte[] input) {
    String value = Wire.inLine(input);
    answered(
        Wire.get(
            "/login",
            "X-Forwarded-For: "
                + value
                + "\r\nX-Forwarded-Proto: "
                + value
                + "\r\nClient-Cert: "
                + value
                + "\r\nUser-Agent: "
                + value
                + "\r\nAccept-Language: "
                + value
                + "\r\n"));
  }
}
