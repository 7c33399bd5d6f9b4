package dev.sallyport.acceptance;

import static dev.sallyport.acceptance.Report.step;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.acceptance.client.ChatClient;
import dev.sallyport.client.Api;
import dev.sallyport.client.BackupKey;
import dev.sallyport.client.Backups;
import dev.sallyport.client.DpopKey;
import dev.sallyport.client.GatewayApi;
import dev.sallyport.client.GatewaySocket;
import dev.sallyport.client.GatewaySocket.HandshakeRefused;
import dev.sallyport.client.OAuthException;
import dev.sallyport.client.OidcClient;
import dev.sallyport.client.RecoveryKey;
import dev.sallyport.gateway.protocol.EntryKind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * The way of one message: Alice (Java, Bouncy Castle) and Bob (Node, ts-mls) sign in, exchange
 * tokens, pass the policy and relay sealed messages. One story; each method needs those before it.
 */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@SuppressWarnings("NullAway.Init")
class WayOfOneMessageTest {

  private static final String SCOPE = "openid profile offline_access chat.read chat.write";

  /** How long to wait for what others do. Far more than it takes: the machine may be busy. */
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Unlikely enough that finding it anywhere means that it leaked. */
  private static final String PLAINTEXT = "the heron lands at dusk, bring the blue lantern";

  private static final String CANARY = "canary-room-7f3a91c4e2";

  private static final String CONTRACTOR_POLICY =
      """

      @id("contractors.quiet")
      @message("contractors may not write in rooms")
      forbid (principal, action == Chat::Action::"message.send", resource is Chat::Room)
      when { principal has department && principal.department == "contractor" };
      """;

  private final Sallyport sallyport = new Sallyport();
  private Browser browser;
  private NodeProcess idp;
  private NodeProcess bobNode;
  private ChatClient alice;
  private ChatClient admin;
  private Person aliceAtBrowser;
  private Person bobAtBrowser;
  private String bobUserId;
  private String room;
  private String bobTokenBeforeRevocation;
  private String tokenThatExpires;
  private Instant expiredFrom;
  private ChatClient alicesTablet;
  private String recoveryKeyOnPaper;

  /** Texts by their place in the room's log. */
  private final Map<String, Object> said = new HashMap<>();

  private BundleSwap between;
  private long firstPolicyVersion;

  @BeforeAll
  void start() {
    NodeModules.install();
    Report.heading("The way of one message");
    // Before the servers, which keep every processor busy while they start.
    idp =
        new NodeProcess(
            "idp",
            "idp.mjs",
            Map.of(
                "IDP_PORT",
                String.valueOf(sallyport.idpPort),
                "IDP_CLIENT_ID",
                Sallyport.IDP_CLIENT,
                "IDP_CLIENT_SECRET",
                Sallyport.IDP_SECRET,
                "IDP_REDIRECT_URI",
                sallyport.issuer() + "/login/oauth2/code/" + Sallyport.IDP));
    idp.event("ready", ServerProcess.START_MAX);
    browser = new Browser();
    long begun = System.nanoTime();
    sallyport.startAuthServer();
    sallyport.startGateway("--sallyport.bundle-wait=" + ServerProcess.START_MAX.toSeconds() + "s");
    sallyport.awaitHealthy();
    step(
        "0  auth-server and gateway are healthy after %s",
        Report.millis(Duration.ofNanos(System.nanoTime() - begun)));
    aliceAtBrowser = person("alice");
    bobAtBrowser = person("bob");
  }

  @AfterAll
  void stop() {
    for (AutoCloseable each :
        new AutoCloseable[] {
          alice, alicesTablet, admin, bobNode, browser, idp, sallyport, between
        }) {
      if (each != null) {
        try {
          each.close();
        } catch (Exception e) {
          System.out.println("  closing: " + e);
        }
      }
    }
  }

  private Person person(String username) {
    return new Person(username, sallyport.demoPassword(username), browser.of(username));
  }

  private String accountPage() {
    return sallyport.issuer() + "/account";
  }

  // -------------------------------------------------------------------------- 1 signing in

  @Test
  @Order(10)
  void enrolment_wrongCode_isRefusedAndTheRightOneFromTheQrCodeTaken() {
    for (var person : List.of(aliceAtBrowser, bobAtBrowser)) {
      var page = person.enterPassword(accountPage());
      assertTrue(page.shows("totp-qr"), () -> "a second factor is to be enrolled, got " + page);
      var app = person.scan();
      var refused = person.enterCode(app.wrongCode(), "enrol");
      assertTrue(refused.shows("enrol") && !refused.error().isEmpty(), refused::toString);
      var codes = person.enterCode(app.freshCode(), "enrol");
      assertTrue(codes.shows("continue"), codes::toString);
      var account = person.browser.click("continue");
      assertTrue(account.url().startsWith(accountPage()), account::toString);
      step(
          "1  %s enrolled TOTP from the QR code's picture; a wrong code: \"%s\"",
          person.username, refused.error());
      assertTrue(account.shows("sign-out"), account::toString);
      person.browser.click("sign-out");
    }
  }

