package dev.sallyport.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * A small OpenID Provider beside the server: whoever comes is {@code subject}; its ID tokens can be
 * spoilt on purpose.
 */
public final class ProviderBeside implements AutoCloseable {

  volatile String subject = "bobby";
  volatile UnaryOperator<JWTClaimsSet.Builder> spoil = UnaryOperator.identity();
  volatile boolean signWithAnotherKey;
  volatile String padding = "";

  /** What it puts as {@code iss} into its answers; empty: nothing. */
  volatile String named = "";

  /** Whether it says that it always does. */
  volatile boolean saysThatItNamesItself;

  public volatile Clock clock = Clock.systemUTC();

  /** What its API says about whoever comes. */
  volatile String user = "{\"id\":4711,\"login\":\"Bobby.T\",\"name\":\"Bobby Tables\"}";

  volatile String emails = "[]";

  /** The parameters of the last authorization request. */
  volatile Map<String, String> asked = Map.of();

  private final HttpServer http;
  private final ECKey key;
  private final ECKey otherKey;
  private final Map<String, Map<String, String>> requests = new ConcurrentHashMap<>();

  public ProviderBeside() throws IOException, JOSEException {
    key = new ECKeyGenerator(Curve.P_256).keyID("k1").generate();
    otherKey = new ECKeyGenerator(Curve.P_256).keyID("k1").generate();
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/.well-known/openid-configuration", this::metadata);
    http.createContext("/authorize", this::authorize);
    http.createContext("/token", this::token);
    http.createContext("/api/user", exchange -> json(exchange, user));
    http.createContext("/api/emails", exchange -> json(exchange, emails));
    http.createContext(
        "/jwks", exchange -> json(exchange, new JWKSet(key.toPublicJWK()).toString()));
    http.start();
  }

  /** As it was made. */
  void reset() {
    subject = "bobby";
    spoil = UnaryOperator.identity();
    signWithAnotherKey = false;
    padding = "";
    named = "";
    saysThatItNamesItself = false;
    user = "{\"id\":4711,\"login\":\"Bobby.T\",\"name\":\"Bobby Tables\"}";
    emails = "[]";
    asked = Map.of();
  }

  public String issuer() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  public String[] settings() {
    return new String[] {
      "--sallyport.fetch.allow=127.0.0.0/8,::1",
      "--sallyport.idps[0].id=acme",
      "--sallyport.idps[0].name=Acme",
      "--sallyport.idps[0].issuer=" + issuer(),
      "--sallyport.idps[0].client-id=sallyport",
      "--sallyport.idps[0].client-secret=0123456789abcdef0123456789abcdef"
    };
  }

  private void metadata(HttpExchange exchange) throws IOException {
    String base = issuer();
    json(
        exchange,
        """
        {"issuer":"%1$s","authorization_endpoint":"%1$s/authorize","token_endpoint":"%1$s/token",
         "jwks_uri":"%1$s/jwks","response_types_supported":["code"],"subject_types_supported":["public"],
         "id_token_signing_alg_values_supported":["ES256"],"padding":"%2$s",
         "authorization_response_iss_parameter_supported":%3$s}
        """
            .formatted(base, padding, saysThatItNamesItself));
  }

  private void authorize(HttpExchange exchange) throws IOException {
    Map<String, String> query = parameters(exchange.getRequestURI().getRawQuery());
    String code = "code" + requests.size();
    requests.put(code, query);
    asked = query;
    exchange
        .getResponseHeaders()
        .add(
            "Location",
            query.get("redirect_uri")
                + "?code="
                + code
                + "&state="
                + encoded(query, "state")
                + (named.isEmpty() ? "" : "&iss=" + URLEncoder.encode(named, UTF_8)));
    exchange.sendResponseHeaders(302, -1);
    exchange.close();
  }

  private static String encoded(Map<String, String> query, String name) {
    return URLEncoder.encode(query.getOrDefault(name, ""), UTF_8);
  }

  private void token(HttpExchange exchange) throws IOException {
    Map<String, String> form =
        parameters(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
    Map<String, String> request = requests.getOrDefault(form.getOrDefault("code", ""), Map.of());
    if (!form.containsKey("code_verifier")
        || !"S256".equals(request.get("code_challenge_method"))) {
      exchange.sendResponseHeaders(400, -1);
      exchange.close();
      return;
    }
    Instant now = clock.instant();
    JWTClaimsSet claims =
        spoil
            .apply(
                new JWTClaimsSet.Builder()
                    .issuer(issuer())
                    .subject(subject)
                    .audience("sallyport")
                    .claim("nonce", request.get("nonce"))
                    .claim("email", "alice@acme.example")
                    .claim("amr", List.of("mfa"))
                    .issueTime(Date.from(now))
                    .expirationTime(Date.from(now.plusSeconds(300))))
            .build();
    json(
        exchange,
        "{\"access_token\":\"x\",\"token_type\":\"Bearer\",\"expires_in\":60,\"id_token\":\""
            + signed("JWT", claims)
            + "\"}");
  }

  /** An ID token, good for an exchange by the client `app`, or spoilt. */
  public String idToken(UnaryOperator<JWTClaimsSet.Builder> spoilt) {
    Instant now = clock.instant();
    return signed(
        "JWT",
        spoilt
            .apply(
                new JWTClaimsSet.Builder()
                    .issuer(issuer())
                    .subject(subject)
                    .audience("app")
                    .claim("nonce", UUID.randomUUID().toString())
                    .issueTime(Date.from(now))
                    .expirationTime(Date.from(now.plusSeconds(3600))))
            .build());
  }

  /** A logout token for the session that its ID tokens name, or spoilt. */
  public String logoutToken(UnaryOperator<JWTClaimsSet.Builder> spoilt) {
    return logoutToken("logout+jwt", spoilt);
  }

  String logoutToken(String typ, UnaryOperator<JWTClaimsSet.Builder> spoilt) {
    Instant now = clock.instant();
    return signed(
        typ,
        spoilt
            .apply(
                new JWTClaimsSet.Builder()
                    .issuer(issuer())
                    .audience("sallyport")
                    .subject(subject)
                    .jwtID(UUID.randomUUID().toString())
                    .issueTime(Date.from(now))
                    .expirationTime(Date.from(now.plusSeconds(120)))
                    .claim(
                        "events",
                        Map.of("http://schemas.openid.net/event/backchannel-logout", Map.of())))
            .build());
  }

  private String signed(String typ, JWTClaimsSet claims) {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType(typ))
                .keyID("k1")
                .build(),
            claims);
    try {
      jwt.sign(new ECDSASigner(signWithAnotherKey ? otherKey : key));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jwt.serialize();
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String pair : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      parameters.put(
          URLDecoder.decode(parts[0], UTF_8),
          parts.length == 2 ? URLDecoder.decode(parts[1], UTF_8) : "");
    }
    return parameters;
  }

  private static void json(HttpExchange exchange, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
