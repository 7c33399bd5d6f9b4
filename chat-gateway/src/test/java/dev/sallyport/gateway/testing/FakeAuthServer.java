package dev.sallyport.gateway.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An auth-server as decision 0002 describes it, as far as a gateway meets it: a real HTTP server
 * with keys of its own. It checks the gateway's client assertion and proofs, and asks for nonces.
 * It can go away and come back on the same port.
 */
public final class FakeAuthServer implements AutoCloseable {
  public static final String AUDIENCE = "http://gateway.test";
  private static final String CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
  private static final String NONCE = "nonce-of-the-auth-server";

  public final ECKey tokenKey = key();
  public final ECKey deviceKey = key();
  public final ECKey bundleKey = key();
  public final ECKey signalKey = key();

  private final Clock clock;
  private final int port;
  private final Path clientJwks;
  private final List<String> sets = new ArrayList<>();
  private final Set<String> assertionsUsed = new HashSet<>();
  private @Nullable HttpServer server;
  private volatile @Nullable String bundle;
  private volatile long bundleVersion;
  private final AtomicInteger bundlesServed = new AtomicInteger();
  private volatile boolean closed;

  public FakeAuthServer(Clock clock, Path gatewayData) throws IOException {
    this.clock = clock;
    this.clientJwks = gatewayData.resolve("client-jwks.json");
    HttpServer first = bind(0);
    this.server = first;
    this.port = first.getAddress().getPort();
    first.start();
  }