  @Test
  @Order(11)
  void secondFactor_wrongOrUsedCode_isRefused() {
    var page = aliceAtBrowser.enterPassword(accountPage());
    assertTrue(page.shows("verify"), page::toString);
    var wrong = aliceAtBrowser.enterCode(aliceAtBrowser.authenticator().wrongCode(), "verify");
    assertTrue(wrong.shows("verify") && !wrong.error().isEmpty(), wrong::toString);
    var used = aliceAtBrowser.enterCode(aliceAtBrowser.authenticator().usedCode(), "verify");
    assertTrue(used.shows("verify") && !used.error().isEmpty(), used::toString);
    var in = aliceAtBrowser.enterCode(aliceAtBrowser.authenticator().freshCode(), "verify");
    assertTrue(in.url().startsWith(accountPage()), in::toString);
    aliceAtBrowser.browser.click("sign-out");
    step("1  a wrong code: \"%s\"; a code used twice: \"%s\"", wrong.error(), used.error());
  }

  @Test
  @Order(12)
  void secondFactor_sixthWrongAttempt_isLockedOutEvenWithTheRightCode() {
    var emil = person("emil");
    emil.signIn(accountPage());
    emil.browser.click("sign-out");
    emil.enterPassword(accountPage());
    var app = emil.authenticator();
    for (int attempt = 1; attempt <= 5; attempt++) {
      var refused = emil.enterCode(app.wrongCode(), "verify");
      assertFalse(refused.error().isEmpty(), refused::toString);
    }
    var sixth = emil.enterCode(app.freshCode(), "verify");
    assertFalse(sixth.error().isEmpty(), sixth::toString);
    assertNotEquals(true, sixth.url().startsWith(accountPage()));
    assertTrue(sixth.error().contains("Too many wrong codes"), sixth::toString);
    step("1  the sixth attempt, with the right code: \"%s\"", sixth.error());
    emil.browser.forget();
  }

  // -------------------------------------------------------------------------- 2 tokens

  @Test
  @Order(20)
  void clients_getTokensBoundToTheirKeysFromTheStart() throws Exception {
    alice = new ChatClient(sallyport.issuer(), sallyport.gatewayUrl(), Sallyport.CLIENT_ID);
    signIn(alice, aliceAtBrowser, SCOPE);
    var access = claims(alice.accessToken());
    assertEquals(alice.dpop().thumbprint(), confirmation(access));
    assertEquals(List.of(sallyport.issuer()), access.getAudience());
    assertEquals("urn:sallyport:acr:2fa", access.getStringClaim("acr"));
    assertTrue(access.getStringListClaim("amr").contains("otp"));
    step(
        "2  Alice (the client library): code with PKCE, ID token checked, access token of %s",
        access.getStringClaim("acr"));

    bobNode = new NodeProcess("bob", "chat.mjs", Map.of());
    bobNode.call(
        "configure",
        Map.of(
            "issuer", sallyport.issuer(),
            "gatewayUrl", sallyport.gatewayUrl(),
            "clientId", Sallyport.CLIENT_ID));
    var claims = signInBob();
    bobUserId = String.valueOf(claims.get("sub"));
    assertNotEquals(alice.userId(), bobUserId);
    step("2  Bob (openid-client): the same, ID token's signature checked against the JWKS");
  }

  private void signIn(ChatClient client, Person person, String scope) {
    try (OidcClient.SignIn signIn = client.oidc().begin(scope)) {
      var last = person.signIn(signIn.authorizationUri().toString());
      assertTrue(last.url().startsWith("http://127.0.0.1:"), last::toString);
      client.signedIn(signIn.finish(SOON));
    }
  }

  private Map<String, Object> signInBob() {
    var signingIn = bobNode.begin("signIn", Map.of());
    var authorize = bobNode.event("authorize", SOON);
    bobAtBrowser.signIn(String.valueOf(authorize.get("url")));
    return NodeProcess.await(signingIn);
  }

  @Test
  @Order(21)
  void exchange_yieldsAGatewayTokenOfTheSameKeyAndSession() throws Exception {
    var access = claims(alice.accessToken());
    var exchanged = claims(alice.gatewayToken("chat.read"));
    assertEquals(List.of(sallyport.gatewayUrl()), exchanged.getAudience());
    assertEquals(access.getSubject(), exchanged.getSubject());
    assertEquals(access.getStringClaim("sid"), exchanged.getStringClaim("sid"));
    assertEquals("chat.read", exchanged.getStringClaim("scope"));
    assertEquals(alice.dpop().thumbprint(), confirmation(exchanged));
    step("2  token exchange (RFC 8693): a gateway token for %s", exchanged.getAudience());
    tokenThatExpires = alice.gatewayToken(null);
    expiredFrom = claims(tokenThatExpires).getExpirationTime().toInstant();
  }

