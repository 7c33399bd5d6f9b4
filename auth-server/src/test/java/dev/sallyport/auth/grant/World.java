package dev.sallyport.auth.grant;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.ServerNonces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.util.FileSystemUtils;

/**
 * A running server with a person signed in, and clients of every profile. One for all tests of this
 * package: each test makes what it changes.
 */
final class World {

  static final String ISSUER = "http://localhost:9000";
  static final String GATEWAY = "http://localhost:9100";
  static final String REDIRECT = "http://127.0.0.1:49152/callback";
  static final String VERIFIER = "dBjftJeZ4CVP-mBz1vYnUcAhbWqXrIu3kE9TqNqYx0s";
  static final String ALL_SCOPES = "openid profile email offline_access chat.read chat.write admin";

  static final String CHAT = "sallyport-demo";
  static final String OTHER_CHAT = "other-chat";
  static final String FAPI = "bank";
  static final String WEB = "shop";

  /** A relying party whose people {@link #AGENT} may act for. */
  static final String CRM = "crm";

  static final String CRM_SECRET = "0123456789abcdef0123456789abcdef";

  /** Confidential, with a key of its own: {@link #fapiKey} too. */
  static final String AGENT = "agent";

  private static @Nullable World world;

  final RunningServer server;
  final SettableClock clock;
  final String webSecret;
  final ECKey fapiKey;
  final ECKey gatewayKey;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final Path data;
  private final String cookie;

