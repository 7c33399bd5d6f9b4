package dev.sallyport.auth.logout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0. */
class LogoutTest {

  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final String CALLBACK = "http://localhost:3000/callback";
  private static final String AFTER = "http://localhost:3000/callback?signed=out";

  @TempDir static Path data;

  private static RunningServer server;
  private static HttpServer shop;
  private static Authenticator app;

  /** What the shop's back channel was sent, and what it is to answer next. */
  private static final BlockingQueue<String> received = new LinkedBlockingQueue<>();

  private static final BlockingQueue<Integer> answers = new LinkedBlockingQueue<>();

  private final HttpClient http = HttpClient.newHttpClient();
  private Browser browser;

  @BeforeAll
  static void start() throws Exception {
    shop = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    shop.createContext(
        "/backchannel",
        exchange -> {
          received.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          Integer status = answers.poll();
          exchange.sendResponseHeaders(status == null ? 200 : status, -1);
          exchange.close();
        });
    shop.start();
    server =
        RunningServer.start(
            data,
            "--sallyport.fetch.allow=127.0.0.0/8,::1",
            "--sallyport.clients[0].client-id=shop",
            "--sallyport.clients[0].name=The shop",
            "--sallyport.clients[0].profile=web",
            "--sallyport.clients[0].secret=" + SECRET,
            "--sallyport.clients[0].redirect-uris=" + CALLBACK,
            "--sallyport.clients[0].consent-required=false",
            "--sallyport.clients[0].post-logout-redirect-uris=" + AFTER,
            "--sallyport.clients[0].backchannel-logout-uri=http://localhost:"
                + shop.getAddress().getPort()
                + "/backchannel",
            "--sallyport.clients[1].client-id=blog",
            "--sallyport.clients[1].profile=web",
            "--sallyport.clients[1].secret=" + SECRET,
            "--sallyport.clients[1].redirect-uris=" + CALLBACK,
            "--sallyport.clients[1].consent-required=false",
            "--sallyport.clients[1].post-logout-redirect-uris=http://127.0.0.1/callback,http://localhost:7/callback");
    app = new Browser(server.port()).signInAsDemoPerson("alice", data, server.clock());
  }

  @AfterAll
  static void stop() {
    server.close();
    shop.stop(0);
  }

  @BeforeEach
  void signIn() throws Exception {
    browser = new Browser(server.port());
    server.clock().pass(Duration.ofSeconds(31));
    HttpResponse<String> code =
        browser.press(
            "/login",
            "sign-in",
            "username",
            "alice",
            "password",
            Browser.demoPassword("alice", data));
    browser.press(code, "verify", "code", app.code(server.clock().instant()));
    assertThat(signedIn()).isTrue();
    // What the test before left to be told, would take the answers of this one.
    await("SELECT COUNT(*) FROM logout_delivery", 0);
    received.clear();
    answers.clear();
  }

  private boolean signedIn() {
    return browser.get("/account").uri().getPath().equals("/account");
  }