  @Test
  @Order(22)
  void exchange_moreScopeThanTheSubjectToken_isRefused() {
    var narrow = new ChatClient(sallyport.issuer(), sallyport.gatewayUrl(), Sallyport.CLIENT_ID);
    signIn(narrow, aliceAtBrowser, "openid chat.read");
    var refused =
        assertThrows(
            OAuthException.class,
            () ->
                narrow
                    .oidc()
                    .exchange(
                        narrow.accessToken(),
                        sallyport.gatewayUrl(),
                        "chat.read chat.write",
                        null));
    assertEquals("invalid_scope", refused.code());
    step("2  gap 1, scope beyond the subject token: %s", refused.getMessage());
    narrow.close();
  }

  @Test
  @Order(23)
  void exchange_byAnotherKey_isRefused() {
    var thief = OidcClient.discover(sallyport.issuer(), Sallyport.CLIENT_ID, DpopKey.generate());
    var token = alice.accessToken();
    var refused =
        assertThrows(
            OAuthException.class,
            () -> thief.exchange(token, sallyport.gatewayUrl(), "chat.read", null));
    assertTrue(
        List.of("invalid_grant", "invalid_dpop_proof", "invalid_request").contains(refused.code()),
        refused::getMessage);
    step("2  gap 2, another key than `cnf` names: %s", refused.getMessage());
  }

  @Test
  @Order(24)
  void exchange_ofAnotherClientsToken_isRefused() {
    // The same person and the same key: only the client differs.
    var other = OidcClient.discover(sallyport.issuer(), Sallyport.OTHER_CLIENT_ID, alice.dpop());
    var token = alice.accessToken();
    var refused =
        assertThrows(
            OAuthException.class,
            () -> other.exchange(token, sallyport.gatewayUrl(), "chat.read", null));
    assertTrue(
        List.of("invalid_grant", "unauthorized_client", "access_denied", "invalid_request")
            .contains(refused.code()),
        refused::toString);
    step("2  gap 2, another client's token: %s", refused.getMessage());
  }

  @Test
  @Order(25)
  void exchange_ofAnExchangedToken_isRefused() {
    var gatewayToken = alice.gatewayToken(null);
    for (var audience : List.of(sallyport.gatewayUrl(), sallyport.issuer())) {
      var refused =
          assertThrows(
              OAuthException.class,
              () -> alice.oidc().exchange(gatewayToken, audience, "chat.read", null));
      assertTrue(
          List.of("invalid_grant", "invalid_request", "invalid_target").contains(refused.code()),
          refused::getMessage);
      step("2  gap 3, a gateway token as subject token: %s", refused.getMessage());
    }
  }

  // -------------------------------------------------------------------------- 3 sealed messages

  @Test
  @Order(30)
  void devices_getCredentialsAndOpenSocketsInBothWays() throws Exception {
    var credential = SignedJWT.parse(alice.registerDevice("Alice's laptop"));
    assertEquals("device-credential+jwt", credential.getHeader().getType().getType());
    assertEquals(alice.userId(), credential.getJWTClaimsSet().getSubject());
    alice.connect();
    assertEquals(alice.deviceId(), alice.socket().ready().getDeviceId());

    bobNode.call("registerDevice", Map.of("name", "Bob's phone"));
    bobNode.call("publishKeyPackages", Map.of("count", 5));
    var ready = bobNode.call("connect", Map.of("how", "first-frame"));
    assertEquals(bobUserId, ready.get("userId"));
    step("3  Alice's socket by headers, Bob's by first frame; both with a device credential");
  }

