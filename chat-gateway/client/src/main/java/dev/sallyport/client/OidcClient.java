package dev.sallyport.client;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A public client of the {@code chat} profile: authorization code with PKCE in the system's browser
 * (RFC 8252), DPoP from the start, the ID token checked against the published keys, refresh, and
 * token exchange (RFC 8693). Thread-safe.
 */
public final class OidcClient {

  private static final Duration REQUEST_MAX = Duration.ofSeconds(15);
  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
  private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

  private final HttpClient http;
  private final InstantSource clock;
  private final Map<String, Object> metadata;
  private final String issuer;
  private final String clientId;
  private final DpopKey dpop;
  private volatile @Nullable String nonce;

  private OidcClient(
      HttpClient http,
      InstantSource clock,
      Map<String, Object> metadata,
      String issuer,
      String clientId,
      DpopKey dpop) {
    this.http = http;
    this.clock = clock;
    this.metadata = metadata;
    this.issuer = issuer;
    this.clientId = clientId;
    this.dpop = dpop;
  }

  /** Reads the issuer's metadata (OpenID Connect Discovery §4). */
  public static OidcClient discover(String issuer, String clientId, DpopKey dpop) {
    return discover(HttpClients.shared(), InstantSource.system(), issuer, clientId, dpop);
  }

  public static OidcClient discover(
      HttpClient http, InstantSource clock, String issuer, String clientId, DpopKey dpop) {
    var metadata = json(http, URI.create(issuer + "/.well-known/openid-configuration"));
    if (!issuer.equals(metadata.get("issuer"))) {
      throw new IllegalStateException("the metadata is of another issuer");
    }
    return new OidcClient(http, clock, metadata, issuer, clientId, dpop);
  }

  /** The same issuer and client, with another key: what is read of the issuer is read once. */
  public OidcClient withKey(DpopKey other) {
    return new OidcClient(http, clock, metadata, issuer, clientId, other);
  }

  private static Map<String, Object> json(HttpClient http, URI uri) {
    var response = Api.send(http, HttpRequest.newBuilder(uri).timeout(REQUEST_MAX).GET().build());
    if (response.statusCode() != 200) {
      throw new IllegalStateException("`" + uri + "` answers " + response.statusCode());
    }
    try {
      return JSONObjectUtils.parse(response.body());
    } catch (ParseException e) {
      throw new IllegalStateException("`" + uri + "` is not JSON", e);
    }
  }

  public String issuer() {
    return issuer;
  }

  public DpopKey dpop() {
    return dpop;
  }

  private URI endpoint(String name) {
    return URI.create(
        String.valueOf(Objects.requireNonNull(metadata.get(name), () -> "no `" + name + "`")));
  }

  /**
   * What a sign-in, a refresh or an exchange yielded.
   *
   * @param idClaims the checked claims of the ID token, of a sign-in
   * @param scope what was granted; empty where the answer did not say
   * @param expiresAt of the access token, by this client's clock
   */
  public record Tokens(
      String accessToken,
      @Nullable String refreshToken,
      @Nullable JWTClaimsSet idClaims,
      Set<String> scope,
      Instant expiresAt) {

    /** No token in it. */
    @Override
    public String toString() {
      return "Tokens[scope=" + scope + "]";
    }
  }

  /** Begins a sign-in; the person's browser is to open {@link SignIn#authorizationUri}. */
  public SignIn begin(String scope) {
    return new SignIn(scope);
  }

  /** One sign-in under way, with its loopback listener. */
  public final class SignIn implements AutoCloseable {
    private final LoopbackListener listener = LoopbackListener.open();
    private final String state = random();
    private final String idNonce = random();
    private final String verifier = random();
    private final URI authorizationUri;

    private SignIn(String scope) {
      var parameters = new LinkedHashMap<String, String>();
      parameters.put("response_type", "code");
      parameters.put("client_id", clientId);
      parameters.put("redirect_uri", listener.redirectUri().toString());
      parameters.put("scope", scope);
      parameters.put("state", state);
      parameters.put("nonce", idNonce);
      parameters.put("code_challenge", DpopKey.sha256(verifier).toString());
      parameters.put("code_challenge_method", "S256");
      parameters.put("dpop_jkt", dpop.thumbprint());
      authorizationUri = URI.create(endpoint("authorization_endpoint") + "?" + form(parameters));
    }

    public URI authorizationUri() {
      return authorizationUri;
    }

