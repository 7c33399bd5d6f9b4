package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A client that registered itself (OpenID Connect Dynamic Client Registration 1.0). */
final class RelyingParty {

  /** Nobody answers there: what comes is read from where the browser is sent. */
  static final String REDIRECT = "https://rp.example/callback";

  static final String ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

  /** RFC 7636 Appendix B. */
  static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

  static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  private final Provider provider;
  private final Map<String, Object> registration;
  private @Nullable JWK key;

  private RelyingParty(Provider provider, Map<String, Object> registration, @Nullable JWK key) {
    this.provider = provider;
    this.registration = registration;
    this.key = key;
  }

  /** Registers one with a secret, with these members beside its redirect URI. */
  static RelyingParty register(Provider provider, Map<String, Object> more) {
    return new RelyingParty(provider, provider.register(document(more)), null);
  }

  static RelyingParty register(Provider provider) {
    return register(provider, Map.of());
  }

  /** One that signs with a key, which it registers unless it says where its keys are. */
  static RelyingParty withKey(Provider provider, JWK key, Map<String, Object> more) {
    var document = document(more);
    document.putIfAbsent("token_endpoint_auth_method", "private_key_jwt");
    if (!document.containsKey("jwks_uri")) {
      document.put("jwks", new JWKSet(key.toPublicJWK()).toJSONObject());
    }
    return new RelyingParty(provider, provider.register(document), key);
  }

  private static Map<String, Object> document(Map<String, Object> more) {
    var document = new HashMap<String, Object>();
    document.put("redirect_uris", List.of(REDIRECT));
    document.put("client_name", "A relying party under test");
    document.put("grant_types", List.of("authorization_code", "refresh_token"));
    document.putAll(more);
    return document;
  }