  @Test
  @Order(31)
  void message_sealedByOneImplementation_isOpenedByTheOther() {
    room = alice.createRoom(CANARY);
    alice.invite(room, bobUserId);
    var invited = bobNode.event("invited", SOON);
    assertEquals(room, invited.get("roomId"));
    assertEquals(alice.userId(), invited.get("by"));
    bobNode.call("join", Map.of("roomId", room));
    var committed = alice.add(room, bobUserId);
    bobNode.event("joined", SOON);
    var group = bobNode.call("group", Map.of("roomId", room));
    assertEquals(alice.epochAuthenticator(room), group.get("authenticator"));
    assertEquals(1, alice.epoch(room));
    step(
        "3  Alice created a room, invited Bob and added him: Commit #%d accepted, durability %s;"
            + " both are in epoch 1 with the same authenticator",
        committed.getSeq(), committed.getDurability());

    said.put(String.valueOf(alice.say(room, PLAINTEXT).getSeq()), PLAINTEXT);
    var toBob = bobNode.event("message", SOON);
    assertEquals(PLAINTEXT, toBob.get("text"));
    assertEquals(alice.userId(), toBob.get("from"));
    bobNode.call("say", Map.of("roomId", room, "text", PLAINTEXT + " (yes)"));
    var toAlice = alice.nextMessage(SOON);
    assertEquals(PLAINTEXT + " (yes)", toAlice.text());
    assertEquals(bobUserId, toAlice.fromUserId());
    said.put(String.valueOf(toAlice.seq()), toAlice.text());
    step("3  Bouncy Castle → ts-mls and ts-mls → Bouncy Castle, over the relay");
  }

  @Test
  @Order(32)
  void laptop_savesWhatWasSaid_underARecoveryKey() {
    var random = new SecureRandom();
    var recovery = RecoveryKey.generate(random);
    recoveryKeyOnPaper = recovery.text();
    var key = BackupKey.create(recovery, random);
    var backups = new Backups(alice.gatewayApi());
    long version = backups.make(0, BackupKey.ALGORITHM, key.keyInfo()).number();
    var name = "room/" + room;
    var history = JSONObjectUtils.toJSONString(said).getBytes(StandardCharsets.UTF_8);
    assertInstanceOf(
        Backups.Put.Written.class,
        backups.put(version, key.id(name), key.seal(name, history, random), null));
    step("3  Alice's laptop saved %d messages in backup version %d", said.size(), version);
  }

  @Test
  @Order(33)
  void gateway_holdsNeitherPlaintextNorTokens() {
    var inHeader = alice.gatewayToken(null);
    open(inHeader, alice).close();
    var inFrame = alice.gatewayToken(null);
    GatewaySocket.openByFirstFrame(sallyport.gatewayUrl(), inFrame, alice.dpop(), frame -> {})
        .close();
    var kept = List.of(sallyport.gatewayData(), Sallyport.LOGS.resolve("chat-gateway.log"));
    var canary = BytesIn.files(kept, CANARY);
    assertFalse(canary.isEmpty(), "the search must find the room's name, which is not secret");
    assertEquals(List.of(), BytesIn.files(kept, PLAINTEXT), "plaintext in the gateway's files");
    for (var token : List.of(inHeader, inFrame)) {
      var signature = token.substring(token.lastIndexOf('.') + 1);
      assertEquals(List.of(), BytesIn.files(kept, signature), "a token in the files");
    }
    step(
        "3  neither plaintext nor tokens are in the gateway's %d files (a canary was found in %s)",
        BytesIn.count(kept), canary.stream().map(Path::getFileName).toList());
  }

  // -------------------------------------------------------------------------- 4 offline

  @Test
  @Order(40)
  void bobOffline_resumesAndGetsExactlyTheThree() {
    bobNode.call("disconnect");
    bobNode.event("closed", SOON);
    bobNode.drain();
    var sent = new ArrayList<Long>();
    for (int i = 1; i <= 3; i++) {
      sent.add(alice.say(room, "while you were out " + i).getSeq());
    }
    bobNode.call("connect", Map.of("how", "first-frame"));
    var until = bobNode.until("caughtUp", event -> room.equals(event.get("roomId")), SOON);
    var delivered =
        until.stream()
            .filter(event -> "entry".equals(event.get("event")))
            .map(event -> number(event, "seq"))
            .toList();
    var texts =
        until.stream()
            .filter(event -> "message".equals(event.get("event")))
            .map(event -> String.valueOf(event.get("text")))
            .toList();
    assertEquals(sent, delivered, "exactly the three entries, in order");
    assertEquals(
        List.of("while you were out 1", "while you were out 2", "while you were out 3"), texts);
    assertEquals(true, until.getLast().get("complete"));
    step("4  Bob resumed: entries %s and nothing else, then caught_up", delivered);
  }

  // -------------------------------------------------------------------------- 5 policy

  @Test
  @Order(50)
  void policy_invalid_isRefusedWithPositionAndTheActiveOneStays() {
    var adminAtBrowser = person("demo-admin");
    admin = new ChatClient(sallyport.issuer(), sallyport.gatewayUrl(), Sallyport.CLIENT_ID);
    signIn(admin, adminAtBrowser, SCOPE + " admin");
    var active = admin.authApi().get("/v1/admin/policies").orThrow();
    firstPolicyVersion = number(active.json(), "version");

    var wrong = CONTRACTOR_POLICY.replace("principal.department ==", "principal.departmnt ==");
    var refused = activate(active.text("policies") + wrong, firstPolicyVersion);
    assertEquals(422, refused.status(), refused::body);
    var problem = refused.list("problems").getFirst();
    long line = number(problem, "line");
    long column = number(problem, "column");
    assertTrue(line > 100 && column > 0, problem::toString);
    assertTrue(String.valueOf(problem.get("message")).contains("departmnt"), problem::toString);
    assertEquals(firstPolicyVersion, activeVersion());
    step("5  an invalid policy: 422, line %d column %d: %s", line, column, problem.get("message"));
  }