  private Map<String, Object> tokens(String client) throws Exception {
    String code =
        query(
                target(
                    browser.get(
                        "/oauth2/authorize?response_type=code&scope=openid&client_id="
                            + client
                            + "&redirect_uri="
                            + URLEncoder.encode(CALLBACK, UTF_8))))
            .get("code");
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://localhost:" + server.port() + "/oauth2/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header(
                    "Authorization",
                    "Basic "
                        + Base64.getEncoder()
                            .encodeToString((client + ":" + SECRET).getBytes(UTF_8)))
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        form(
                            Map.of(
                                "grant_type",
                                "authorization_code",
                                "code",
                                Objects.requireNonNull(code),
                                "redirect_uri",
                                CALLBACK))))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return JSONObjectUtils.parse(answer.body());
  }

  private String idToken(String client) throws Exception {
    return Objects.requireNonNull(tokens(client).get("id_token")).toString();
  }

  private static String form(Map<String, String> values) {
    return values.entrySet().stream()
        .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), UTF_8))
        .collect(Collectors.joining("&"));
  }

  private HttpResponse<String> logout(String... parameters) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      values.put(parameters[i], parameters[i + 1]);
    }
    return browser.get("/oauth2/logout?" + form(values));
  }

  private static String target(HttpResponse<String> answer) {
    return answer.headers().firstValue("Location").orElse(answer.uri() + "\n" + answer.body());
  }

  private static Map<String, String> query(String url) {
    Map<String, String> query = new LinkedHashMap<>();
    for (String pair : url.substring(url.indexOf('?') + 1).split("&")) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], UTF_8));
    }
    return query;
  }

  private static @Nullable JWTClaimsSet told() throws Exception {
    String body = received.poll(30, TimeUnit.SECONDS);
    if (body == null) {
      return null;
    }
    assertThat(body).startsWith("logout_token=");
    SignedJWT token = SignedJWT.parse(body.substring("logout_token=".length()));
    HttpResponse<String> keys =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://localhost:" + server.port() + "/oauth2/jwks"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(token.getHeader().getType().getType()).isEqualTo("logout+jwt");
    assertThat(
            token.verify(
                new RSASSAVerifier(
                    JWKSet.parse(keys.body())
                        .getKeyByKeyId(token.getHeader().getKeyID())
                        .toRSAKey())))
        .isTrue();
    return token.getJWTClaimsSet();
  }

  @Test
  void logout_withAnIdTokenOfThisSession_endsItAndLeadsBack() throws Exception {
    String hint = idToken("shop");
    HttpResponse<String> answer =
        logout("id_token_hint", hint, "post_logout_redirect_uri", AFTER, "state", "s t&");
    assertThat(answer.statusCode()).isEqualTo(303);
    assertThat(target(answer)).startsWith(AFTER + "&state=s+t%26");
    assertThat(signedIn()).isFalse();
  }

  @Test
  void logout_withAnExpiredIdToken_isAsGood() throws Exception {
    String hint = idToken("shop");
    server.clock().pass(Duration.ofHours(2));
    assertThat(target(logout("id_token_hint", hint, "post_logout_redirect_uri", AFTER)))
        .isEqualTo(AFTER);
    assertThat(signedIn()).isFalse();
  }

  @Test
  void logout_withoutHint_asksFirst() {
    HttpResponse<String> page =
        logout("client_id", "shop", "post_logout_redirect_uri", AFTER, "state", "s");
    assertThat(page.body()).contains("The shop").contains("Stay signed in");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("form-action 'self' http://localhost:3000;");
    assertThat(signedIn()).isTrue();
    assertThat(target(browser.press(page, "confirm-sign-out"))).isEqualTo(AFTER + "&state=s");
    assertThat(signedIn()).isFalse();
  }

  @Test
  void logout_withNothing_asksAndEndsHere() {
    HttpResponse<String> page = logout();
    assertThat(browser.press(page, "confirm-sign-out").uri().getPath()).isEqualTo("/signed-out");
    assertThat(signedIn()).isFalse();
  }

  @Test
  void logout_withAnIdTokenOfAnotherSession_asksFirst() throws Exception {
    String earlier = idToken("shop");
    signOutHere();
    signIn();
    assertThat(logout("id_token_hint", earlier).body()).contains("confirm-sign-out");
    assertThat(signedIn()).isTrue();
  }

  private void signOutHere() {
    browser.press(logout(), "confirm-sign-out");
  }

  @Test
  void logout_whereNobodyIsSignedIn_leadsOn() throws Exception {
    String hint = idToken("shop");
    signOutHere();
    assertThat(target(logout("id_token_hint", hint, "post_logout_redirect_uri", AFTER)))
        .isEqualTo(AFTER);
  }

  @Test
  void logout_byPost_becomesAGetThatTheBrowsersCookieGoesWith() throws Exception {
    HttpResponse<String> answer =
        browser.post(
            "/oauth2/logout",
            Map.of("id_token_hint", idToken("shop"), "post_logout_redirect_uri", AFTER));
    assertThat(target(answer)).isEqualTo(AFTER);
    assertThat(signedIn()).isFalse();
  }

  @Test
  void logout_toWhereItMustNotLead_doesNothingAndSaysSo() throws Exception {
    String hint = idToken("shop");
    String blog = idToken("blog");
    for (String[] bad :
        new String[][] {
          {"id_token_hint", hint, "post_logout_redirect_uri", "https://evil.example/"},
          {"id_token_hint", hint, "post_logout_redirect_uri", AFTER + "&x"},
          {"id_token_hint", blog, "post_logout_redirect_uri", AFTER},
          {"id_token_hint", hint, "client_id", "blog"},
          {"post_logout_redirect_uri", AFTER},
          {"client_id", "nobody", "post_logout_redirect_uri", AFTER},
          {"id_token_hint", "a.b.c", "post_logout_redirect_uri", AFTER},
          {"id_token_hint", Objects.requireNonNull(tokens("shop").get("access_token")).toString()},
        }) {
      HttpResponse<String> answer = logout(bad);
      assertThat(answer.statusCode()).as(String.join(" ", bad)).isEqualTo(400);
      assertThat(answer.headers().firstValue("Location")).isEmpty();
    }
    assertThat(browser.get("/oauth2/logout?client_id=shop&client_id=shop").statusCode())
        .isEqualTo(400);
    assertThat(signedIn()).isTrue();
  }

  /** RFC 8252 §7.3: an app listens where it is given a port. */
  @Test
  void logout_toALoopbackAddress_leadsToAnyPort() {
    signOutHere();
    for (String uri :
        new String[] {"http://127.0.0.1:51234/callback", "http://127.0.0.1/callback"}) {
      assertThat(target(logout("client_id", "blog", "post_logout_redirect_uri", uri)))
          .isEqualTo(uri);
    }
    for (String uri :
        new String[] {
          "http://127.0.0.1:51234/callback/",
          "http://127.0.0.1:51234/callback?x",
          "http://127.0.0.1:51234@evil.example/callback",
          "http://127.0.0.1.evil.example/callback",
          "http://127.0.0.1:123456/callback",
          "https://127.0.0.1:51234/callback",
          "http://[::1]:51234/callback",
          "http://localhost:8/callback",
          "http://127.0.0.1:51234/callback\r\nX: y",
        }) {
      assertThat(logout("client_id", "blog", "post_logout_redirect_uri", uri).statusCode())
          .as(uri)
          .isEqualTo(400);
    }
  }

  @Test
  void backchannel_sessionThatExpires_isToldOnce() throws Exception {
    JWTClaimsSet idToken = SignedJWT.parse(idToken("shop")).getJWTClaimsSet();
    String sid = idToken.getStringClaim("sid");
    LogoutSubscriptions subscriptions = server.bean(LogoutSubscriptions.class);
    subscriptions.tellOfExpired();
    await("SELECT COUNT(*) FROM logout_delivery", 0);
    server
        .jdbc()
        .update(
            "update sign_in_session set expires_at = ? where sid = ?",
            server.clock().instant().atOffset(ZoneOffset.UTC),
            sid);
    subscriptions.tellOfExpired();
    subscriptions.tellOfExpired();
    assertThat(Objects.requireNonNull(told()).getStringClaim("sid")).isEqualTo(sid);
    await("SELECT COUNT(*) FROM logout_delivery", 0);
    assertThat(received).isEmpty();
  }

  @Test
  void confirm_withoutAFormTokenOfOurs_doesNothing() {
    assertThat(browser.post("/oauth2/logout/confirm", Map.of("client_id", "shop")).statusCode())
        .isEqualTo(403);
    assertThat(signedIn()).isTrue();
  }

  @Test
  void backchannel_whoeverGotTokensInTheSession_isToldWhenItEnds() throws Exception {
    JWTClaimsSet idToken = SignedJWT.parse(idToken("shop")).getJWTClaimsSet();
    signOutHere();
    JWTClaimsSet told = Objects.requireNonNull(told());
    assertThat(told.getIssuer()).isEqualTo("http://localhost:9000");
    assertThat(told.getAudience()).containsExactly("shop");
    assertThat(told.getSubject()).isEqualTo(idToken.getSubject());
    assertThat(told.getStringClaim("sid")).isEqualTo(idToken.getStringClaim("sid"));
    assertThat(told.getClaims()).containsKeys("iat", "exp", "jti").doesNotContainKey("nonce");
    assertThat(told.getJSONObjectClaim("events"))
        .containsOnlyKeys("http://schemas.openid.net/event/backchannel-logout");
  }

  @Test
  void backchannel_endedByAnAdmin_isToldAsWell() throws Exception {
    JWTClaimsSet idToken = SignedJWT.parse(idToken("shop")).getJWTClaimsSet();
    server.bean(Sessions.class).revokeAll(idToken.getSubject(), Initiator.ADMIN);
    // other sessions of hers end too, and are told of in any order
    String sid = Objects.requireNonNull(told()).getStringClaim("sid");
    while (!Objects.equals(sid, idToken.getStringClaim("sid"))) {
      sid = Objects.requireNonNull(told()).getStringClaim("sid");
    }
  }

  @Test
  void backchannel_refused_isTriedAgainAndThenForgotten() throws Exception {
    answers.add(503);
    answers.add(302);
    idToken("shop");
    signOutHere();
    String first = Objects.requireNonNull(told()).getJWTID();
    awaitPause(1);
    server.clock().pass(Duration.ofSeconds(3));
    assertThat(Objects.requireNonNull(told()).getJWTID()).isEqualTo(first);
    awaitPause(2);
    server.clock().pass(Duration.ofSeconds(5));
    assertThat(Objects.requireNonNull(told()).getJWTID()).isEqualTo(first);
    await("SELECT COUNT(*) FROM logout_delivery", 0);
  }

  @Test
  void backchannel_wholeDayWithoutAnswer_isGivenUp() throws Exception {
    answers.add(500);
    answers.add(500);
    idToken("shop");
    signOutHere();
    told();
    awaitPause(1);
    server.clock().pass(Duration.ofHours(25));
    told();
    await("SELECT COUNT(*) FROM logout_delivery", 0);
  }

  @Test
  void backchannel_clientWithoutOne_isNotNoted() throws Exception {
    idToken("blog");
    assertThat(count("SELECT COUNT(*) FROM session_client WHERE client_id = 'blog'")).isZero();
  }

  @Test
  void code_ofASessionThatHasEnded_givesNothingAndNotesNobody() throws Exception {
    String code =
        query(
                target(
                    browser.get(
                        "/oauth2/authorize?response_type=code&scope=openid&client_id=shop&redirect_uri="
                            + URLEncoder.encode(CALLBACK, UTF_8))))
            .get("code");
    assertThat(code).isNotNull();
    signOutHere();
    assertThat(received.poll(1, TimeUnit.SECONDS)).isNull();
  }

  @Test
  void pause_grows_toTenMinutes() {
    assertThat(LogoutCourier.pause(1)).hasSeconds(2);
    assertThat(LogoutCourier.pause(2)).hasSeconds(4);
    assertThat(LogoutCourier.pause(10)).hasMinutes(10);
    assertThat(LogoutCourier.pause(Integer.MAX_VALUE)).hasMinutes(10);
  }

  @Test
  void discovery_saysSo() throws Exception {
    Map<String, Object> document =
        JSONObjectUtils.parse(browser.get("/.well-known/openid-configuration").body());
    assertThat(document)
        .containsEntry("end_session_endpoint", "http://localhost:9000/oauth2/logout")
        .containsEntry("backchannel_logout_supported", true)
        .containsEntry("backchannel_logout_session_supported", true);
  }

  /** Until the answer to this attempt has been taken down, and the pause begun. */
  private static void awaitPause(int attempts) {
    await(
        "SELECT COUNT(*) FROM logout_delivery WHERE attempts = "
            + attempts
            + " AND due_at_ms < "
            + (server.clock().millis() + Duration.ofSeconds(20).toMillis()),
        1);
  }

  private static int count(String sql) {
    return Objects.requireNonNull(server.jdbc().queryForObject(sql, Integer.class));
  }

  private static void await(String sql, int expected) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> count(sql) == expected);
  }
}