    /**
     * Waits for the redirect, redeems the code and checks the ID token.
     *
     * @throws OAuthException when the person or the issuer refused
     */
    public Tokens finish(Duration within) {
      var answer = query(listener.await(within).getRawQuery());
      // RFC 9207: who answers says who it is, and is believed by the state alone.
      if (!same(state, answer.get("state")) || !issuer.equals(answer.get("iss"))) {
        throw new IllegalStateException("the redirect is not the answer to this request");
      }
      var error = answer.get("error");
      if (error != null) {
        throw new OAuthException(
            error, String.valueOf(answer.getOrDefault("error_description", "")), 302);
      }
      var code = answer.get("code");
      if (code == null) {
        throw new IllegalStateException("the redirect cannot be read");
      }
      var form = new LinkedHashMap<String, String>();
      form.put("grant_type", "authorization_code");
      form.put("code", code);
      form.put("redirect_uri", listener.redirectUri().toString());
      form.put("code_verifier", verifier);
      var yielded = request(form);
      if (!(yielded.get("id_token") instanceof String idToken)) {
        throw new IllegalStateException("the sign-in gave no ID token");
      }
      var algorithms =
          metadata.get("id_token_signing_alg_values_supported") instanceof List<?> list
              ? list
              : List.of();
      return tokens(
          yielded, IdToken.check(idToken, issuer, clientId, idNonce, algorithms, keys(), clock));
    }

    @Override
    public void close() {
      listener.close();
    }
  }

  private JWKSet keys() {
    try {
      return JWKSet.parse(json(http, endpoint("jwks_uri")));
    } catch (ParseException e) {
      throw new IllegalStateException("the issuer's keys cannot be read", e);
    }
  }

  /**
   * Rotates the refresh token: the one given is spent.
   *
   * @throws OAuthException when it is refused
   */
  public Tokens refresh(String refreshToken) {
    return tokens(
        request(Map.of("grant_type", "refresh_token", "refresh_token", refreshToken)), null);
  }

  /**
   * Exchanges a token for one of another audience (RFC 8693).
   *
   * @param scope narrower than the subject token's; null: as wide
   * @param deviceId the device that a gateway token names; null: none
   * @throws OAuthException when it is refused
   */
  public Tokens exchange(
      String subjectToken, String audience, @Nullable String scope, @Nullable String deviceId) {
    var form = new LinkedHashMap<String, String>();
    form.put("grant_type", TOKEN_EXCHANGE);
    form.put("subject_token", subjectToken);
    form.put("subject_token_type", ACCESS_TOKEN);
    form.put("audience", audience);
    if (scope != null) {
      form.put("scope", scope);
    }
    if (deviceId != null) {
      form.put("device_id", deviceId);
    }
    return tokens(request(form), null);
  }

  private Tokens tokens(Map<String, Object> answer, @Nullable JWTClaimsSet idClaims) {
    if (!(answer.get("access_token") instanceof String accessToken)
        || !(answer.get("expires_in") instanceof Number seconds)) {
      throw new IllegalStateException("the token response cannot be read");
    }
    if (!"DPoP".equalsIgnoreCase(String.valueOf(answer.get("token_type")))) {
      throw new IllegalStateException("the token is not bound to this client's key");
    }
    return new Tokens(
        accessToken,
        answer.get("refresh_token") instanceof String refreshToken ? refreshToken : null,
        idClaims,
        answer.get("scope") instanceof String scope
            ? Arrays.stream(scope.split(" ")).collect(Collectors.toUnmodifiableSet())
            : Set.of(),
        clock.instant().plusSeconds(seconds.longValue()));
  }

  /** Asks the token endpoint; once more with the nonce that the server gave (RFC 9449 §8). */
  private Map<String, Object> request(Map<String, String> grant) {
    var endpoint = endpoint("token_endpoint");
    var body = new LinkedHashMap<>(grant);
    body.put("client_id", clientId);
    for (int attempt = 0; ; attempt++) {
      var response =
          Api.send(
              http,
              HttpRequest.newBuilder(endpoint)
                  .timeout(REQUEST_MAX)
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .header("Accept", "application/json")
                  .header("DPoP", dpop.proof("POST", endpoint, null, nonce))
                  .POST(BodyPublishers.ofString(form(body)))
                  .build());
      nonce = response.headers().firstValue("DPoP-Nonce").orElse(nonce);
      Map<String, Object> answer;
      try {
        answer = JSONObjectUtils.parse(response.body());
      } catch (ParseException e) {
        throw new OAuthException("", "the answer is no JSON", response.statusCode());
      }
      if (response.statusCode() == 200) {
        return answer;
      }
      var error = String.valueOf(answer.getOrDefault("error", ""));
      if (attempt > 0 || !"use_dpop_nonce".equals(error)) {
        throw new OAuthException(
            error,
            String.valueOf(answer.getOrDefault("error_description", "")),
            response.statusCode());
      }
    }
  }

  private static String form(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(
            one ->
                URLEncoder.encode(one.getKey(), StandardCharsets.UTF_8)
                    + "="
                    + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  /** A parameter that stands twice is one that someone added (RFC 6749 §3.1). */
  private static Map<String, String> query(@Nullable String raw) {
    var parameters = new LinkedHashMap<String, String>();
    for (var pair : (raw == null ? "" : raw).split("&")) {
      var parts = pair.split("=", 2);
      var before =
          parameters.put(
              URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
              parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
      if (before != null) {
        throw new IllegalStateException("the redirect is not the answer to this request");
      }
    }
    return parameters;
  }

  private static boolean same(String expected, @Nullable String given) {
    return given != null
        && MessageDigest.isEqual(
            expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }

  private static String random() {
    var bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return Base64URL.encode(bytes).toString();
  }
}