  private HttpServer bind(int at) throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", this::answer);
    return http;
  }

  public String issuer() {
    return "http://127.0.0.1:" + port;
  }

  /** Nothing listens any more; long polls under way are cut. */
  public synchronized void goAway() {
    if (server != null) {
      server.stop(0);
      server = null;
    }
  }

  public synchronized void comeBack() throws IOException {
    HttpServer again = bind(port);
    server = again;
    again.start();
  }

  // --------------------------------------------------------------------------------------- what it
  // says

  public void activate(long version, String policies) {
    serve(bundleClaims(version, policies).build(), "policy-bundle+jwt", bundleKey, version);
    emit(Map.of(), "https://sallyport.dev/secevent/policy-activated", Map.of("version", version));
  }

  /** Serves that as the current bundle and says that it was activated, whatever it is. */
  public void serve(JWTClaimsSet claims, String typ, ECKey key, long version) {
    bundle = sign(claims, typ, key);
    bundleVersion = version;
  }

  public void announce(long version) {
    emit(Map.of(), "https://sallyport.dev/secevent/policy-activated", Map.of("version", version));
  }

  public JWTClaimsSet.Builder bundleClaims(long version, String policies) {
    return new JWTClaimsSet.Builder()
        .issuer(issuer())
        .audience(AUDIENCE)
        .issueTime(Date.from(clock.instant()))
        .jwtID(UUID.randomUUID().toString())
        .claim("version", version)
        .claim("policies", policies)
        .claim("schema", resource("/policy/chat.cedarschema"))
        .claim("entities", List.of());
  }

  public static String defaultPolicies() {
    return resource("/policy/default.cedar");
  }

  public void revokeSession(String user, String sid) {
    emit(
        subject(user, "session", sid),
        CAEP + "session-revoked",
        Map.of("event_timestamp", clock.instant().getEpochSecond()));
  }

  public void revokeGrant(String user, String grant) {
    emit(
        subject(user, null, ""),
        "https://sallyport.dev/secevent/grant-revoked",
        Map.of(
            "event_timestamp",
            clock.instant().getEpochSecond(),
            "grant_id",
            grant,
            "initiating_entity",
            "system"));
  }

  public void revokeUser(String user) {
    emit(
        subject(user, null, ""),
        CAEP + "session-revoked",
        Map.of("event_timestamp", clock.instant().getEpochSecond()));
  }

  public void closeAccount(String user) {
    emit(
        subject(user, null, ""),
        "https://schemas.openid.net/secevent/risc/event-type/account-purged",
        Map.of("event_timestamp", clock.instant().getEpochSecond()));
  }

  public void revokeDevice(String user, String device) {
    emit(
        subject(user, "device", device),
        CAEP + "credential-change",
        Map.of(
            "event_timestamp", clock.instant().getEpochSecond(),
            "credential_type", "x-device",
            "change_type", "revoke"));
  }

  public void changeClaims(
      String user, List<String> roles, List<String> groups, Map<String, Object> attributes) {
    emit(
        subject(user, null, ""),
        CAEP + "token-claims-change",
        Map.of(
            "event_timestamp",
            clock.instant().getEpochSecond(),
            "claims",
            Map.of("roles", roles, "groups", groups, "attributes", attributes)));
  }

  private Map<String, Object> subject(String user, @Nullable String kind, String id) {
    Map<String, Object> subject = new HashMap<>();
    subject.put("format", "complex");
    subject.put("user", Map.of("format", "iss_sub", "iss", issuer(), "sub", user));
    if (kind != null) {
      subject.put(kind, Map.of("format", "opaque", "id", id));
    }
    return subject;
  }

  public void emit(Map<String, Object> subject, String type, Map<String, Object> payload) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer())
            .audience(AUDIENCE)
            .issueTime(Date.from(clock.instant()))
            .jwtID(UUID.randomUUID().toString())
            .claim("events", Map.of(type, payload));
    if (!subject.isEmpty()) {
      claims.claim("sub_id", subject);
    }
    emitRaw(sign(claims.build(), "secevent+jwt", signalKey));
  }

  public void emitRaw(String set) {
    synchronized (sets) {
      sets.add(set);
      sets.notifyAll();
    }
  }

  public void withdrawLast() {
    synchronized (sets) {
      sets.removeLast();
    }
  }

  public int bundlesServed() {
    return bundlesServed.get();
  }

  /** A gateway token for a device, good in every way but for what is changed. */
  public String token(Person person, Consumer<JWTClaimsSet.Builder> change) {
    return token(person, "at+jwt", tokenKey, change);
  }

  public String token(Person person) {
    return token(person, claims -> {});
  }

  public String token(Person person, String typ, ECKey key, Consumer<JWTClaimsSet.Builder> change) {
    Instant now = clock.instant();
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer())
            .subject(person.userId())
            .audience(AUDIENCE)
            .claim("client_id", "test-client")
            .claim("scope", "chat.read chat.write")
            .claim("sid", person.sid())
            .claim("acr", "urn:sallyport:acr:2fa")
            .claim("amr", List.of("pwd", "otp", "mfa"))
            .claim("auth_time", now.getEpochSecond())
            .claim("cnf", Map.of("jkt", person.key().jkt()))
            .claim("device_id", person.deviceId())
            .claim("roles", List.of())
            .claim("groups", List.of())
            .claim("attributes", Map.of())
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(Duration.ofMinutes(5))))
            .jwtID(UUID.randomUUID().toString());
    change.accept(claims);
    return sign(claims.build(), typ, key);
  }

  /** The credential of the person's device for that MLS signature key. */
  public String credential(Person person, byte[] signatureKey) {
    Instant now = clock.instant();
    return sign(
        new JWTClaimsSet.Builder()
            .issuer(issuer())
            .subject(person.userId())
            .claim("device_id", person.deviceId())
            .claim(
                "cnf",
                Map.of(
                    "jwk",
                    new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(signatureKey))
                        .build()
                        .toJSONObject()))
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(Duration.ofDays(30))))
            .jwtID(UUID.randomUUID().toString())
            .build(),
        "device-credential+jwt",
        deviceKey);
  }

  public static String sign(JWTClaimsSet claims, String typ, ECKey key) {
    try {
      SignedJWT jwt =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.ES256)
                  .type(new JOSEObjectType(typ))
                  .keyID(key.getKeyID())
                  .build(),
              claims);
      jwt.sign(new ECDSASigner(key));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  public static ECKey key() {
    try {
      return new ECKeyGenerator(Curve.P_256)
          .keyIDFromThumbprint(true)
          .algorithm(JWSAlgorithm.ES256)
          .generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  // ------------------------------------------------------------------------------------ how it
  // answers

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      switch (path) {
        case "/oauth2/jwks" -> json(exchange, 200, new JWKSet(tokenKey.toPublicJWK()).toString());
        case "/v1/keys/device" ->
            json(exchange, 200, new JWKSet(deviceKey.toPublicJWK()).toString());
        case "/v1/keys/bundle" ->
            json(exchange, 200, new JWKSet(bundleKey.toPublicJWK()).toString());
        case "/v1/keys/signal" ->
            json(exchange, 200, new JWKSet(signalKey.toPublicJWK()).toString());
        case "/oauth2/token" -> token(exchange);
        case "/v1/signals" -> {
          if (isGateway(exchange)) {
            signals(exchange);
          }
        }
        case "/v1/policy/bundle" -> {
          if (isGateway(exchange)) {
            bundle(exchange);
          }
        }
        default -> json(exchange, 404, "{}");
      }
    } catch (ParseException | JOSEException e) {
      throw new IOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void token(HttpExchange exchange) throws IOException, ParseException, JOSEException {
    Map<String, String> form = new HashMap<>();
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    for (String field : body.split("&", -1)) {
      String[] parts = field.split("=", 2);
      form.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    if (!proofCarriesNonce(exchange, "POST", "/oauth2/token")) {
      exchange.getResponseHeaders().set("DPoP-Nonce", NONCE);
      json(exchange, 400, "{\"error\":\"use_dpop_nonce\"}");
      return;
    }
    SignedJWT assertion = SignedJWT.parse(form.getOrDefault("client_assertion", ""));
    JWKSet clientKeys = JWKSet.parse(Files.readString(clientJwks));
    boolean good =
        "client_credentials".equals(form.get("grant_type"))
            && "gateway".equals(form.get("scope"))
            && assertion.verify(
                new ECDSAVerifier(
                    clientKeys.getKeyByKeyId(assertion.getHeader().getKeyID()).toECKey()))
            && assertion.getJWTClaimsSet().getAudience().equals(List.of(issuer()))
            && "chat-gateway".equals(assertion.getJWTClaimsSet().getSubject())
            && assertionsUsed.add(assertion.getJWTClaimsSet().getJWTID());
    if (good) {
      json(
          exchange,
          200,
          "{\"access_token\":\"gateway-token\",\"token_type\":\"DPoP\",\"expires_in\":300}");
    } else {
      json(exchange, 401, "{\"error\":\"invalid_client\"}");
    }
  }

  private boolean isGateway(HttpExchange exchange)
      throws IOException, ParseException, JOSEException {
    boolean token =
        "DPoP gateway-token".equals(exchange.getRequestHeaders().getFirst("Authorization"));
    if (token && proofCarriesNonce(exchange, "GET", exchange.getRequestURI().getPath())) {
      return true;
    }
    exchange.getResponseHeaders().set("DPoP-Nonce", NONCE);
    exchange
        .getResponseHeaders()
        .set(
            "WWW-Authenticate",
            "DPoP error=\"" + (token ? "use_dpop_nonce" : "invalid_token") + "\"");
    json(exchange, 401, "{}");
    return false;
  }

  private boolean proofCarriesNonce(HttpExchange exchange, String method, String path)
      throws ParseException, JOSEException {
    SignedJWT proof = SignedJWT.parse(exchange.getRequestHeaders().getFirst("DPoP"));
    JWTClaimsSet claims = proof.getJWTClaimsSet();
    return proof.verify(new ECDSAVerifier(proof.getHeader().getJWK().toECKey()))
        && method.equals(claims.getStringClaim("htm"))
        && (issuer() + path).equals(claims.getStringClaim("htu"))
        && NONCE.equals(claims.getStringClaim("nonce"));
  }

  private void signals(HttpExchange exchange) throws IOException, InterruptedException {
    Map<String, String> query = query(exchange.getRequestURI());
    int after = Integer.parseInt(query.getOrDefault("after", "0"));
    long wait = Long.parseLong(query.getOrDefault("wait", "0"));
    List<String> news;
    synchronized (sets) {
      long deadline = System.nanoTime() + Duration.ofSeconds(wait).toNanos();
      long left = deadline - System.nanoTime();
      while (sets.size() <= after && left > 0 && !closed) {
        sets.wait(Math.max(1, left / 1_000_000));
        left = deadline - System.nanoTime();
      }
      news = List.copyOf(sets.subList(Math.min(after, sets.size()), sets.size()));
    }
    json(
        exchange,
        200,
        JSONObjectUtils.toJSONString(
            Map.of(
                "position", Integer.toString(after + news.size()), "sets", news, "more", false)));
  }

  private void bundle(HttpExchange exchange) throws IOException {
    bundlesServed.incrementAndGet();
    String current = bundle;
    String etag = "\"" + bundleVersion + "\"";
    if (current == null) {
      json(exchange, 404, "{}");
    } else if (etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
      exchange.sendResponseHeaders(304, -1);
    } else {
      exchange.getResponseHeaders().set("ETag", etag);
      json(exchange, 200, current);
    }
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    for (String field : uri.getQuery() == null ? new String[0] : uri.getQuery().split("&", -1)) {
      String[] parts = field.split("=", 2);
      query.put(parts[0], parts[1]);
    }
    return query;
  }

  private static void json(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static String resource(String name) {
    try (var in = FakeAuthServer.class.getResourceAsStream(name)) {
      return new String(
          java.util.Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    goAway();
  }
}
