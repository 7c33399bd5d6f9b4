package dev.sallyport.acceptance;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A client under FAPI 2.0, and the ways in which one errs. What it makes may be bent by the test
 * before it is signed.
 */
final class FapiClient {

  static final String REDIRECT = "https://rp.example/callback";
  static final String VERIFIER = "dBjftJeZ4CVP-mBz1vYnUcAhbWqXrIu3kE9TqNqYx0s";

  /** How it authenticates, and what its tokens are bound by. */
  enum Kind {
    KEY_DPOP(false, false),
    KEY_MTLS(false, true),
    MTLS_DPOP(true, false),
    MTLS_MTLS(true, true);

    final boolean authenticatesByCertificate;
    final boolean boundToCertificate;

    Kind(boolean authenticatesByCertificate, boolean boundToCertificate) {
      this.authenticatesByCertificate = authenticatesByCertificate;
      this.boundToCertificate = boundToCertificate;
    }

    boolean certificate() {
      return authenticatesByCertificate || boundToCertificate;
    }
  }

  /** What it was answered. */
  record Answer(int status, Map<String, Object> body, HttpResponse<String> http) {

    /** Status and error code. */
    String refusal() {
      return status + " " + body.getOrDefault("error", body.getOrDefault("code", "-"));
    }

    String text(String member) {
      var value = body.get(member);
      if (value == null) {
        throw new AssertionError("no `" + member + "` in " + status + " " + http.body());
      }
      return value.toString();
    }
  }

  final String id;
  final Kind kind;
  final ECKey key = ecKey();
  ECKey dpop = ecKey();
  final Certificates.@Nullable Held certificate;
  private final Certificates authority;
  private final String issuer;
  private final String base;
  private final HttpClient http;
  private final HttpClient bare;
  private @Nullable String nonce;

  /**
   * @param alias where certificates are asked for
   */
  FapiClient(String id, Kind kind, Certificates authority, String issuer, String alias) {
    this.id = id;
    this.kind = kind;
    this.authority = authority;
    this.issuer = issuer;
    this.base = kind.certificate() ? alias : issuer;
    this.certificate = kind.certificate() ? authority.issue("CN=" + id, null) : null;
    this.http = authority.client(certificate);
    this.bare = authority.client(null);
  }

