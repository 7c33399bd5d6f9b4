package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.Sessions;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A new password for someone who is signed in. */
class PasswordChangeTest {

  private static final String NEW = "emmentaler zonk 88 velo";

  @TempDir Path data;
  private RunningServer server;
  private Browser browser;
  private Authenticator app;
  private String before;

  @BeforeEach
  void signIn() throws Exception {
    server = RunningServer.start(data);
    browser = new Browser(server.port());
    app = browser.signInAsDemoPerson("alice", data, server.clock());
    before = Browser.demoPassword("alice", data);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> change(String current, String password) {
    return browser.press(
        "/account/password",
        "change",
        "current-password",
        current,
        "new-password",
        password,
        "repeat-password",
        password);
  }

  private int events(String type) {
    Integer count =
        server
            .jdbc()
            .queryForObject(
                "select count(*) from security_event where type = ?", Integer.class, type);
    return count == null ? 0 : count;
  }

  @Test
  void change_endsEveryOtherSessionAndTheOldPasswordOpensNothing() {
    server.clock().pass(Duration.ofSeconds(30));
    Browser other = new Browser(server.port());
    other.press("/login", "sign-in", "username", "alice", "password", before);
    other.press("/login/code", "verify", "code", app.code(server.clock().instant()));
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/account");
    Browser halfWay = new Browser(server.port());
    halfWay.press("/login", "sign-in", "username", "alice", "password", before);

    HttpResponse<String> done = change(before, NEW);
    assertThat(done.uri().getPath()).isEqualTo("/account");
    assertThat(Browser.text(done, "notice").orElseThrow()).contains("password is changed");
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(halfWay.get("/login/code").uri().getPath()).isEqualTo("/login");
    assertThat(events("password-changed")).isEqualTo(1);
    assertThat(events("session-revoked")).isEqualTo(1);
    String alice = server.bean(Accounts.class).byUsername("alice").orElseThrow().id();
    assertThat(server.bean(Sessions.class).ofAccount(alice)).hasSize(1);

    Browser later = new Browser(server.port());
    assertThat(
            Browser.text(
                later.press("/login", "sign-in", "username", "alice", "password", before), "error"))
        .contains("Wrong username or password.");
    assertThat(
            later.press("/login", "sign-in", "username", "alice", "password", NEW).uri().getPath())
        .isEqualTo("/login/code");
  }

  @Test
  void change_withAWrongOrAnEasyOne_changesNothing() {
    HttpResponse<String> wrong = change("not the password", NEW);
    assertThat(wrong.statusCode()).isEqualTo(403);
    assertThat(Browser.text(wrong, "error").orElseThrow()).contains("not the password you have");
    for (String easy : new String[] {"Password1234", "alice-adler-2026", "qwerty123456"}) {
      HttpResponse<String> refused = change(before, easy);
      assertThat(refused.statusCode()).as(easy).isEqualTo(422);
      assertThat(Browser.text(refused, "error").orElseThrow()).as(easy).contains("too ");
    }
    assertThat(events("password-changed")).isZero();
    for (int i = 0; i < 5; i++) {
      change("not the password", NEW);
    }
    assertThat(change(before, NEW).statusCode()).as("guessed too often").isEqualTo(429);
    assertThat(events("password-changed")).isZero();
  }

  @Test
  void change_longAfterTheSignIn_asksForTheSecondFactorFirst() {
    server.clock().pass(Duration.ofMinutes(5));
    HttpResponse<String> form = browser.get("/account/password");
    assertThat(form.uri().getPath()).isEqualTo("/account/confirm");
    HttpResponse<String> wrong = browser.press(form, "confirm", "code", "000000");
    assertThat(wrong.statusCode()).isEqualTo(403);
    assertThat(browser.get("/account/password").uri().getPath()).isEqualTo("/account/confirm");

    HttpResponse<String> asked =
        browser.press(wrong, "confirm", "code", app.code(server.clock().instant()));
    assertThat(asked.uri().getPath()).isEqualTo("/account/password");
    server.clock().pass(Duration.ofMinutes(5));
    HttpResponse<String> tooLate =
        browser.press(
            asked,
            "change",
            "current-password",
            before,
            "new-password",
            NEW,
            "repeat-password",
            NEW);
    assertThat(tooLate.uri().getPath()).isEqualTo("/account/confirm");
    assertThat(events("password-changed")).isZero();
  }

  @Test
  void passwordOfAMegabyte_isRefusedBeforeAnyWork() {
    String huge = "x".repeat(1024 * 1024);
    HttpResponse<String> login =
        new Browser(server.port())
            .press("/login", "sign-in", "username", "alice", "password", huge);
    assertThat(login.statusCode()).isEqualTo(413);
    assertThat(change(before, huge).statusCode()).isEqualTo(413);
    assertThat(change(before, "x".repeat(1025)).statusCode()).isEqualTo(422);
    assertThat(events("sign-in-failed")).isZero();
    assertThat(events("password-changed")).isZero();
  }
}