  static JWK rsaKey() {
    try {
      return new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static JWK ecKey() {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(UUID.randomUUID().toString()).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** From now on it signs with this one. */
  void signWith(JWK other) {
    key = other;
  }

  String clientId() {
    return registered("client_id");
  }

  String secret() {
    return registered("client_secret");
  }

  String registered(String member) {
    return Objects.requireNonNull(registration.get(member), member).toString();
  }

  Map<String, Object> registration() {
    return registration;
  }

  /** A good authorization request. */
  Map<String, String> asking(String scope) {
    return asking(scope, "code");
  }

  Map<String, String> asking(String scope, String responseType) {
    var parameters = new LinkedHashMap<String, String>();
    parameters.put("response_type", responseType);
    parameters.put("client_id", clientId());
    parameters.put("redirect_uri", REDIRECT);
    parameters.put("scope", scope);
    parameters.put("state", "state " + UUID.randomUUID());
    parameters.put("nonce", "nonce " + UUID.randomUUID());
    return parameters;
  }

  /** What a code is redeemed with, but for who asks. */
  static Map<String, String> redeeming(String code) {
    var form = new LinkedHashMap<String, String>();
    form.put("grant_type", "authorization_code");
    form.put("code", code);
    form.put("redirect_uri", REDIRECT);
    return form;
  }

  /** To the token endpoint, by what it registered for. */
  Http.Answer token(Map<String, String> form) {
    return authenticated(provider.endpoint("token_endpoint"), form);
  }

  /** To any endpoint that wants the client to authenticate. */
  Http.Answer authenticated(URI endpoint, Map<String, String> form) {
    var body = new LinkedHashMap<>(form);
    return switch (registered("token_endpoint_auth_method")) {
      case "client_secret_basic" ->
          Http.send(
              Http.form(endpoint, body).header("Authorization", Http.basic(clientId(), secret())));
      case "client_secret_post" -> {
        body.put("client_id", clientId());
        body.put("client_secret", secret());
        yield Http.post(endpoint, body);
      }
      case "private_key_jwt" -> {
        body.put("client_assertion_type", ASSERTION_TYPE);
        body.put("client_assertion", assertion(provider.issuer()));
        yield Http.post(endpoint, body);
      }
      default -> {
        body.put("client_id", clientId());
        yield Http.post(endpoint, body);
      }
    };
  }

  /** RFC 7523 §3. */
  String assertion(Object audience) {
    var now = Instant.now();
    return signed(
        new JWTClaimsSet.Builder()
            .issuer(clientId())
            .subject(clientId())
            .claim("aud", audience)
            .jwtID(UUID.randomUUID().toString())
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(60)))
            .build(),
        "JWT");
  }

  /** A request object of these parameters (RFC 9101). */
  String requestObject(Map<String, String> parameters) {
    var now = Instant.now();
    var claims =
        new JWTClaimsSet.Builder()
            .issuer(clientId())
            .audience(provider.issuer())
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(300)));
    parameters.forEach(claims::claim);
    return signed(claims.build(), "oauth-authz-req+jwt");
  }

  private String signed(JWTClaimsSet claims, String typ) {
    var signing = Objects.requireNonNull(key, "no key");
    var algorithm =
        signing.toPublicJWK() instanceof com.nimbusds.jose.jwk.RSAKey
            ? JWSAlgorithm.RS256
            : JWSAlgorithm.ES256;
    try {
      var jwt =
          new SignedJWT(
              new JWSHeader.Builder(algorithm)
                  .type(new com.nimbusds.jose.JOSEObjectType(typ))
                  .keyID(signing.getKeyID())
                  .build(),
              claims);
      jwt.sign(
          algorithm.equals(JWSAlgorithm.RS256)
              ? new RSASSASigner(signing.toRSAKey())
              : new ECDSASigner(signing.toECKey()));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Through the browser and the token endpoint. */
  Tokens tokens(UserAgent agent, String scope) {
    return tokens(agent, asking(scope));
  }

  Tokens tokens(UserAgent agent, Map<String, String> asking) {
    var back = agent.authorize(asking);
    assertEquals(asking.get("state"), back.get("state"));
    return new Tokens(token(redeeming(back.get("code"))).ok(), asking.get("nonce"));
  }

  /** What the token endpoint gave. */
  final class Tokens {
    private final Map<String, Object> answer;
    private final @Nullable String nonce;

    private Tokens(Map<String, Object> answer, @Nullable String nonce) {
      this.answer = answer;
      this.nonce = nonce;
    }

    Map<String, Object> answer() {
      return answer;
    }

    String access() {
      return text("access_token");
    }

    String refresh() {
      return text("refresh_token");
    }

    String text(String member) {
      return Objects.requireNonNull(answer.get(member), () -> member + " in " + answer).toString();
    }

    JWTClaimsSet idToken() {
      return checkedIdToken(text("id_token"), nonce);
    }

    Map<String, Object> userInfo() {
      return Http.get(provider.endpoint("userinfo_endpoint"), access()).ok();
    }
  }

  /** OpenID Connect Core §3.1.3.7: what every relying party must find. */
  JWTClaimsSet checkedIdToken(String idToken, @Nullable String nonce) {
    try {
      var jwt = SignedJWT.parse(idToken);
      assertEquals(
          registered("id_token_signed_response_alg"), jwt.getHeader().getAlgorithm().getName());
      var claims = verified(jwt);
      assertEquals(provider.issuer(), claims.getIssuer());
      assertEquals(List.of(clientId()), claims.getAudience());
      assertEquals(nonce, claims.getStringClaim("nonce"));
      assertNotNull(claims.getSubject());
      assertTrue(claims.getSubject().length() <= 255, "sub of at most 255 characters");
      var now = Instant.now();
      assertTrue(claims.getExpirationTime().toInstant().isAfter(now), "exp in the future");
      assertTrue(claims.getIssueTime().toInstant().isBefore(now.plusSeconds(5)), "iat in the past");
      return claims;
    } catch (ParseException e) {
      throw new AssertionError(idToken, e);
    }
  }

  /** Signed by a key that the provider publishes, found by its {@code kid}. */
  JWTClaimsSet verified(SignedJWT jwt) {
    try {
      var keys = JWKSet.parse(Http.get(provider.endpoint("jwks_uri")).body());
      var signer = keys.getKeyByKeyId(jwt.getHeader().getKeyID());
      assertNotNull(signer, () -> "kid of " + jwt.getHeader());
      var verifier =
          signer instanceof com.nimbusds.jose.jwk.OctetKeyPair pair
              ? new com.nimbusds.jose.crypto.Ed25519Verifier(pair.toPublicJWK())
              : new DefaultJWSVerifierFactory()
                  .createJWSVerifier(jwt.getHeader(), ((AsymmetricJWK) signer).toPublicKey());
      assertTrue(jwt.verify(verifier), "the signature");
      return jwt.getJWTClaimsSet();
    } catch (ParseException | JOSEException e) {
      throw new AssertionError(jwt.getParsedString(), e);
    }
  }
}