  private World(String... more) {
    try {
      data = Files.createTempDirectory("grants");
      gatewayKey = new ECKeyGenerator(Curve.P_256).keyID("gateway").generate();
      fapiKey = new ECKeyGenerator(Curve.P_256).keyID("bank").generate();
      Path jwks = data.resolve("client-jwks.json");
      Files.writeString(jwks, new JWKSet(gatewayKey).toString(true));
      List<String> settings =
          new ArrayList<>(
              List.of(
                  "--sallyport.gateway.jwks-file=" + jwks,
                  "--sallyport.fetch.allow=127.0.0.0/8",
                  "--sallyport.registration.burst=100000",
                  // time stands still, and all come from one network
                  "--sallyport.refused-requests.burst=1000000",
                  "--sallyport.clients[0].client-id=" + OTHER_CHAT,
                  "--sallyport.clients[0].redirect-uris=http://127.0.0.1/callback",
                  "--sallyport.clients[0].consent-required=false",
                  "--sallyport.clients[0].resources=https://files.example/api,https://mail.example",
                  "--sallyport.clients[1].client-id=" + CRM,
                  "--sallyport.clients[1].profile=web",
                  "--sallyport.clients[1].secret=" + CRM_SECRET,
                  "--sallyport.clients[1].redirect-uris=https://crm.example/callback",
                  "--sallyport.clients[1].consent-required=false",
                  "--sallyport.clients[1].may-act=" + AGENT));
      settings.addAll(List.of(more));
      server = RunningServer.start(data, settings.toArray(String[]::new));
      clock = server.clock();
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    server.close();
                    try {
                      FileSystemUtils.deleteRecursively(data);
                    } catch (IOException e) {
                      // a temporary folder
                    }
                  }));
      webSecret =
          register(
              client(
                  WEB,
                  SecurityProfile.WEB,
                  ClientAuthentication.CLIENT_SECRET_BASIC,
                  null,
                  Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
                  Set.of("openid", "profile", "email", "offline_access"),
                  "https://shop.example/callback"));
      register(
          client(
              FAPI,
              SecurityProfile.FAPI2,
              ClientAuthentication.PRIVATE_KEY_JWT,
              new JWKSet(fapiKey).toString(true),
              Set.of(
                  GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.TOKEN_EXCHANGE),
              Set.of("openid", "offline_access", "chat.read", "chat.write"),
              "https://bank.example/callback"));
      register(
          client(
              AGENT,
              SecurityProfile.FAPI2,
              ClientAuthentication.PRIVATE_KEY_JWT,
              new JWKSet(fapiKey).toString(true),
              Set.of(
                  GrantType.AUTHORIZATION_CODE,
                  GrantType.CLIENT_CREDENTIALS,
                  GrantType.TOKEN_EXCHANGE),
              Set.of("openid", "profile", "chat.read"),
              "https://agent.example/callback"));
      Browser browser = new Browser(server.port());
      browser.signInAsDemoPerson("alice", data, clock);
      cookie = browser.sessionCookie().orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  static synchronized World get() {
    if (world == null) {
      world = new World();
    }
    return world;
  }

  /** Another world, with these settings. */
  static World with(String... settings) {
    return new World(settings);
  }

  Path data() {
    return data;
  }

  private static Client client(
      String id,
      SecurityProfile profile,
      ClientAuthentication authentication,
      @Nullable String jwks,
      Set<GrantType> grants,
      Set<String> scopes,
      String redirect) {
    return new Client(
        id,
        id,
        profile,
        authentication,
        jwks,
        Set.of(redirect),
        grants,
        scopes,
        profile == SecurityProfile.WEB ? "RS256" : "ES256",
        false);
  }

  private String register(Client client) {
    return switch (server.bean(Clients.class).register(client)) {
      case Registration.Registered registered ->
          registered.secret() == null ? "" : registered.secret();
      case Registration.Rejected rejected -> throw new AssertionError(rejected.problems());
    };
  }

  String cookie() {
    return cookie;
  }

  private @Nullable Authenticator bobsApp;

  /** Someone else, bob, in a browser of their own, just signed in. */
  final class Visitor {
    private final Browser browser = new Browser(server.port());

    private Visitor() {
      try {
        if (bobsApp == null) {
          bobsApp = browser.signInAsDemoPerson("bob", data, clock);
        } else {
          signIn();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String cookie() {
      return browser.sessionCookie().orElseThrow();
    }

    Browser browser() {
      return browser;
    }

    /** With both factors, half a minute after the last code; returns where it ended. */
    HttpResponse<String> signIn() {
      clock.pass(Duration.ofSeconds(31));
      try {
        HttpResponse<String> code =
            browser.press(
                "/login",
                "sign-in",
                "username",
                "bob",
                "password",
                Browser.demoPassword("bob", data));
        return browser.press(
            code, "verify", "code", Objects.requireNonNull(bobsApp).code(clock.instant()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** What a client is told of this sign-in. */
    JWTClaimsSet idToken() {
      Answer answer = browse("/oauth2/authorize?" + form(asking(OTHER_CHAT, "openid")), cookie());
      return claims(token(key(), redeeming(OTHER_CHAT, answer.redirect("code"))).text("id_token"));
    }
  }

  Visitor visitor() {
    return new Visitor();
  }

  DpopKey key() {
    return new DpopKey(clock);
  }

  String nonce() {
    return server.bean(ServerNonces.class).fresh();
  }

  // ---- requests

  /** Someone signed in, of a test's own, whose session and account it may end. */
  record Person(String accountId, String sid) {}

  Person person() {
    String name = "p" + UUID.randomUUID().toString().substring(0, 12);
    Account account =
        ((Creation.Created)
                server
                    .bean(Accounts.class)
                    .create(NewAccount.named(name, "Someone", Set.of("user")), Actor.system()))
            .account();
    SignInSession session =
        server
            .bean(Sessions.class)
            .begin(account.id(), List.of("pwd", "otp", "mfa"), "test", "127.0.0.1");
    return new Person(account.id(), session.sid());
  }

  /** Tokens of a person without a browser: the code is made as the authorization endpoint would. */
  Answer tokens(Person person, DpopKey key, String clientId, String scope) {
    Answer answer = token(key, redeeming(clientId, codeOf(person, clientId, scope)));
    if (answer.status() != 200) {
      throw new AssertionError(answer.http().body());
    }
    return answer;
  }

  /** A code of theirs for this client. */
  String codeOf(Person person, String clientId, String scope) {
    SignInSession session = server.bean(Sessions.class).live(person.sid()).orElseThrow();
    SignedIn signedIn =
        new SignedIn(
            session.accountId(), session.sid(), session.authTime(), session.acr(), session.amr());
    RegisteredClient client = server.bean(RegisteredClients.class).findByClientId(clientId);
    if (client == null) {
      throw new AssertionError(clientId);
    }
    Set<String> scopes = Set.of(scope.split(" "));
    String code = UUID.randomUUID().toString();
    server
        .bean(PendingAuthorizations.class)
        .save(
            OAuth2Authorization.withRegisteredClient(client)
                .principalName(person.accountId())
                .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
                .authorizedScopes(scopes)
                .attribute(
                    Principal.class.getName(),
                    UsernamePasswordAuthenticationToken.authenticated(signedIn, null, List.of()))
                .attribute(
                    OAuth2AuthorizationRequest.class.getName(),
                    OAuth2AuthorizationRequest.authorizationCode()
                        .authorizationUri(ISSUER + "/oauth2/authorize")
                        .clientId(clientId)
                        .redirectUri(REDIRECT)
                        .scopes(scopes)
                        .additionalParameters(Map.of("code_challenge", Hashes.sha256(VERIFIER)))
                        .build())
                .token(
                    new OAuth2AuthorizationCode(
                        code, clock.instant(), clock.instant().plusSeconds(60)))
                .build());
    return code;
  }

  /** The parameters of a good authorization request of the demo client. */
  Map<String, String> asking(String clientId, String scope) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("response_type", "code");
    parameters.put("client_id", clientId);
    parameters.put("redirect_uri", REDIRECT);
    parameters.put("scope", scope);
    parameters.put("state", "s t&ate");
    parameters.put("nonce", "n-1");
    parameters.put("code_challenge", Hashes.sha256(VERIFIER));
    parameters.put("code_challenge_method", "S256");
    return parameters;
  }

  /** To the authorization endpoint with the signed-in browser; consents where asked. */
  Answer authorize(Map<String, String> parameters) {
    Answer answer = browse("/oauth2/authorize?" + form(parameters), cookie);
    if (answer.status() == 302 && answer.header("Location").orElse("").contains("/consent?")) {
      List<String> body = new ArrayList<>();
      body.add(
          form(
              Map.of(
                  "client_id", answer.redirect("client_id"), "state", answer.redirect("state"))));
      for (String scope : answer.redirect("scope").split(" ", -1)) {
        body.add(form(Map.of("scope", scope)));
      }
      return send(
          request("/oauth2/authorize")
              .header("Cookie", "SALLYPORT_AUTH=" + cookie)
              .header("Content-Type", "application/x-www-form-urlencoded")
              .POST(HttpRequest.BodyPublishers.ofString(String.join("&", body))));
    }
    return answer;
  }

  Answer browse(String pathAndQuery, @Nullable String sessionCookie) {
    HttpRequest.Builder request = request(pathAndQuery).header("Accept", "text/html").GET();
    if (sessionCookie != null) {
      request.header("Cookie", "SALLYPORT_AUTH=" + sessionCookie);
    }
    return send(request);
  }

  String code(String clientId, String scope) {
    return authorize(asking(clientId, scope)).redirect("code");
  }

  Map<String, String> redeeming(String clientId, String code) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "authorization_code");
    form.put("client_id", clientId);
    form.put("code", code);
    form.put("redirect_uri", REDIRECT);
    form.put("code_verifier", VERIFIER);
    return form;
  }

  /** To the token endpoint, with a good proof by this key. */
  Answer token(DpopKey key, Map<String, String> form) {
    return post(
        "/oauth2/token", form, "DPoP", key.proof("POST", ISSUER + "/oauth2/token", nonce(), null));
  }

  Answer tokens(DpopKey key, String clientId, String scope) {
    Answer answer = token(key, redeeming(clientId, code(clientId, scope)));
    if (answer.status() != 200) {
      throw new AssertionError(answer.http().body());
    }
    return answer;
  }

  Answer refresh(DpopKey key, String clientId, String refreshToken) {
    return token(
        key,
        Map.of(
            "grant_type", "refresh_token", "client_id", clientId, "refresh_token", refreshToken));
  }

  Map<String, String> exchanging(String clientId, String subjectToken) {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    form.put("client_id", clientId);
    form.put("subject_token", subjectToken);
    form.put("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
    form.put("audience", GATEWAY);
    return form;
  }

  Answer post(String path, Map<String, String> form, String... headers) {
    HttpRequest.Builder request =
        request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form(form)));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  /** To the API, with token and proof. */
  Answer api(DpopKey key, String method, String path, String accessToken, @Nullable String json) {
    return send(
        request(path)
            .header("Authorization", "DPoP " + accessToken)
            .header("DPoP", key.proof(method, ISSUER + path, nonce(), accessToken))
            .header("Content-Type", "application/json")
            .method(
                method,
                json == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(json)));
  }

  Answer get(String path, String... headers) {
    HttpRequest.Builder request = request(path).GET();
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  HttpRequest.Builder request(String pathAndQuery) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + pathAndQuery))
        .timeout(Duration.ofSeconds(60));
  }

  Answer send(HttpRequest.Builder request) {
    try {
      return Answer.of(http.send(request.build(), HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  // ---- what clients make

  String webBasic() {
    return "Basic " + Base64.getEncoder().encodeToString((WEB + ":" + webSecret).getBytes(UTF_8));
  }

  /** A client assertion (RFC 7523), with an audience as the test wants it. */
  String assertion(ECKey key, String clientId, Object audience, String jti) {
    // Not a JWTClaimsSet, which would write an array of one audience as a string.
    Map<String, Object> claims =
        Map.of(
            "iss", clientId,
            "sub", clientId,
            "aud", audience,
            "jti", jti,
            "iat", clock.instant().getEpochSecond(),
            "exp", clock.instant().getEpochSecond() + 60);
    JWSObject jws =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
            new Payload(claims));
    try {
      jws.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jws.serialize();
  }

  /** A good client assertion, of this moment. */
  static String assertion(ECKey key, String clientId, String audience, Instant now) {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
            new JWTClaimsSet.Builder()
                .issuer(clientId)
                .subject(clientId)
                .audience(audience)
                .jwtID(UUID.randomUUID().toString())
                .expirationTime(Date.from(now.plusSeconds(60)))
                .build());
    try {
      jwt.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    return jwt.serialize();
  }

  Map<String, String> asserting(ECKey key, String clientId, Map<String, String> form) {
    Map<String, String> all = new LinkedHashMap<>(form);
    all.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    all.put("client_assertion", assertion(key, clientId, ISSUER, UUID.randomUUID().toString()));
    return all;
  }

  static JWTClaimsSet claims(String jwt) {
    try {
      return SignedJWT.parse(jwt).getJWTClaimsSet();
    } catch (ParseException e) {
      throw new AssertionError(e);
    }
  }

  /** An object among the claims. */
  static Map<String, Object> claimsOf(String jwt, String name) {
    try {
      return Objects.requireNonNull(claims(jwt).getJSONObjectClaim(name));
    } catch (ParseException e) {
      throw new AssertionError(e);
    }
  }

  static String form(Map<String, String> values) {
    return values.entrySet().stream()
        .map(
            e ->
                URLEncoder.encode(e.getKey(), UTF_8) + "=" + URLEncoder.encode(e.getValue(), UTF_8))
        .collect(Collectors.joining("&"));
  }
}
