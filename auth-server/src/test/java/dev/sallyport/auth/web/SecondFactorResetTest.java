package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.totp.SecondFactor;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lost authenticator: replaced by its owner, or taken away by an admin. */
class SecondFactorResetTest {

  @TempDir Path data;
  private RunningServer server;
  private Browser browser;
  private Authenticator app;
  private Account alice;

  @BeforeEach
  void signIn() throws Exception {
    server = RunningServer.start(data);
    browser = new Browser(server.port());
    app = browser.signInAsDemoPerson("alice", data, server.clock());
    alice = server.bean(Accounts.class).byUsername("alice").orElseThrow();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private List<@Nullable String> events(String type) {
    return server
        .jdbc()
        .queryForList(
            "select actor_kind || ' ' || data from security_event where type = ? order by id",
            String.class,
            type);
  }

  private HttpResponse<String> password(Browser from) throws Exception {
    return from.press(
        "/login", "sign-in", "username", "alice", "password", Browser.demoPassword("alice", data));
  }

  @Test
  void reset_byAnAdmin_endsSessionsAndTheOwnerIsToldAndEnrolsAnew() throws Exception {
    SecondFactor factor = server.bean(SecondFactor.class);
    assertThat(factor.reset(alice.id(), Actor.admin("the-admin"))).isTrue();
    assertThat(factor.reset(alice.id(), Actor.admin("the-admin"))).isFalse();
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(server.bean(Sessions.class).ofAccount(alice.id())).isEmpty();
    assertThat(factor.recoveryCodesLeft(alice.id())).isZero();
    assertThat(events("factor-removed"))
        .containsExactly("admin {\"factor\":\"otp\"}", "admin {\"factor\":\"recovery_code\"}");

    HttpResponse<String> enrol = password(browser);
    assertThat(enrol.uri().getPath()).isEqualTo("/login/enrol");
    assertThat(enrol.body()).contains("An administrator removed your second factor");
    server.clock().pass(Duration.ofSeconds(30));
    HttpResponse<String> old =
        browser.press(enrol, "enrol", "code", app.code(server.clock().instant()));
    assertThat(Browser.text(old, "error")).as("of the lost one").isPresent();
    Authenticator next = new Authenticator(Browser.text(old, "totp-secret").orElseThrow());
    browser.press(
        browser.press(old, "enrol", "code", next.code(server.clock().instant())), "continue");
    HttpResponse<String> account = browser.get("/account");
    assertThat(account.body())
        .containsPattern(
            Pattern.compile("Authenticator app removed</span> <span class=\"tag grave\">by an"));
    assertThat(account.body()).contains("Authenticator app set up");
  }

  @Test
  void replace_byTheOwner_endsTheOldOneAndEveryOtherSession() throws Exception {
    server.clock().pass(Duration.ofSeconds(30));
    Browser other = new Browser(server.port());
    other.press(password(other), "verify", "code", app.code(server.clock().instant()));
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/account");

    HttpResponse<String> form = browser.get("/account/authenticator");
    Authenticator next = new Authenticator(Browser.text(form, "totp-secret").orElseThrow());
    server.clock().pass(Duration.ofSeconds(30));
    HttpResponse<String> wrong =
        browser.press(form, "enrol", "code", app.code(server.clock().instant()));
    assertThat(wrong.statusCode()).isEqualTo(403);
    assertThat(events("factor-removed")).isEmpty();
    HttpResponse<String> codes =
        browser.press(wrong, "enrol", "code", next.code(server.clock().instant()));
    assertThat(codes.uri().getPath()).isEqualTo("/account/recovery-codes");
    assertThat(browser.press(codes, "continue").body()).contains("authenticator app is set up");
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(events("factor-removed"))
        .containsExactly("user {\"factor\":\"otp\"}", "user {\"factor\":\"recovery_code\"}");

    server.clock().pass(Duration.ofSeconds(30));
    Browser later = new Browser(server.port());
    HttpResponse<String> asked = password(later);
    HttpResponse<String> refused =
        later.press(asked, "verify", "code", app.code(server.clock().instant()));
    assertThat(Browser.text(refused, "error")).contains("Wrong code.");
    assertThat(
            later
                .press(refused, "verify", "code", next.code(server.clock().instant()))
                .uri()
                .getPath())
        .isEqualTo("/account");
  }

  @Test
  void replace_longAfterTheSignIn_takesARecoveryCodeWhereThePhoneIsLost() {
    List<String> codes = server.bean(SecondFactor.class).renewRecoveryCodes(alice.id());
    server.clock().pass(Duration.ofMinutes(6));
    HttpResponse<String> ask = browser.get("/account/authenticator");
    assertThat(ask.uri().getPath()).isEqualTo("/account/confirm");
    HttpResponse<String> form =
        browser.press(ask, "confirm-recovery", "recovery-code", codes.getFirst());
    assertThat(form.uri().getPath()).isEqualTo("/account/authenticator");
    assertThat(form.body()).doesNotContain(codes.getLast());
  }
}