  private Api.Answer activate(String policies, long over) {
    return admin
        .authApi()
        .call(
            "POST",
            "/v1/admin/policies",
            Map.of("policies", policies, "note", "acceptance"),
            Map.of("If-Match", "\"" + over + "\""));
  }

  private long activeVersion() {
    var active = admin.authApi().get("/v1/admin/policies").orThrow();
    return number(active.json(), "version");
  }

  @Test
  @Order(51)
  void policy_forbiddingBob_refusesHisNextMessageOnTheOpenSocket() {
    admin
        .authApi()
        .call(
            "PATCH",
            "/v1/admin/accounts/" + bobUserId,
            Map.of("attributes", Map.of("department", "contractor")),
            Map.of("If-Match", "*"))
        .orThrow();
    bobSays("still allowed");
    var active = admin.authApi().get("/v1/admin/policies").orThrow().text("policies");
    var activated = activate(active + CONTRACTOR_POLICY, firstPolicyVersion).orThrow();
    var version = number(activated.json(), "version");
    assertTrue(version > firstPolicyVersion);
    var refused =
        Wait.forValue("Bob's message is refused", SOON, () -> bobIsRefused("am I still allowed?"));
    assertEquals("policy_denied", refused.value().text("code"));
    assertTrue(
        refused.value().toString().contains("contractors may not write in rooms"),
        refused.value()::getMessage);
    var decisionId = refused.value().text("decisionId");
    assertNotNull(decisionId);
    step(
        "5  version %d activated; Bob's open socket refuses after %s: %s, decision %s",
        version, Report.millis(refused.after()), refused.value().getMessage(), decisionId);

    var decision =
        Wait.forValue(
            "the decision is on record",
            SOON,
            () -> {
              var answer = admin.gatewayApi().get("/v1/decisions/" + decisionId);
              return answer.status() == 404 ? Optional.empty() : Optional.of(answer.orThrow());
            });
    assertTrue(decision.value().body().contains("contractors.quiet"), decision.value()::body);
    step(
        "5  the admin looks the decision up: %s refused by %s",
        decision.value().text("action"), decision.value().json().get("determining"));
    var curious = alice.gatewayApi().get("/v1/decisions/" + decisionId);
    assertEquals(403, curious.status(), "who is no admin sees no decisions");
  }

  private void bobSays(String text) {
    bobNode.call("say", Map.of("roomId", room, "text", text));
    assertEquals(text, alice.nextMessage(SOON).text());
  }

  private Optional<NodeProcess.Failed> bobIsRefused(String text) {
    try {
      bobSays(text);
      return Optional.empty();
    } catch (NodeProcess.Failed refused) {
      return Optional.of(refused);
    }
  }

  @Test
  @Order(52)
  void rollback_isANewVersionAndRestoresBob() {
    long forbidding = activeVersion();
    var rolledBack =
        admin
            .authApi()
            .call(
                "POST",
                "/v1/admin/policies/" + firstPolicyVersion + "/rollback",
                Map.of(),
                Map.of("If-Match", "\"" + forbidding + "\""))
            .orThrow();
    long version = number(rolledBack.json(), "version");
    assertTrue(version > forbidding, "a rollback is a new version");
    var after =
        Wait.until("Bob may write again", SOON, () -> bobIsRefused("may I write again?").isEmpty());
    step(
        "5  rollback to the policies of version %d is version %d; Bob writes again after %s",
        firstPolicyVersion, version, Report.millis(after));
  }

  @Test
  @Order(53)
  void session_revoked_closesBobsOpenSocketAndHisTokenExchangesNothing() throws Exception {
    bobTokenBeforeRevocation = String.valueOf(bobNode.call("gatewayToken").get("token"));
    var sid = claims(bobTokenBeforeRevocation).getStringClaim("sid");
    bobNode.drain();
    long begun = System.nanoTime();
    var answer =
        admin
            .authApi()
            .call("DELETE", "/v1/admin/accounts/" + bobUserId + "/sessions/" + sid, null)
            .orThrow();
    assertEquals(204, answer.status());
    var closed = bobNode.event("closed", SOON);
    var after = Duration.ofNanos(System.nanoTime() - begun);
    assertEquals(4430L, number(closed, "code"), closed::toString);
    step(
        "5  Bob's session revoked: his open socket closed with %s %s after %s",
        closed.get("code"), closed.get("reason"), Report.millis(after));
    assertThrows(NodeProcess.Failed.class, () -> bobNode.call("gatewayToken"));
    var again =
        assertThrows(
            NodeProcess.Failed.class,
            () ->
                bobNode.call(
                    "connect", Map.of("how", "headers", "accessToken", bobTokenBeforeRevocation)));
    assertEquals(401, again.number("status"), again::getMessage);
    step("5  his session exchanges nothing, and his token opens nothing: %s", again.getMessage());
  }

