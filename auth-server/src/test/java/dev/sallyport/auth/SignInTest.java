package dev.sallyport.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.device.Devices;
import dev.sallyport.auth.password.Attempt;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.session.Initiator;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.vault.PrivateFile;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sign-in from the first page to the last, over HTTP. */
class SignInTest {

  @TempDir static Path data;
  private static RunningServer server;
  private static Snapshot fresh;
  private static String adminPassword;
  private Browser browser;

  @BeforeAll
  static void start() throws Exception {
    server = RunningServer.start(data);
    fresh = Snapshot.of(server);
    adminPassword = Files.readString(data.resolve("admin-password"));
  }

  @BeforeEach
  void begin() throws Exception {
    fresh.restore(server);
    Path file = data.resolve("admin-password");
    if (!Files.exists(file)) {
      PrivateFile.write(file, adminPassword);
    }
    browser = new Browser(server.port());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void signIn_withSecondFactor_endsAtTheAccountAndSignsOut() throws Exception {
    HttpResponse<String> login = browser.get("/account");
    assertThat(login.uri().getPath()).isEqualTo("/login");
    assertThat(browser.sessionCookie()).isEmpty();
    browser.press(
        login, "sign-in", "username", "alice", "password", Browser.demoPassword("alice", data));
    String halfWay = browser.sessionCookie().orElseThrow();

    Authenticator app = browser.signInAsDemoPerson("alice", data, server.clock());
    HttpResponse<String> account = browser.get("/account");
    assertThat(Browser.text(account, "account-name")).contains("Alice Adler");
    assertThat(browser.sessionCookie()).isPresent().isNotEqualTo(Optional.of(halfWay));
    Account alice = server.bean(Accounts.class).byUsername("alice").orElseThrow();
    assertThat(server.bean(Sessions.class).ofAccount(alice.id()))
        .singleElement()
        .satisfies(
            session -> {
              assertThat(session.amr()).containsExactly("pwd", "otp", "mfa");
              assertThat(session.acr()).isEqualTo("urn:sallyport:acr:2fa");
            });

    String signedIn = browser.sessionCookie().orElseThrow();
    assertThat(browser.press(account, "sign-out").uri().getPath()).isEqualTo("/signed-out");
    assertThat(server.bean(Sessions.class).ofAccount(alice.id())).isEmpty();
    browser.useSessionCookie(signedIn);
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");

    Browser other = new Browser(server.port());
    HttpResponse<String> code =
        other.press(
            "/login",
            "sign-in",
            "username",
            "ALICE",
            "password",
            Browser.demoPassword("alice", data));
    assertThat(code.uri().getPath()).isEqualTo("/login/code");
    HttpResponse<String> used =
        other.press(code, "verify", "code", app.code(server.clock().instant()));
    assertThat(Browser.text(used, "error").orElseThrow()).contains("used already");
    server.clock().pass(Duration.ofSeconds(30));
    HttpResponse<String> in =
        other.press("/login/code", "verify", "code", app.code(server.clock().instant()));
    assertThat(in.uri().getPath()).isEqualTo("/account");
  }

  @Test
  void halfWay_everyPageBeyond_sendsBackToSignIn() throws Exception {
    HttpResponse<String> enrol =
        browser.press(
            "/login",
            "sign-in",
            "username",
            "alice",
            "password",
            Browser.demoPassword("alice", data));
    assertThat(enrol.uri().getPath()).isEqualTo("/login/enrol");
    for (String page : new String[] {"/account", "/consent", "/account/link", "/login/code"}) {
      assertThat(browser.get(page).uri().getPath()).as(page).isEqualTo("/login");
    }
    // going on without a code comes back to where one is needed
    HttpResponse<String> skipped = browser.press(enrol, "enrol", "code", "000000");
    assertThat(Browser.text(skipped, "error")).isPresent();
    assertThat(server.jdbc().queryForObject("select count(*) from sign_in_session", Integer.class))
        .isZero();
  }

  @Test
  void progress_afterTenMinutes_isForgotten() throws Exception {
    browser.press(
        "/login", "sign-in", "username", "alice", "password", Browser.demoPassword("alice", data));
    server.clock().pass(Duration.ofMinutes(11));
    assertThat(browser.get("/login/enrol").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void form_withoutItsToken_changesNothing() throws Exception {
    browser.get("/login");
    HttpResponse<String> refused =
        browser.post(
            "/login", Map.of("username", "alice", "password", Browser.demoPassword("alice", data)));
    assertThat(refused.uri().getQuery()).isEqualTo("expired");
    assertThat(browser.get("/login/enrol").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void firstAdmin_signsInWithTheFile_mustReplaceThePasswordAndTheFileGoes() throws Exception {
    Path file = data.resolve("admin-password");
    String oneTime = Files.readString(file).strip();
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
    HttpResponse<String> replace =
        browser.press("/login", "sign-in", "username", "admin", "password", oneTime);
    assertThat(replace.uri().getPath()).isEqualTo("/login/password");
    assertThat(browser.get("/login/enrol").uri().getPath()).isEqualTo("/login");
    HttpResponse<String> differ =
        browser.press(
            "/login/password",
            "change",
            "new-password",
            "a new long password",
            "repeat-password",
            "another");
    assertThat(Browser.text(differ, "error").orElseThrow()).contains("differ");
    HttpResponse<String> enrol =
        browser.press(
            differ,
            "change",
            "new-password",
            "a new long password",
            "repeat-password",
            "a new long password");
    assertThat(enrol.uri().getPath()).isEqualTo("/login/enrol");
    assertThat(file).doesNotExist();
    HttpResponse<String> again =
        new Browser(server.port())
            .press("/login", "sign-in", "username", "admin", "password", oneTime);
    assertThat(Browser.text(again, "error")).contains("Wrong username or password.");
  }

  @Test
  void restart_signedInBrowser_staysSignedInAndTheDemoPeopleStayTheSame() throws Exception {
    browser.signInAsDemoPerson("bob", data, server.clock());
    String people = Files.readString(data.resolve("demo-accounts.json"));
    server.close();
    server = RunningServer.start(data);
    Browser later = browser.at(server.port());
    assertThat(Browser.text(later.get("/account"), "account-name")).contains("Bob Brandt");
    assertThat(Files.readString(data.resolve("demo-accounts.json"))).isEqualTo(people);
  }

  @Test
  void revokedElsewhere_nextRequest_isSignedOut() throws Exception {
    browser.signInAsDemoPerson("bob", data, server.clock());
    Account bob = server.bean(Accounts.class).byUsername("bob").orElseThrow();
    server.bean(Sessions.class).revokeAll(bob.id(), Initiator.ADMIN);
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
  }

  /** Who knows the old password and waits half way gets no further than the admin's new one. */
  @Test
  void passwordReset_whileAThiefIsHalfWay_putsThemOut() throws Exception {
    Authenticator app = browser.signInAsDemoPerson("bob", data, server.clock());
    Account bob = server.bean(Accounts.class).byUsername("bob").orElseThrow();
    Browser thief = new Browser(server.port());
    HttpResponse<String> code =
        thief.press(
            "/login", "sign-in", "username", "bob", "password", Browser.demoPassword("bob", data));
    assertThat(code.uri().getPath()).isEqualTo("/login/code");

    String oneTime = server.bean(Passwords.class).reset(bob.id(), Actor.admin("the-admin"));
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    server.clock().pass(Duration.ofSeconds(30));
    HttpResponse<String> out =
        thief.press(code, "verify", "code", app.code(server.clock().instant()));
    assertThat(out.uri().getPath()).isEqualTo("/login");
    assertThat(thief.get("/login/password").uri().getPath()).isEqualTo("/login");

    Browser owner = new Browser(server.port());
    HttpResponse<String> again =
        owner.press("/login", "sign-in", "username", "bob", "password", oneTime);
    HttpResponse<String> replace =
        owner.press(again, "verify", "code", app.code(server.clock().instant()));
    assertThat(replace.uri().getPath()).isEqualTo("/login/password");
    HttpResponse<String> in =
        owner.press(
            replace,
            "change",
            "new-password",
            "a new long password",
            "repeat-password",
            "a new long password");
    assertThat(in.uri().getPath()).isEqualTo("/account");
  }

  /** The same between the second factor and the choice of a password. */
  @Test
  void passwordReset_whileAThiefIsChoosingAPassword_putsThemOut() throws Exception {
    String oneTime = Files.readString(data.resolve("admin-password")).strip();
    HttpResponse<String> choose =
        browser.press("/login", "sign-in", "username", "admin", "password", oneTime);
    assertThat(choose.uri().getPath()).isEqualTo("/login/password");
    Account admin = server.bean(Accounts.class).byUsername("admin").orElseThrow();
    server.bean(Passwords.class).reset(admin.id(), Actor.admin("another"));
    HttpResponse<String> out =
        browser.press(
            choose,
            "change",
            "new-password",
            "a new long password",
            "repeat-password",
            "a new long password");
    assertThat(out.uri().getPath()).isEqualTo("/login");
  }

  @Test
  void endSession_ofAnotherAccount_isIgnored() throws Exception {
    browser.signInAsDemoPerson("bob", data, server.clock());
    Browser other = new Browser(server.port());
    other.signInAsDemoPerson("dora", data, server.clock());
    Account bob = server.bean(Accounts.class).byUsername("bob").orElseThrow();
    String sid = server.bean(Sessions.class).ofAccount(bob.id()).getFirst().sid();
    other.post("/account/sessions/end", Map.of("_csrf", formToken(other), "sid", sid));
    assertThat(server.bean(Sessions.class).live(sid)).isPresent();
  }

  @Test
  void device_isShownToItsOwner_whoAloneCanRemoveIt() throws Exception {
    browser.signInAsDemoPerson("bob", data, server.clock());
    Browser other = new Browser(server.port());
    other.signInAsDemoPerson("dora", data, server.clock());
    String bob = server.bean(Accounts.class).byUsername("bob").orElseThrow().id();
    String device = "0199a000-0000-7000-8000-000000000001";
    long now = server.clock().millis();
    server
        .jdbc()
        .update(
            "INSERT INTO device VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
            device,
            bob,
            "Bob's <phone>",
            "x".repeat(43),
            "j".repeat(43),
            now,
            now);
    assertThat(other.get("/account").body()).doesNotContain(device);
    removeDevice(other, device);
    assertThat(browser.get("/account").body())
        .contains("Bob&#39;s &lt;phone&gt;", "data-device-id=\"" + device + "\"");
    removeDevice(browser, device);
    assertThat(browser.get("/account").body()).doesNotContain(device);
    assertThat(server.bean(Devices.class).ofAccount(bob)).isEmpty();
  }

  private static void removeDevice(Browser browser, String device) {
    browser.post("/account/devices/end", Map.of("_csrf", formToken(browser), "id", device));
  }

  private static String formToken(Browser browser) {
    return browser
        .get("/account")
        .body()
        .replaceFirst("(?s).*name=\"_csrf\" value=\"([^\"]*)\".*", "$1");
  }

  @Test
  void headers_onEveryPage_areStrict() {
    for (String page : new String[] {"/login", "/nowhere", "/signed-out"}) {
      HttpResponse<String> response = browser.get(page);
      assertThat(response.headers().firstValue("Content-Security-Policy").orElseThrow())
          .as(page)
          .isEqualTo(
              "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
                  + " frame-ancestors 'none'; base-uri 'none'");
      assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
      assertThat(response.headers().firstValue("Cache-Control").orElseThrow()).contains("no-store");
      assertThat(response.body()).doesNotContain("<script").doesNotContain(" style=");
    }
  }

  @Test
  void unknownPath_isNotFoundAndNothingButHealthIsExposed() {
    assertThat(browser.get("/nowhere").statusCode()).isEqualTo(404);
    assertThat(browser.get("/actuator/env").statusCode()).isEqualTo(404);
    assertThat(browser.get("/actuator").statusCode()).isEqualTo(404);
    assertThat(browser.get("/actuator/health").body()).contains("UP");
  }

  @Test
  void password_ofAMegabyte_isRefusedBeforeItIsHashed() {
    HttpResponse<String> refused =
        browser.press("/login", "sign-in", "username", "alice", "password", "x".repeat(2000));
    assertThat(Browser.text(refused, "error")).contains("Wrong username or password.");
    assertThat(
            server.jdbc().queryForObject("select count(*) from credential_attempt", Integer.class))
        .isZero();
  }

  private int rows(String table) {
    Integer count = server.jdbc().queryForObject("select count(*) from " + table, Integer.class);
    return count == null ? 0 : count;
  }

  @Test
  void pages_askedForByAnyone_costNoRow() {
    String authorize =
        "/oauth2/authorize?response_type=code&client_id=sallyport-demo&scope=openid"
            + "&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback&code_challenge="
            + "x".repeat(43)
            + "&code_challenge_method=S256&state=";
    for (String page :
        new String[] {
          "/",
          "/login",
          "/account",
          "/consent",
          "/nowhere",
          "/signed-out",
          "/login/code",
          authorize,
          authorize + "x".repeat(2000),
          authorize + "x".repeat(2048) + "&login_hint=" + "y".repeat(2048)
        }) {
      Browser anyone = new Browser(server.port());
      anyone.get(page);
      assertThat(anyone.sessionCookie()).as(page).isEmpty();
    }
    new Browser(server.port())
        .press("/login", "sign-in", "username", "alice", "password", "not hers at all");
    assertThat(rows("spring_session")).isZero();
    assertThat(rows("oauth_authorization")).isZero();
  }

  @Test
  void form_ofAnotherBrowser_isRefused() throws Exception {
    HttpResponse<String> attackers = new Browser(server.port()).get("/login");
    browser.get("/login");
    HttpResponse<String> refused =
        browser.press(
            attackers,
            "sign-in",
            "username",
            "alice",
            "password",
            Browser.demoPassword("alice", data));
    assertThat(refused.uri().getQuery()).isEqualTo("expired");
    assertThat(browser.sessionCookie()).isEmpty();
  }

  @Test
  void form_madeBeforeTheSignIn_doesNothingAfterIt() throws Exception {
    HttpResponse<String> before = browser.get("/login");
    browser.signInAsDemoPerson("alice", data, server.clock());
    HttpResponse<String> refused =
        browser.press(
            before, "sign-in", "username", "bob", "password", Browser.demoPassword("bob", data));
    assertThat(refused.uri().getQuery()).isEqualTo("expired");
  }

  @Test
  void wantedPage_waitsInTheBrowserAndIsShownAfterTheSignIn() throws Exception {
    String wanted = "/account?a=1,2;3&b=%22x%22";
    assertThat(browser.get(wanted).uri().getPath()).isEqualTo("/login");
    HttpResponse<String> enrol =
        browser.press(
            "/login", "sign-in", "username", "bob", "password", Browser.demoPassword("bob", data));
    Authenticator app = new Authenticator(Browser.text(enrol, "totp-secret").orElseThrow());
    HttpResponse<String> codes =
        browser.press(enrol, "enrol", "code", app.code(server.clock().instant()));
    HttpResponse<String> shown = browser.press(codes, "continue");
    assertThat(shown.uri().getPath()).isEqualTo("/account");
    assertThat(shown.uri().getRawQuery()).isEqualTo("a=1%2C2%3B3&b=%22x%22");
    assertThat(browser.cookies()).doesNotContain("SALLYPORT_AUTH_NEXT");
  }

  @Test
  void attempts_ofOneNetwork_endAtItsLimitWhoeverTheyAreAbout() throws Exception {
    HttpResponse<String> login = browser.get("/login");
    for (int i = 0; i < 30; i++) {
      assertThat(
              browser
                  .press(login, "sign-in", "username", "someone" + i, "password", "wrong")
                  .statusCode())
          .isEqualTo(403);
    }
    HttpResponse<String> refused =
        browser.press(login, "sign-in", "username", "alice", "password", "wrong");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("Retry-After")).contains("2");
    assertThat(refused.body()).contains("Too many requests");
    server.clock().pass(Duration.ofSeconds(2));
    // one that succeeds is given back, so that the next may follow
    for (String person : new String[] {"alice", "bob"}) {
      assertThat(
              new Browser(server.port())
                  .press(
                      "/login",
                      "sign-in",
                      "username",
                      person,
                      "password",
                      Browser.demoPassword(person, data))
                  .uri()
                  .getPath())
          .isEqualTo("/login/enrol");
    }
  }

  @Test
  void strangersGuesses_lockOutStrangersAndNotTheOwnersBrowser() throws Exception {
    browser.signInAsDemoPerson("bob", data, server.clock());
    browser.press("/account", "sign-out");
    Passwords passwords = server.bean(Passwords.class);
    for (int i = 0; i < 40; i++) {
      passwords.check("bob", "wrong", Attempt.from("198.51.100." + i));
    }
    String right = Browser.demoPassword("bob", data);
    HttpResponse<String> elsewhere =
        new Browser(server.port()).press("/login", "sign-in", "username", "bob", "password", right);
    assertThat(elsewhere.statusCode()).isEqualTo(429);
    assertThat(Browser.text(elsewhere, "error").orElseThrow()).contains("15 minutes");
    assertThat(
            browser
                .press("/login", "sign-in", "username", "bob", "password", right)
                .uri()
                .getPath())
        .isEqualTo("/login/code");
  }
}
