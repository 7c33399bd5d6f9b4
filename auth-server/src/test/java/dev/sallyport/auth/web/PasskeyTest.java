package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.totp.SecondFactor;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passkeys, from the page that adds one to signing in with it. */
class PasskeyTest {

  private static final String HERE = "http://localhost:9000";
  private static final Pattern CHALLENGE =
      Pattern.compile("&quot;challenge&quot;:&quot;([A-Za-z0-9_-]{43})&quot;");

  @TempDir Path data;
  private RunningServer server;
  private Browser browser;
  private Account alice;
  private final SoftKey key = new SoftKey(HERE);

  @BeforeEach
  void addOne() throws Exception {
    server = RunningServer.start(data);
    browser = new Browser(server.port());
    browser.signInAsDemoPerson("alice", data, server.clock());
    alice = server.bean(Accounts.class).byUsername("alice").orElseThrow();
    HttpResponse<String> page = browser.get("/account/passkeys");
    HttpResponse<String> added =
        browser.press(
            page, "use-passkey", "answer", key.make(challenge(page), true), "name", "My laptop");
    assertThat(Browser.text(added, "notice")).as(added.body()).isPresent();
    assertThat(added.body()).contains("<strong>My laptop</strong>", "Passkey added");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String challenge(HttpResponse<String> page) {
    Matcher challenge = CHALLENGE.matcher(page.body());
    assertThat(challenge.find()).as(page.body()).isTrue();
    return challenge.group(1);
  }

  private HttpResponse<String> alone(Browser from) {
    return from.press("/login", "sign-in-with-passkey");
  }

  private HttpResponse<String> password(Browser from, String name) throws Exception {
    return from.press(
        "/login", "sign-in", "username", name, "password", Browser.demoPassword(name, data));
  }

  @Test
  void alone_withItsUserVerified_isTwoFactors() {
    Browser phone = new Browser(server.port());
    HttpResponse<String> page = alone(phone);
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("script-src 'self';");
    assertThat(phone.get("/login").headers().firstValue("Content-Security-Policy").orElseThrow())
        .doesNotContain("script-src");
    page = alone(phone);
    HttpResponse<String> in =
        phone.press(page, "use-passkey", "answer", key.show(challenge(page), true));
    assertThat(in.uri().getPath()).isEqualTo("/account");
    assertThat(server.bean(Sessions.class).ofAccount(alice.id()))
        .anySatisfy(
            session -> {
              assertThat(session.amr()).containsExactly("pop", "mfa");
              assertThat(session.acr()).isEqualTo("urn:sallyport:acr:2fa");
            });
  }

  @Test
  void alone_withoutItsUserVerified_isRefused() {
    Browser phone = new Browser(server.port());
    HttpResponse<String> page = alone(phone);
    HttpResponse<String> out =
        phone.press(page, "use-passkey", "answer", key.show(challenge(page), false));
    assertThat(out.statusCode()).isEqualTo(403);
    assertThat(phone.get("/account").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void afterThePassword_itIsTheSecondFactorEvenUnverified() throws Exception {
    Browser phone = new Browser(server.port());
    HttpResponse<String> code = password(phone, "alice");
    assertThat(code.uri().getPath()).isEqualTo("/login/code");
    HttpResponse<String> page = phone.get("/login/passkey/second");
    HttpResponse<String> in =
        phone.press(page, "use-passkey", "answer", key.show(challenge(page), false));
    assertThat(in.uri().getPath()).isEqualTo("/account");
    assertThat(server.bean(Sessions.class).ofAccount(alice.id()))
        .anySatisfy(session -> assertThat(session.amr()).containsExactly("pwd", "pop", "mfa"));
  }

  @Test
  void afterThePassword_anothersPasskeyIsRefused() throws Exception {
    new Browser(server.port()).signInAsDemoPerson("bob", data, server.clock());
    Account bob = server.bean(Accounts.class).byUsername("bob").orElseThrow();
    Passkeys passkeys = server.bean(Passkeys.class);
    String challenge = passkeys.challenge();
    SoftKey bobs = new SoftKey(HERE);
    assertThat(passkeys.register(bob, challenge, bobs.make(challenge, true), "Bob's")).isTrue();
    Browser thief = new Browser(server.port());
    password(thief, "alice");
    HttpResponse<String> page = thief.get("/login/passkey/second");
    HttpResponse<String> out =
        thief.press(page, "use-passkey", "answer", bobs.show(challenge(page), true));
    assertThat(out.statusCode()).isEqualTo(403);
    assertThat(thief.get("/account").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void anAnswer_shownAgainOrForAnotherSiteOrByACopy_isRefused() {
    Browser phone = new Browser(server.port());
    HttpResponse<String> page = alone(phone);
    String answer = key.show(challenge(page), true);
    assertThat(phone.press(page, "use-passkey", "answer", answer).uri().getPath())
        .isEqualTo("/account");
    Browser thief = new Browser(server.port());
    page = alone(thief);
    assertThat(thief.press(page, "use-passkey", "answer", answer).statusCode()).isEqualTo(403);
    page = alone(thief);
    assertThat(
            thief
                .press(
                    page,
                    "use-passkey",
                    "answer",
                    key.showAt("http://localhost.evil.example", challenge(page)))
                .statusCode())
        .isEqualTo(403);
    page = alone(thief);
    assertThat(
            thief
                .press(page, "use-passkey", "answer", key.showWithoutCounting(challenge(page)))
                .statusCode())
        .isEqualTo(403);
    page = alone(thief);
    server.clock().pass(Duration.ofMinutes(6));
    assertThat(
            thief
                .press(page, "use-passkey", "answer", key.show(challenge(page), true))
                .uri()
                .getPath())
        .as("too late")
        .isEqualTo("/login");
  }

  @Test
  void answers_spoiltAtRandom_areRefusedAndNothingBreaks() {
    long seed = 20_261_123;
    Random random = new Random(seed);
    Passkeys passkeys = server.bean(Passkeys.class);
    for (int round = 0; round < 400; round++) {
      String challenge = passkeys.challenge();
      boolean making = random.nextBoolean();
      StringBuilder answer =
          new StringBuilder(
              making
                  ? new SoftKey(HERE).make(challenge, true)
                  : key.showWithoutCounting(challenge));
      for (int i = 0; i <= random.nextInt(4); i++) {
        int at = random.nextInt(answer.length());
        switch (random.nextInt(3)) {
          case 0 -> answer.setCharAt(at, (char) random.nextInt(0x20, 0x7f));
          case 1 -> answer.deleteCharAt(at);
          default -> answer.insert(at, answer.substring(at, Math.min(at + 9, answer.length())));
        }
      }
      // whatever comes of it comes as an answer, not as an exception
      if (making) {
        passkeys.register(alice, challenge, answer.toString(), "fuzz");
      } else {
        passkeys.check(null, challenge, answer.toString());
      }
    }
    assertThat(passkeys.check(null, passkeys.challenge(), "[".repeat(100_000)))
        .as("seed %d", seed)
        .isNotNull();
  }

  @Test
  void removed_opensNothingAndTakesAFactorShownOfLate() {
    server.clock().pass(Duration.ofMinutes(6));
    HttpResponse<String> account = browser.get("/account");
    Matcher button = Pattern.compile("data-id=\"([^\"]+)\"").matcher(account.body());
    assertThat(button.find()).isTrue();
    HttpResponse<String> asked =
        browser.post(
            "/account/passkeys/remove", Map.of("id", button.group(1), "_csrf", csrf(account)));
    assertThat(asked.uri().getPath()).isEqualTo("/account/confirm");
    HttpResponse<String> page = browser.get("/account/confirm/passkey");
    browser.press(page, "use-passkey", "answer", key.show(challenge(page), false));
    assertThat(server.bean(Passkeys.class).ofAccount(alice.id())).hasSize(1);
    account = browser.get("/account");
    browser.post("/account/passkeys/remove", Map.of("id", button.group(1), "_csrf", csrf(account)));
    assertThat(server.bean(Passkeys.class).ofAccount(alice.id())).isEmpty();
    Browser phone = new Browser(server.port());
    page = alone(phone);
    assertThat(
            phone
                .press(page, "use-passkey", "answer", key.show(challenge(page), true))
                .statusCode())
        .isEqualTo(403);
  }

  private static String csrf(HttpResponse<String> page) {
    Matcher token = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"").matcher(page.body());
    assertThat(token.find()).isTrue();
    return token.group(1);
  }

  @Test
  void withoutAnApp_thePasskeyIsAskedForAtOnceAndAnAdminRemovesIt() throws Exception {
    server.bean(SecondFactor.class).reset(alice.id(), Actor.admin("the-admin"));
    Browser phone = new Browser(server.port());
    assertThat(password(phone, "alice").uri().getPath()).isEqualTo("/login/passkey/second");
  }

  @Test
  void withAPasskeyAlone_recoveryCodesStandInForIt_andItIsNotRemoved() throws Exception {
    HttpResponse<String> account = browser.get("/account");
    assertThat(account.body()).contains("remove-authenticator");
    HttpResponse<String> removed = browser.press(account, "remove-authenticator");
    assertThat(Browser.text(removed, "notice").orElseThrow()).contains("opens nothing");
    assertThat(server.bean(SecondFactor.class).recoveryCodesLeft(alice.id())).isEqualTo(10);
    Matcher id = Pattern.compile("data-id=\"([^\"]+)\"").matcher(removed.body());
    assertThat(id.find()).isTrue();
    HttpResponse<String> kept =
        browser.post("/account/passkeys/remove", Map.of("id", id.group(1), "_csrf", csrf(removed)));
    assertThat(Browser.text(kept, "error").orElseThrow()).contains("only second factor");
    assertThat(server.bean(Passkeys.class).ofAccount(alice.id())).hasSize(1);

    HttpResponse<String> codes = browser.press("/account", "renew-recovery-codes");
    assertThat(codes.uri().getPath()).isEqualTo("/account/recovery-codes");
    Matcher code = Pattern.compile("class=\"recovery-code\">([a-z2-7-]+)<").matcher(codes.body());
    assertThat(code.find()).isTrue();
    browser.press(codes, "continue");
    server.clock().pass(Duration.ofMinutes(6));
    assertThat(browser.press("/account", "renew-recovery-codes").uri().getPath())
        .isEqualTo("/account/confirm");

    Browser phone = new Browser(server.port());
    HttpResponse<String> second = password(phone, "alice");
    assertThat(second.body()).contains("use-recovery");
    HttpResponse<String> in =
        phone.press("/login/recovery", "verify", "recovery-code", code.group(1));
    assertThat(in.uri().getPath()).isEqualTo("/account");
    assertThat(in.body()).contains("id=\"recovered\"");
    Browser thief = new Browser(server.port());
    password(thief, "alice");
    assertThat(
            thief.press("/login/recovery", "verify", "recovery-code", code.group(1)).statusCode())
        .as("used before")
        .isEqualTo(403);
  }

  @Test
  void endAll_ofOneSignedInTwice_signsOutBoth() throws Exception {
    Browser phone = new Browser(server.port());
    HttpResponse<String> page = alone(phone);
    phone.press(page, "use-passkey", "answer", key.show(challenge(page), true));
    assertThat(browser.press("/account", "end-all").uri().getPath()).isEqualTo("/signed-out");
    assertThat(phone.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
  }
}