  static ECKey ecKey() {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(UUID.randomUUID().toString()).generate();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  String url(String path) {
    return base + path;
  }

  // ---- what it signs

  /** A JWS by this key, whatever it holds. */
  static String jws(
      JWK signer,
      JWSAlgorithm alg,
      Consumer<JWSHeader.Builder> header,
      Map<String, Object> claims) {
    var builder = new JWSHeader.Builder(alg);
    header.accept(builder);
    var jws = new JWSObject(builder.build(), new Payload(claims));
    try {
      jws.sign(
          signer instanceof RSAKey rsa ? new RSASSASigner(rsa) : new ECDSASigner((ECKey) signer));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jws.serialize();
  }

  /** With {@code alg} {@code none}. */
  static String unsigned(Map<String, Object> claims, String more) {
    return Base64URL.encode("{\"alg\":\"none\"" + more + "}")
        + "."
        + Base64URL.encode(JSONObjectUtils.toJSONString(claims))
        + ".";
  }

  Map<String, Object> assertionClaims() {
    var now = Instant.now().getEpochSecond();
    var claims = new LinkedHashMap<String, Object>();
    claims.put("iss", id);
    claims.put("sub", id);
    claims.put("aud", issuer);
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("iat", now);
    claims.put("nbf", now);
    claims.put("exp", now + 60);
    return claims;
  }

  String assertion(Consumer<Map<String, Object>> bend) {
    var claims = assertionClaims();
    bend.accept(claims);
    return jws(key, JWSAlgorithm.ES256, header -> header.keyID(key.getKeyID()), claims);
  }

  /** The form with what shows who it is. */
  Map<String, Object> authenticated(Map<String, Object> form) {
    return kind.authenticatesByCertificate
        ? with(form, "client_id", id)
        : asserting(form, assertion(_ -> {}));
  }

  static Map<String, Object> asserting(Map<String, Object> form, String assertion) {
    return with(
        with(
            form,
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        "client_assertion",
        assertion);
  }

  static Map<String, Object> with(Map<String, Object> form, String name, Object value) {
    var all = new LinkedHashMap<>(form);
    all.put(name, value);
    return all;
  }

  static Map<String, Object> without(Map<String, Object> form, String name) {
    var all = new LinkedHashMap<>(form);
    all.remove(name);
    return all;
  }

  Map<String, Object> proofClaims(String method, String url, @Nullable String token) {
    var claims = new LinkedHashMap<String, Object>();
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("htm", method);
    claims.put("htu", url);
    claims.put("iat", Instant.now().getEpochSecond());
    if (token != null) {
      claims.put("ath", sha256(token));
    }
    if (nonce != null) {
      claims.put("nonce", nonce);
    }
    return claims;
  }

  static String sign(ECKey signer, Map<String, Object> claims) {
    return jws(
        signer,
        JWSAlgorithm.ES256,
        header -> header.type(new JOSEObjectType("dpop+jwt")).jwk(signer.toPublicJWK()),
        claims);
  }

  static String thumbprint(ECKey key) {
    try {
      return key.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  static String sha256(String text) {
    try {
      return Base64URL.encode(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII)))
          .toString();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  // ---- what it asks

  Map<String, Object> asking() {
    var asking = new LinkedHashMap<String, Object>();
    asking.put("response_type", "code");
    asking.put("client_id", id);
    asking.put("redirect_uri", REDIRECT);
    asking.put("scope", "openid offline_access");
    asking.put("state", "s t&ate" + UUID.randomUUID());
    asking.put("nonce", UUID.randomUUID().toString());
    asking.put("code_challenge", sha256(VERIFIER));
    asking.put("code_challenge_method", "S256");
    return asking;
  }

  Answer push(Map<String, Object> asking) {
    return post("/oauth2/par", authenticated(asking));
  }

  Map<String, Object> redeeming(String code) {
    var form = new LinkedHashMap<String, Object>();
    form.put("grant_type", "authorization_code");
    form.put("code", code);
    form.put("redirect_uri", REDIRECT);
    form.put("code_verifier", VERIFIER);
    return form;
  }

  Answer token(Map<String, Object> form) {
    return token(form, _ -> {});
  }

  /** With a proof, where its tokens are bound by DPoP; tried again with the nonce it is told. */
  Answer token(Map<String, Object> form, Consumer<Map<String, Object>> bendProof) {
    Answer answer = null;
    for (int i = 0; i < 2; i++) {
      var headers = new ArrayList<String>();
      if (!kind.boundToCertificate) {
        var claims = proofClaims("POST", url("/oauth2/token"), null);
        bendProof.accept(claims);
        headers.addAll(List.of("DPoP", sign(dpop, claims)));
      }
      answer = post("/oauth2/token", authenticated(form), headers.toArray(String[]::new));
      if (!answer.refusal().endsWith(" use_dpop_nonce")) {
        break;
      }
    }
    return Objects.requireNonNull(answer);
  }

  /** Sent as it is, a list of values for one name among it. */
  Answer post(String path, Map<String, Object> form, String... headers) {
    return send(http, request(url(path), headers).POST(body(form)));
  }

  /** The same without the client's certificate, where it has one. */
  Answer postBare(String path, Map<String, Object> form, String... headers) {
    return send(bare, request(url(path), headers).POST(body(form)));
  }

  private static HttpRequest.BodyPublisher body(Map<String, Object> form) {
    return HttpRequest.BodyPublishers.ofString(form(form));
  }

  static HttpRequest.Builder request(String url, String... headers) {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .timeout(Duration.ofSeconds(60));
    return headers.length == 0 ? request : request.headers(headers);
  }

  /** By this client's connection, certificate and all. */
  Answer send(HttpRequest.Builder request) {
    return send(http, request);
  }

  Answer send(HttpClient by, HttpRequest.Builder request) {
    try {
      var answer = by.send(request.build(), HttpResponse.BodyHandlers.ofString());
      answer.headers().firstValue("DPoP-Nonce").ifPresent(fresh -> nonce = fresh);
      var type = answer.headers().firstValue("Content-Type").orElse("");
      return new Answer(
          answer.statusCode(),
          type.contains("json") && !answer.body().isEmpty()
              ? JSONObjectUtils.parse(answer.body())
              : Map.of(),
          answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ParseException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  HttpClient of(Certificates.@Nullable Held shown) {
    return authority.client(shown);
  }

  /** UserInfo, as the protected resource. */
  Answer resource(String token) {
    if (kind.boundToCertificate) {
      return send(request(url("/userinfo"), "Authorization", "Bearer " + token).GET());
    }
    return resource(token, "DPoP", _ -> {});
  }

  Answer resource(String token, String scheme, Consumer<Map<String, Object>> bendProof) {
    return proven(
        token,
        claims -> {
          bendProof.accept(claims);
          return new String[] {"Authorization", scheme + " " + token, "DPoP", sign(dpop, claims)};
        });
  }

  /** With headers made of good claims; tried again with the nonce it is told. */
  Answer proven(String token, Function<Map<String, Object>, String[]> headers) {
    Answer answer = null;
    for (int i = 0; i < 2; i++) {
      var claims = proofClaims("GET", url("/userinfo"), token);
      answer = send(request(url("/userinfo"), headers.apply(claims)).GET());
      if (!answer.refusal().endsWith(" use_dpop_nonce")) {
        break;
      }
    }
    return Objects.requireNonNull(answer);
  }

  static String form(Map<String, Object> values) {
    return values.entrySet().stream()
        .flatMap(
            entry ->
                (entry.getValue() instanceof List<?> several ? several : List.of(entry.getValue()))
                    .stream().map(value -> encode(entry.getKey()) + "=" + encode(value.toString())))
        .collect(Collectors.joining("&"));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