  // -------------------------------------------------------------------------- 6 bad tokens

  @Test
  @Order(60)
  void handshake_withoutToken_isRefused() {
    var refused =
        assertThrows(
            HandshakeRefused.class,
            () ->
                GatewaySocket.openByHeaders(
                    sallyport.gatewayUrl(), null, alice.dpop(), frame -> {}));
    assertEquals(401, refused.status());
    assertTrue(refused.challenge().startsWith("DPoP"), refused.challenge());
    assertFalse(refused.challenge().contains("error="), "RFC 6750 §3.1: no error without a token");
    step("6  no token: 401 %s", refused.challenge());
    var closed =
        assertThrows(
            GatewaySocket.ClosedException.class,
            () ->
                GatewaySocket.openByFirstFrame(
                    sallyport.gatewayUrl(), "", alice.dpop(), frame -> {}));
    assertTrue(List.of(4401, 4410).contains(closed.code()), closed::getMessage);
    step("6  no token in the first frame: closed with %s", closed.getMessage());
  }

  @Test
  @Order(61)
  void handshake_badToken_isRefusedWithTheRightErrorInBothForms() {
    var good = alice.gatewayToken(null);
    refusedInBothForms("for another audience", alice.accessToken(), 4412);
    refusedInBothForms("signed by another key", BadTokens.signedByAnotherKey(good), 4414);
    refusedInBothForms(
        "by another key of the same id", BadTokens.signedByAnotherKeyOfTheSameId(good), 4415);
    refusedInBothForms("that was tampered with", BadTokens.tampered(good), 4415);
    refusedInBothForms("that is none", "not.a.token", 4410);
  }

  @Test
  @Order(62)
  void handshake_expiredToken_isRefusedInBothForms() {
    Wait.until(
        "the token of step 2 is expired",
        Duration.ofMinutes(3),
        () -> Instant.now().isAfter(expiredFrom));
    refusedInBothForms("that expired", tokenThatExpires, 4411);
    assertTrue(alice.say(room, "my token was renewed on the open socket").getSeq() > 0);
    step("6  Alice's socket is older than that and open: its token is renewed in band");
  }

  private void refusedInBothForms(String what, String token, int closeCode) {
    var refused =
        assertThrows(
            HandshakeRefused.class,
            () ->
                GatewaySocket.openByHeaders(
                    sallyport.gatewayUrl(), token, alice.dpop(), frame -> {}),
            what);
    assertEquals(401, refused.status(), what);
    assertTrue(refused.challenge().startsWith("DPoP"), refused.challenge());
    assertTrue(refused.challenge().contains("error=\"invalid_token\""), refused.challenge());
    var closed =
        assertThrows(
            GatewaySocket.ClosedException.class,
            () ->
                GatewaySocket.openByFirstFrame(
                    sallyport.gatewayUrl(), token, alice.dpop(), frame -> {}),
            what);
    assertEquals(closeCode, closed.code(), what + ": " + closed.getMessage());
    step(
        "6  token %s: 401 invalid_token; by first frame closed with %s", what, closed.getMessage());
  }

  // -------------------------------------------------------------------------- 7 third-party IdP

  @Test
  @Order(70)
  void identityProvider_linkedExplicitly_landsOnTheSameAccount() {
    var stranger = browser.of("stranger");
    stranger.open(accountPage());
    stranger.click("idp-" + Sallyport.IDP);
    var unknown = atIdentityProvider(stranger, "alice.at.acme");
    assertTrue(unknown.shows("unknown-identity"), unknown::toString);
    stranger.forget();
    step("7  an identity that nobody linked is let in nowhere");

    aliceAtBrowser.signIn(accountPage());
    aliceAtBrowser.browser.click("link-" + Sallyport.IDP);
    var confirm = atIdentityProvider(aliceAtBrowser.browser, "alice.at.acme");
    assertTrue(confirm.shows("confirm-link"), confirm::toString);
    var account = aliceAtBrowser.browser.click("confirm-link");
    assertTrue(account.url().startsWith(accountPage()), account::toString);
    aliceAtBrowser.browser.forget();

    var viaIdp = new ChatClient(sallyport.issuer(), sallyport.gatewayUrl(), Sallyport.CLIENT_ID);
    try (OidcClient.SignIn signIn = viaIdp.oidc().begin(SCOPE)) {
      var tab = aliceAtBrowser.browser;
      tab.open(signIn.authorizationUri().toString());
      tab.click("idp-" + Sallyport.IDP);
      var page = atIdentityProvider(tab, "alice.at.acme");
      while (!page.url().startsWith("http://127.0.0.1:")) {
        if (page.shows("verify")) {
          page = aliceAtBrowser.enterCode(aliceAtBrowser.authenticator().freshCode(), "verify");
        } else if (page.shows("allow")) {
          page = tab.click("allow");
        } else {
          throw new AssertionError("unexpected page " + page);
        }
      }
      viaIdp.signedIn(signIn.finish(SOON));
    }
    assertEquals(alice.userId(), viaIdp.userId());
    step(
        "7  Alice signed in through a third-party IdP (npm oidc-provider) and is the same account");
    alicesTablet = viaIdp;
  }

