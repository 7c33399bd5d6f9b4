package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.sallyport.client.Api;
import dev.sallyport.client.DpopKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Two auth-servers on one PostgreSQL, started on it together while it is empty, behind something
 * that gives each request to the other one than the last: nothing may depend on which node is
 * asked.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init")
class TwoAuthServersTest {

  private static final String WEB = "shop";
  private static final String WEB_SECRET = "0123456789abcdef0123456789abcdef";
  private static final int PUSHES = 12;
  private static final Duration SOON = Duration.ofSeconds(60);

  /** And what asking takes where much else runs. */
  private static final Duration WITHIN_A_SECOND = Duration.ofMillis(2500);

  private final InTurn both = new InTurn();
  private final BlockingQueue<String> logoutTokens = new LinkedBlockingQueue<>();
  private HttpServer relyingParty;
  private Path folder;
  private Postgres postgres;
  private AuthNode a;
  private AuthNode b;
  private TokenCaller tokens;
  private DpopKey adminKey;
  private volatile String adminToken;
  private String adminRefresh;
  private FormBrowser adminBrowser;
  private FormBrowser dora;

  @BeforeAll
  void start() throws Exception {
    Report.heading("Two auth-servers on one PostgreSQL");
    Files.createDirectories(Sallyport.LOGS);
    folder = Files.createTempDirectory("sallyport-two-");
    postgres = new Postgres(folder);
    relyingParty = relyingParty();
    var arguments = new ArrayList<>(postgres.arguments());
    arguments.add("--sallyport.master-key-file=" + AuthNode.masterKey(folder));
    arguments.add("--sallyport.pushed-requests.burst=" + PUSHES);
    arguments.add("--sallyport.pushed-requests.per-minute=1");
    arguments.add("--sallyport.fetch.allow=127.0.0.0/8,::1");
    arguments.add("--sallyport.clients[0].client-id=" + WEB);
    arguments.add("--sallyport.clients[0].profile=web");
    arguments.add("--sallyport.clients[0].secret=" + WEB_SECRET);
    arguments.add("--sallyport.clients[0].id-token-alg=PS256");
    arguments.add("--sallyport.clients[0].consent-required=false");
    arguments.add("--sallyport.clients[0].redirect-uris=http://127.0.0.1/callback");
    arguments.add(
        "--sallyport.clients[0].backchannel-logout-uri=http://127.0.0.1:"
            + relyingParty.getAddress().getPort()
            + "/logout");
    arguments.add("--sallyport.clients[1].client-id=tv");
    arguments.add("--sallyport.clients[1].profile=chat");
    arguments.add("--sallyport.clients[1].redirect-uris=http://127.0.0.1/callback");
    arguments.add(
        "--sallyport.clients[1].grant-types=authorization_code,refresh_token,"
            + "urn:ietf:params:oauth:grant-type:device_code");
    a = new AuthNode("auth-a", Files.createDirectory(folder.resolve("a")), both.url(), arguments);
    b = new AuthNode("auth-b", Files.createDirectory(folder.resolve("b")), both.url(), arguments);
    both.to(List.of(a.url(), b.url()));
    tokens = new TokenCaller(both.url());
    a.start();
    b.start();
    a.awaitHealthy();
    b.awaitHealthy();
    Report.step("both start at once on an empty database");
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable each : new AutoCloseable[] {a, b, postgres, both}) {
      if (each != null) {
        each.close();
      }
    }
    if (relyingParty != null) {
      relyingParty.stop(0);
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private HttpServer relyingParty() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/logout",
        exchange -> {
          logoutTokens.add(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private String password(String username) {
    var passwords = Stream.of(a, b).flatMap(node -> node.demoPassword(username).stream()).toList();
    assertEquals(1, passwords.size(), "one node makes the first accounts");
    return passwords.getFirst();
  }

  private TokenCaller.Answer token(String node, Map<String, String> form, DpopKey itsKey) {
    return tokens.post(node, "/oauth2/token", form, itsKey);
  }

  /** By the whole way, consenting where asked, every request at the other node. */
  private String code(FormBrowser browser, String clientId, String scope, String verifier) {
    var page =
        browser.get(
            "/oauth2/authorize?"
                + FormBrowser.encoded(TokenCaller.asking(clientId, scope, verifier)));
    if (page.body().contains("id=\"allow\"")) {
      page = browser.allow(page, scope.split(" ", -1));
    }
    return FormBrowser.code(page);
  }

  private <T> List<T> together(List<Callable<T>> works) throws Exception {
    var barrier = new CyclicBarrier(works.size());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var futures = new ArrayList<Future<T>>();
      for (var work : works) {
        futures.add(
            threads.submit(
                () -> {
                  barrier.await(30, TimeUnit.SECONDS);
                  return work.call();
                }));
      }
      var results = new ArrayList<T>();
      for (var future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
      return results;
    }
  }

  private Api admin(String node) {
    // proofs name the issuer: what stands before the nodes is who is called
    return new Api(node, both.url(), adminKey, () -> adminToken);
  }

  @Test
  @Order(1)
  void signIn_eachRequestAtTheOtherNode_withBothFactors() {
    adminBrowser = new FormBrowser(both.url());
    adminBrowser.enrol("demo-admin", password("demo-admin"));
    assertTrue(adminBrowser.at(a.url()).signedIn());
    assertTrue(adminBrowser.at(b.url()).signedIn());
    Report.step("sign-in: password, enrolment of an app and its code, each page at the other node");
  }

  @Test
  @Order(2)
  void code_ofOneNode_isRedeemedAtTheOther_andRefreshedAtTheFirst() {
    adminKey = DpopKey.generate();
    var scope = "openid offline_access admin";
    var verifier = TokenCaller.verifier();
    var code = code(adminBrowser, Sallyport.CLIENT_ID, scope, verifier);
    var first =
        token(b.url(), TokenCaller.redeeming(Sallyport.CLIENT_ID, code, verifier), adminKey);
    assertTrue(first.granted(), first::toString);
    var second =
        token(
            a.url(),
            TokenCaller.refreshing(Sallyport.CLIENT_ID, first.text("refresh_token")),
            adminKey);
    assertTrue(second.granted(), second::toString);
    adminToken = second.text("access_token");
    adminRefresh = second.text("refresh_token");
    assertEquals(200, admin(a.url()).get("/v1/admin/clients").status());
    assertEquals(200, admin(b.url()).get("/v1/admin/clients").status());
    Report.step("a code, its refresh token, its access token: each used at the other node");
  }

  @Test
  @Order(3)
  void nonce_ofOneNode_isGoodAtTheOther_andAProofAtOneOfThem() {
    var path = "/oauth2/token";
    var itsKey = DpopKey.generate();
    var form = TokenCaller.refreshing(Sallyport.CLIENT_ID, "unknown");
    var asked = tokens.postOnce(a.url(), path, form, tokens.proof(path, itsKey, ""), null);
    assertEquals("400 use_dpop_nonce", asked.error());
    var proof = tokens.proof(path, itsKey, java.util.Objects.requireNonNull(asked.nonce()));
    assertEquals("400 invalid_grant", tokens.postOnce(b.url(), path, form, proof, null).error());
    assertEquals(
        "400 invalid_dpop_proof", tokens.postOnce(a.url(), path, form, proof, null).error());
    Report.step("a nonce of one is good at the other; a proof seen by one is refused by the other");
  }

  @Test
  @Order(4)
  void code_redeemedAtBothNodesAtOnce_isRedeemedOnce() throws Exception {
    for (int round = 0; round < 5; round++) {
      var verifier = TokenCaller.verifier();
      var code = code(adminBrowser, Sallyport.CLIENT_ID, "openid offline_access admin", verifier);
      var form = TokenCaller.redeeming(Sallyport.CLIENT_ID, code, verifier);
      var works = new ArrayList<Callable<TokenCaller.Answer>>();
      for (int i = 0; i < 8; i++) {
        var node = i % 2 == 0 ? a.url() : b.url();
        works.add(() -> token(node, form, DpopKey.generate()));
      }
      var granted = together(works).stream().filter(TokenCaller.Answer::granted).count();
      assertEquals(1, granted, "winners");
    }
    Report.step("eight redeem one code at both nodes at once: one wins, five times of five");
  }

  @Test
  @Order(5)
  void pushedRequests_ofOneNetwork_areCountedTogether() {
    var itsKey = DpopKey.generate();
    var verifier = TokenCaller.verifier();
    var form = TokenCaller.asking(Sallyport.CLIENT_ID, "openid offline_access admin", verifier);
    var first = tokens.post(a.url(), "/oauth2/par", form, itsKey);
    assertEquals(201, first.status(), first::toString);
    // pushed at A, asked for at both in turn, redeemed at A
    var page =
        adminBrowser
            .at(b.url())
            .get(
                "/oauth2/authorize?"
                    + FormBrowser.encoded(
                        Map.of(
                            "client_id",
                            Sallyport.CLIENT_ID,
                            "request_uri",
                            first.text("request_uri"))));
    page = adminBrowser.allow(page, "openid", "offline_access", "admin");
    var redeemed =
        token(
            a.url(),
            TokenCaller.redeeming(Sallyport.CLIENT_ID, FormBrowser.code(page), verifier),
            itsKey);
    assertTrue(redeemed.granted(), redeemed::toString);
    for (int i = 1; i < PUSHES; i++) {
      var node = i % 2 == 0 ? a.url() : b.url();
      assertEquals(201, tokens.post(node, "/oauth2/par", form, itsKey).status(), "push " + i);
    }
    assertEquals(429, tokens.post(a.url(), "/oauth2/par", form, itsKey).status());
    assertEquals(429, tokens.post(b.url(), "/oauth2/par", form, itsKey).status());
    Report.step("what is pushed at one counts at the other: twelve, then 429 at both");
  }

  @Test
  @Order(6)
  void wrongPasswords_atBothNodes_addUp() {
    var alice = password("alice");
    for (int i = 0; i < 5; i++) {
      var browser = new FormBrowser(both.url());
      var page =
          browser.press(
              browser.get("/login"), "sign-in", "username", "alice", "password", "wrong" + i);
      assertTrue(page.uri().getPath().startsWith("/login"), page.uri()::toString);
    }
    for (var node : List.of(a.url(), b.url())) {
      var browser = new FormBrowser(node);
      var page =
          browser.press(browser.get("/login"), "sign-in", "username", "alice", "password", alice);
      assertEquals("/login", page.uri().getPath(), "the right one is too late at " + node);
    }
    Report.step("five wrong passwords, at both: the right one is refused by both");
  }

  @Test
  @Order(7)
  void policy_activatedAtOneNode_decidesAtTheOtherWithinASecond() {
    var active = admin(a.url()).get("/v1/admin/policies").orThrow();
    var version = active.text("version");
    assertEquals(200, admin(b.url()).get("/v1/admin/clients").status());
    var changed =
        active.text("policies")
            + "\n@id(\"two-nodes\") forbid (principal, action == Chat::Action::\"client.list\","
            + " resource);\n";
    admin(a.url())
        .call(
            "POST",
            "/v1/admin/policies",
            Map.of("policies", changed),
            Map.of("If-Match", "\"" + version + "\""))
        .orThrow();
    var after =
        Wait.until(
            "B decides by the policies that A activated",
            SOON,
            () -> admin(b.url()).get("/v1/admin/clients").status() == 403);
    assertTrue(after.compareTo(WITHIN_A_SECOND) < 0, after::toString);
    assertEquals(403, admin(a.url()).get("/v1/admin/clients").status());
    var now = admin(b.url()).get("/v1/admin/policies").orThrow().text("version");
    assertNotEquals(version, now);
    // of two that expect the same version, at two nodes, one wins
    admin(b.url())
        .call(
            "POST",
            "/v1/admin/policies/" + version + "/rollback",
            Map.of(),
            Map.of("If-Match", "\"" + now + "\""))
        .orThrow();
    assertEquals(
        412,
        admin(a.url())
            .call(
                "POST",
                "/v1/admin/policies/" + version + "/rollback",
                Map.of(),
                Map.of("If-Match", "\"" + now + "\""))
            .status());
    assertEquals(200, admin(a.url()).get("/v1/admin/clients").status());
    Report.step("a policy activated at one decides at the other after %s", Report.millis(after));
  }

  @Test
  @Order(8)
  void firstKeyOfAnAlgorithm_madeByOneNode_isPublishedByTheOther() throws Exception {
    assertTrue(jwks(b.url()).getKeys().stream().noneMatch(each -> "PS256".equals(alg(each))));
    dora = new FormBrowser(both.url());
    dora.enrol("dora", password("dora"));
    var verifier = TokenCaller.verifier();
    var code = code(dora, WEB, "openid", verifier);
    var answer =
        tokens.postOnce(
            a.url(),
            "/oauth2/token",
            without(TokenCaller.redeeming(WEB, code, verifier), "client_id"),
            null,
            "Basic "
                + Base64.getEncoder()
                    .encodeToString((WEB + ":" + WEB_SECRET).getBytes(StandardCharsets.UTF_8)));
    assertTrue(answer.granted(), answer::toString);
    var idToken = SignedJWT.parse(answer.text("id_token"));
    var key = idToken.getHeader().getKeyID();
    var published = jwks(b.url()).getKeyByKeyId(key);
    assertTrue(idToken.verify(new RSASSAVerifier(published.toRSAKey())));
    assertEquals(kids(a.url()), kids(b.url()));
    Report.step("what A signed with a key that it had just made is verified by the keys of B");
  }

  private static Map<String, String> without(Map<String, String> form, String name) {
    var rest = new java.util.LinkedHashMap<>(form);
    rest.remove(name);
    return rest;
  }

  private static String alg(JWK jwk) {
    return jwk.getAlgorithm() == null ? "" : jwk.getAlgorithm().getName();
  }

  private static JWKSet jwks(String node) throws Exception {
    var answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(node + "/oauth2/jwks"))
                    .timeout(Duration.ofSeconds(30))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return JWKSet.parse(answer.body());
  }

  private static Set<String> kids(String node) throws Exception {
    var kids = new HashSet<String>();
    jwks(node).getKeys().forEach(each -> kids.add(each.getKeyID()));
    return kids;
  }

  @Test
  @Order(9)
  void clientAndProvider_describedAtOneNode_areThereAndGoneAtTheOther() {
    var made =
        admin(a.url())
            .post(
                "/v1/admin/clients",
                Map.of(
                    "client_id",
                    "late",
                    "metadata",
                    Map.of(
                        "redirect_uris",
                        List.of("http://127.0.0.1/callback"),
                        "token_endpoint_auth_method",
                        "none",
                        "scope",
                        "openid")))
            .orThrow();
    assertEquals("late", made.text("client_id"));
    var verifier = TokenCaller.verifier();
    var code = code(adminBrowser.at(b.url()), "late", "openid", verifier);
    var itsKey = DpopKey.generate();
    var granted = token(b.url(), TokenCaller.redeeming("late", code, verifier), itsKey);
    assertTrue(granted.granted(), granted::toString);
    admin(a.url())
        .call("DELETE", "/v1/admin/clients/late", null, Map.of("If-Match", "*"))
        .orThrow();
    var gone =
        Wait.until(
            "B knows no such client",
            SOON,
            () ->
                "401 invalid_client"
                    .equals(token(b.url(), TokenCaller.refreshing("late", "any"), itsKey).error()));
    assertTrue(gone.compareTo(WITHIN_A_SECOND) < 0, gone::toString);
    admin(b.url())
        .post(
            "/v1/admin/identity-providers",
            Map.of(
                "id", "late",
                "name", "Late",
                "protocol", "oidc",
                "issuer", "http://127.0.0.1:" + Sallyport.freePort(),
                "client_id", "sallyport",
                "client_secret", WEB_SECRET))
        .orThrow();
    assertTrue(new FormBrowser(a.url()).get("/login").body().contains("idp-late"));
    admin(a.url())
        .call("DELETE", "/v1/admin/identity-providers/late", null, Map.of("If-Match", "*"))
        .orThrow();
    assertFalse(new FormBrowser(b.url()).get("/login").body().contains("idp-late"));
    Report.step("clients and identity providers come and go at both nodes");
  }

  @Test
  @Order(10)
  void device_askingAtOneNode_isLetInAtTheOther() {
    var itsKey = DpopKey.generate();
    var begun = device(a.url(), itsKey);
    var page = dora.press(dora.get("/device"), "continue", "user_code", begun.text("user_code"));
    dora.press(page, "allow", "scope", "openid", "answer", "allow");
    var granted = token(b.url(), polling(begun), itsKey);
    assertTrue(granted.granted(), granted::toString);
    assertEquals("400 invalid_grant", token(a.url(), polling(begun), itsKey).error(), "once");
    var other = device(b.url(), itsKey);
    assertEquals("400 authorization_pending", token(a.url(), polling(other), itsKey).error());
    assertEquals("400 slow_down", token(b.url(), polling(other), itsKey).error());
    Report.step("a device that asks at one is let in at the other, once");
  }

  private TokenCaller.Answer device(String node, DpopKey itsKey) {
    var begun =
        tokens.post(
            node,
            "/oauth2/device_authorization",
            Map.of("client_id", "tv", "scope", "openid"),
            itsKey);
    assertTrue(begun.granted(), begun::toString);
    return begun;
  }

  private static Map<String, String> polling(TokenCaller.Answer begun) {
    return Map.of(
        "grant_type",
        "urn:ietf:params:oauth:grant-type:device_code",
        "client_id",
        "tv",
        "device_code",
        begun.text("device_code"));
  }

  @Test
  @Order(11)
  void session_endedAtOneNode_isOverAtTheOther_andClientsHearOfItOnce() throws Exception {
    var account = admin(a.url()).get("/v1/admin/accounts?username=dora").orThrow().list("accounts");
    assertTrue(dora.at(b.url()).signedIn());
    var path = "/v1/admin/accounts/" + account.getFirst().get("id") + "/sessions";
    admin(a.url()).call("DELETE", path, null, Map.of("If-Match", "*")).orThrow();
    assertFalse(dora.at(b.url()).signedIn());
    assertTrue(
        logoutTokens.poll(SOON.toSeconds(), TimeUnit.SECONDS) != null, "the client was not told");
    // both nodes look twice a second for what is to be delivered: the other one had its chance
    assertEquals(null, logoutTokens.poll(3, TimeUnit.SECONDS), "the client was told twice");
    Report.step("a session ended at one is over at the other; the client hears of it once");
  }

  @Test
  @Order(12)
  void letter_isSentOnce() throws Exception {
    var before = letters();
    var browser = new FormBrowser(both.url());
    browser.press(browser.get("/login/forgotten"), "send-link", "account", "emil");
    Wait.until("the letter is sent", SOON, () -> letters() > before);
    assertEquals(before + 1, letters());
    Report.step("a letter is sent once");
  }

  private long letters() {
    long count = 0;
    for (var node : List.of("a", "b")) {
      var mail = folder.resolve(node).resolve("mail");
      if (Files.isDirectory(mail)) {
        try (Stream<Path> files = Files.list(mail)) {
          count += files.count();
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
    return count;
  }

  @Test
  @Order(13)
  void oneNodeKilled_theOtherGoesOn() {
    a.kill();
    both.to(List.of(b.url()));
    assertTrue(adminBrowser.signedIn());
    var refreshed =
        token(b.url(), TokenCaller.refreshing(Sallyport.CLIENT_ID, adminRefresh), adminKey);
    assertTrue(refreshed.granted(), refreshed::toString);
    a.start();
    a.awaitHealthy();
    var again =
        token(
            a.url(),
            TokenCaller.refreshing(Sallyport.CLIENT_ID, refreshed.text("refresh_token")),
            adminKey);
    assertTrue(again.granted(), again::toString);
    Report.step("one is killed: who was signed in still is, and it comes back to where all is");
  }
}
