package dev.sallyport.gateway.issuer;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The way to the auth-server: fixed paths under one base, no discovery, no redirects. The gateway
 * is the OAuth client {@code chat-gateway}: {@code client_credentials} with {@code private_key_jwt}
 * (RFC 7523) and DPoP (RFC 9449), scope {@code gateway}; the token is kept until shortly before it
 * expires.
 *
 * <p>All calls block, with a deadline for the whole answer and a bound on its size; call them on
 * own threads, never on an event loop. Thread-safe.
 */
@Component
public final class AuthServer {
  private static final String CLIENT_ID = "chat-gateway";
  private static final String TOKEN_PATH = "/oauth2/token";
  private static final int TOKEN_BYTES_MAX = 64 * 1024;
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);
  private static final Duration ASSERTION_LIFE = Duration.ofSeconds(60);

  /** A token this close to its end is renewed first, so that it does not expire under way. */
  private static final Duration RENEW_BEFORE = Duration.ofSeconds(30);

  private final HttpClient http;
  private final String base;
  private final String publicBase;
  private final Clock clock;
  private final SecureRandom random;
  private final ECKey clientKey;

  /** Lives as long as the process: tokens bound to it die with it. */
  private final ECKey proofKey;

  private final Object renewing = new Object();
  private volatile @Nullable Held held;

  /** The newest nonce for DPoP, by who gave it: the token endpoint and the API may differ. */
  private volatile @Nullable String tokenNonce;

  private volatile @Nullable String apiNonce;

  private record Held(String token, Instant renewAt) {
    @Override
    public String toString() {
      return "Held[renewAt=" + renewAt + "]";
    }
  }

  /** An answer of any status. */
  public static final class Answer {
    private final int status;
    private final byte[] body;
    private final Optional<String> etag;

    private Answer(int status, byte[] body, Optional<String> etag) {
      this.status = status;
      this.body = body;
      this.etag = etag;
    }

    public int status() {
      return status;
    }

    /** As it came; for who asked alone, so no copy. */
    public byte[] body() {
      return body;
    }

    public Optional<String> etag() {
      return etag;
    }

    @Override
    public String toString() {
      return "Answer[" + status + ", " + body.length + " bytes]";
    }
  }

  AuthServer(IssuerSettings settings, Clock clock, SecureRandom random)
      throws IOException, JOSEException {
    this.base = settings.reachableBase();
    this.publicBase = settings.issuerName();
    this.clock = clock;
    this.random = random;
    this.clientKey = ClientKey.readOrMake(settings.data(), random);
    this.proofKey = new ECKeyGenerator(Curve.P_256).secureRandom(random).generate();
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_MAX)
            .followRedirects(HttpClient.Redirect.NEVER);
    if (settings.trustPem() != null) {
      builder.sslContext(TrustAnchors.withMore(settings.trustPem()));
    }
    this.http = builder.build();
  }

  /** Reads something public. */
  public Answer get(String path, int bytesMax) throws IOException, InterruptedException {
    return answer(exchange(request(path, ANSWER_MAX).GET().build(), bytesMax, ANSWER_MAX));
  }

  /**
   * Reads something only gateways may read. A token that is no longer taken is replaced once, a
   * nonce that is asked for is used once.
   *
   * @param pathAndQuery starts with a slash
   * @param longest how long the server may keep us waiting, beyond the usual
   */
  public Answer getAsGateway(
      String pathAndQuery, @Nullable String ifNoneMatch, int bytesMax, Duration longest)
      throws IOException, InterruptedException {
    Duration timeout = ANSWER_MAX.plus(longest);
    HttpResponse<byte[]> response = null;
    for (int attempt = 0; attempt < 3; attempt++) {
      String token = token();
      HttpRequest.Builder request = request(pathAndQuery, timeout);
      request.header("Authorization", "DPoP " + token);
      request.header("DPoP", proof("GET", htu(pathAndQuery), apiNonce, token));
      if (ifNoneMatch != null) {
        request.header("If-None-Match", ifNoneMatch);
      }
      response = exchange(request.GET().build(), bytesMax, timeout);
      Optional<String> nonce = response.headers().firstValue("DPoP-Nonce");
      nonce.ifPresent(value -> apiNonce = value);
      if (response.statusCode() != 401) {
        break;
      }
      String challenge = response.headers().firstValue("WWW-Authenticate").orElse("");
      if (!(challenge.contains("use_dpop_nonce") && nonce.isPresent())) {
        forget(token);
      }
    }
    return answer(java.util.Objects.requireNonNull(response));
  }

  private String token() throws IOException, InterruptedException {
    Held now = held;
    if (now != null && clock.instant().isBefore(now.renewAt())) {
      return now.token();
    }
    synchronized (renewing) {
      now = held;
      if (now == null || !clock.instant().isBefore(now.renewAt())) {
        now = fetchToken();
        held = now;
      }
      return now.token();
    }
  }

  private void forget(String token) {
    synchronized (renewing) {
      Held now = held;
      if (now != null && now.token().equals(token)) {
        held = null;
      }
    }
  }

  private Held fetchToken() throws IOException, InterruptedException {
    HttpResponse<byte[]> response = null;
    for (int attempt = 0; attempt < 2; attempt++) {
      HttpRequest request =
          request(TOKEN_PATH, ANSWER_MAX)
              .header("Content-Type", "application/x-www-form-urlencoded")
              .header("DPoP", proof("POST", publicBase + TOKEN_PATH, tokenNonce, null))
              .POST(HttpRequest.BodyPublishers.ofString(tokenForm()))
              .build();
      response = exchange(request, TOKEN_BYTES_MAX, ANSWER_MAX);
      Optional<String> nonce = response.headers().firstValue("DPoP-Nonce");
      nonce.ifPresent(value -> tokenNonce = value);
      boolean again =
          (response.statusCode() == 400 || response.statusCode() == 401)
              && nonce.isPresent()
              && "use_dpop_nonce".equals(member(response.body(), "error"));
      if (!again) {
        break;
      }
    }
    byte[] body = java.util.Objects.requireNonNull(response).body();
    if (response.statusCode() != 200) {
      Object error = member(body, "error");
      throw new IOException(
          "the auth-server gave no token: "
              + response.statusCode()
              + (error instanceof String code ? " `" + printable(code) + "`" : ""));
    }
    if (!(member(body, "access_token") instanceof String token)
        || !(member(body, "expires_in") instanceof Number seconds)
        || !(member(body, "token_type") instanceof String type)
        || !type.equalsIgnoreCase("DPoP")) {
      throw new IOException("the auth-server's token answer is not one for DPoP");
    }
    Duration life = Duration.ofSeconds(Math.clamp(seconds.longValue(), 1, 3600));
    Duration use =
        life.compareTo(RENEW_BEFORE.multipliedBy(2)) > 0
            ? life.minus(RENEW_BEFORE)
            : life.dividedBy(2);
    return new Held(token, clock.instant().plus(use));
  }

  private String tokenForm() {
    Instant now = clock.instant();
    JWTClaimsSet assertion =
        new JWTClaimsSet.Builder()
            .issuer(CLIENT_ID)
            .subject(CLIENT_ID)
            .audience(publicBase)
            .jwtID(freshId())
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(ASSERTION_LIFE)))
            .build();
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .keyID(clientKey.getKeyID())
            .type(JOSEObjectType.JWT)
            .build();
    return form(
        Map.of(
            "grant_type", "client_credentials",
            "client_id", CLIENT_ID,
            "scope", "gateway",
            "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion", signed(header, assertion, clientKey)));
  }

  private String proof(
      String method, String url, @Nullable String nonce, @Nullable String accessToken) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .jwtID(freshId())
            .claim("htm", method)
            .claim("htu", url)
            .issueTime(Date.from(clock.instant()));
    if (nonce != null) {
      claims.claim("nonce", nonce);
    }
    if (accessToken != null) {
      claims.claim("ath", Base64URL.encode(sha256(accessToken)).toString());
    }
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .type(new JOSEObjectType("dpop+jwt"))
            .jwk(proofKey.toPublicJWK())
            .build();
    return signed(header, claims.build(), proofKey);
  }

  /**
   * The public name of what is asked for: {@code htu} knows neither inner addresses nor queries.
   */
  private String htu(String pathAndQuery) {
    int query = pathAndQuery.indexOf('?');
    return publicBase + (query < 0 ? pathAndQuery : pathAndQuery.substring(0, query));
  }

  private HttpRequest.Builder request(String pathAndQuery, Duration timeout) {
    return HttpRequest.newBuilder(URI.create(base + pathAndQuery)).timeout(timeout);
  }

  /** The request's own timeout ends with the headers; this one covers the body too. */
  private HttpResponse<byte[]> exchange(HttpRequest request, int bytesMax, Duration timeout)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), bytesMax));
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("the auth-server did not answer in time", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectException) {
        throw new IOException("the auth-server cannot be reached", e.getCause());
      }
      throw new IOException("the exchange with the auth-server failed", e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  private static Answer answer(HttpResponse<byte[]> response) {
    return new Answer(
        response.statusCode(), response.body(), response.headers().firstValue("ETag"));
  }

  private static @Nullable Object member(byte[] body, String name) {
    try {
      return JSONObjectUtils.parse(new String(body, StandardCharsets.UTF_8)).get(name);
    } catch (ParseException e) {
      return null;
    }
  }

  private static String printable(String code) {
    return code.length() > 64 || !code.matches("[a-z_]+") ? "?" : code;
  }

  private static String form(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(
            field ->
                field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  private String freshId() {
    byte[] id = new byte[16];
    random.nextBytes(id);
    return Base64URL.encode(id).toString();
  }

  private static String signed(JWSHeader header, JWTClaimsSet claims, ECKey key) {
    try {
      SignedJWT jwt = new SignedJWT(header, claims);
      jwt.sign(new ECDSASigner(key));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException("cannot sign with the gateway's own key", e);
    }
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