  /** The pages of npm oidc-provider: whatever name is typed is who you are; then a consent. */
  private Browser.Page atIdentityProvider(Browser.Tab tab, String name) {
    var page = tab.look();
    for (int i = 0; i < 3 && page.url().startsWith("http://localhost:" + sallyport.idpPort); i++) {
      if (tab.has("input[name=login]")) {
        tab.fillSelector("input[name=login]", name).fillSelector("input[name=password]", "any");
      }
      page = tab.clickSelector("button[type=submit]");
    }
    return page;
  }

  @Test
  @Order(71)
  void tablet_restoresWhatTheLaptopSaved_andReadsOldMessages() throws Exception {
    alicesTablet.registerDevice("Alice's tablet");
    var backups = new Backups(alicesTablet.gatewayApi());
    var current = backups.overview().versions().getFirst();
    assertEquals(
        Optional.empty(),
        BackupKey.of(RecoveryKey.generate(new SecureRandom()), current.keyInfo()),
        "another recovery key");
    var key =
        BackupKey.of(RecoveryKey.parse(recoveryKeyOnPaper).orElseThrow(), current.keyInfo())
            .orElseThrow();
    var parts = backups.list(current.number());
    assertEquals(1, parts.size());
    var id = parts.getFirst().id();
    var sealed = backups.get(current.number(), id).orElseThrow().bytes();
    var opened = key.open(id, sealed).orElseThrow();
    assertEquals("room/" + room, opened.name());
    var restored = JSONObjectUtils.parse(new String(opened.content(), StandardCharsets.UTF_8));
    assertEquals(said, restored);

    // They stand in the room's log, which its MLS state cannot open.
    var log = new GatewayApi(sallyport.gatewayUrl(), alicesTablet.dpop(), this::tabletToken);
    for (var seq : restored.keySet()) {
      var entry = log.log(room, Long.parseLong(seq) - 1, 1).entries().getFirst();
      assertEquals(seq, String.valueOf(entry.getSeq()));
      assertEquals(EntryKind.APPLICATION, entry.getKind());
    }
    var seen =
        new Backups(alice.gatewayApi())
            .overview().visitors().stream()
                .filter(one -> one.deviceId().equals(alicesTablet.deviceId()))
                .findFirst()
                .orElseThrow();
    assertTrue(seen.readAt().isPresent());
    step(
        "7  Alice's tablet restored %d messages by the recovery key; her laptop sees that it read"
            + " them at %s",
        restored.size(), seen.readAt().get());
  }

  private String tabletToken() {
    return alicesTablet.gatewayToken(null);
  }

  // -------------------------------------------------------------------------- 8 alone

  @Test
  @Order(80)
  void bundle_lowerOrOfAnotherTypeOrKey_isRefusedAndReported() throws Exception {
    var trusted = sallyport.gatewayData().resolve("trust").resolve("bundle.jws");
    var older = Files.readString(trusted);
    sallyport.stopGateway();
    between = new BundleSwap(sallyport.issuer());
    sallyport.startGateway("--sallyport.auth-server-url=" + between.url());
    sallyport.awaitHealthy();
    long version = activeVersion();
    // A newer version first, so that what was just read is an older one.
    version = nextVersion(version);
    awaitGatewayHolds(version);
    var good = Files.readString(trusted);
    for (var bad :
        List.of(
            new BadBundle("of a lower version", older),
            new BadBundle("of another typ", alice.gatewayToken(null)),
            new BadBundle("by another key", BadTokens.signedByAnotherKey(good)),
            new BadBundle(
                "by another key of the same id", BadTokens.signedByAnotherKeyOfTheSameId(good)),
            new BadBundle("that was tampered with", BadTokens.tampered(good)))) {
      var reportedBefore = lastRefusedAt();
      between.serve(bad.jws());
      nextVersion(activeVersion());
      var reported =
          Wait.forValue(
              "the bundle " + bad.what() + " is reported",
              SOON,
              () ->
                  lastRefusedAt().equals(reportedBefore)
                      ? Optional.<String>empty()
                      : Optional.of(bundleHealth("last_refused_because")));
      assertEquals(good, Files.readString(trusted), "the last good one stays");
      step("8  a bundle %s is refused and reported: %s", bad.what(), reported.value());
      between.serveHonestly();
      nextVersion(activeVersion());
      awaitGatewayHolds(activeVersion());
      good = Files.readString(trusted);
    }
  }

  private record BadBundle(String what, String jws) {}

  /** Activates the active policies once more, as a new version. */
  private long nextVersion(long active) {
    var policies = admin.authApi().get("/v1/admin/policies").orThrow().text("policies");
    var activated = activate(policies, active).orThrow();
    return number(activated.json(), "version");
  }

  private void awaitGatewayHolds(long version) {
    Wait.until(
        "the gateway holds version " + version,
        SOON,
        () -> bundleHealth("version").equals(String.valueOf(version)));
  }

  private String lastRefusedAt() {
    return bundleHealth("last_refused_at");
  }

  private String bundleHealth(String detail) {
    return String.valueOf(BundleSwap.health(sallyport.gatewayUrl(), "bundle").get(detail));
  }

  @Test
  @Order(81)
  void gatewayRestarted_authServerAway_admitsUntilSixtySecondsAfterItLastHeard() throws Exception {
    var revokedToken = alicesTablet.gatewayToken(null);
    try (var before = open(revokedToken, alicesTablet)) {
      var path = "/v1/admin/accounts/" + alice.userId() + "/sessions/";
      admin
          .authApi()
          .call("DELETE", path + claims(revokedToken).getStringClaim("sid"), null)
          .orThrow();
      before.closed().orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
    }
    var aliceToken = alice.gatewayToken(null);
    sallyport.stopGateway();
    sallyport.killAuthServer();
    long away = System.nanoTime();
    sallyport.startGateway();
    // The minute in which it may admit anyone runs from before its start.
    Wait.until(
        "the gateway listens",
        Duration.ofSeconds(58),
        () -> ServerProcess.status(sallyport.gatewayUrl() + "/actuator/health") != 0);
    try (var admitted = open(aliceToken, alice)) {
      assertEquals(alice.userId(), admitted.ready().getUserId());
      step("8  restarted alone, it admits Alice's unexpired token");
    }
    var revoked =
        assertThrows(HandshakeRefused.class, () -> open(revokedToken, alicesTablet).close());
    assertEquals(401, revoked.status(), revoked::toString);
    assertTrue(revoked.challenge().contains("revoked"), revoked.challenge());
    step("8  and still refuses the one whose session was revoked: %s", revoked.challenge());
    var refused =
        Wait.forValue(
            "new sockets are refused",
            Duration.ofSeconds(90),
            () -> {
              try (var _ = open(aliceToken, alice)) {
                return Optional.empty();
              } catch (HandshakeRefused e) {
                // who tries this often is told to slow down
                return Optional.of(e).filter(refusal -> refusal.status() != 429);
              }
            });
    assertEquals(503, refused.value().status(), refused.value()::getMessage);
    step(
        "8  %s after the auth-server was killed new sockets are refused with 503",
        Report.millis(Duration.ofNanos(System.nanoTime() - away)));
  }

  @Test
  @Order(82)
  void gatewayWithoutBundle_authServerAway_refusesToStart() {
    var lonely =
        sallyport.startGateway(
            "gateway-without-bundle",
            Sallyport.freePort(),
            sallyport.newFolder("empty"),
            "--sallyport.bundle-wait=2s");
    assertEquals(1, lonely.awaitEnd(Duration.ofSeconds(60)), lonely::said);
    step("8  a gateway without a bundle, auth-server away: exit status 1");
  }

  private static long number(Map<String, Object> json, String member) {
    if (json.get(member) instanceof Number number) {
      return number.longValue();
    }
    throw new AssertionError("no number `" + member + "` in " + json);
  }

  private GatewaySocket open(String token, ChatClient by) {
    return GatewaySocket.openByHeaders(sallyport.gatewayUrl(), token, by.dpop(), frame -> {});
  }

  private static com.nimbusds.jwt.JWTClaimsSet claims(String token) throws ParseException {
    return SignedJWT.parse(token).getJWTClaimsSet();
  }

  private static String confirmation(com.nimbusds.jwt.JWTClaimsSet claims) throws ParseException {
    return String.valueOf(claims.getJSONObjectClaim("cnf").get("jkt"));
  }
}
