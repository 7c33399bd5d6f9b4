package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.ProviderIdentity;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An account closed for good. */
class CloseAccountTest {

  @TempDir Path data;
  private RunningServer server;
  private Browser browser;

  @BeforeEach
  void start() {
    server = RunningServer.start(data);
    browser = new Browser(server.port());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void close_byItsOwner_leavesTheIdAndNothingThatSaysWhoItWas() throws Exception {
    browser.signInAsDemoPerson("bob", data, server.clock());
    Accounts accounts = server.bean(Accounts.class);
    Account bob = accounts.byUsername("bob").orElseThrow();
    accounts.changeClaims(
        bob.id(), Set.of("user"), Set.of("chess-club"), Map.of("team", "brandt"), "admin");
    server
        .bean(Federation.class)
        .link(bob.id(), new ProviderIdentity("acme", "https://acme.example", "s-1", "bob-at-acme"));

    HttpResponse<String> wrong = browser.press("/account/close", "close", "username", "alice");
    assertThat(wrong.statusCode()).isEqualTo(422);
    assertThat(browser.press(wrong, "close", "username", "Bob").uri().getPath())
        .isEqualTo("/signed-out");
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(server.bean(Sessions.class).ofAccount(bob.id())).isEmpty();
    assertThat(
            Browser.text(
                browser.press(
                    "/login",
                    "sign-in",
                    "username",
                    "bob",
                    "password",
                    Browser.demoPassword("bob", data)),
                "error"))
        .contains("Wrong username or password.");

    Account closed = accounts.byId(bob.id()).orElseThrow();
    assertThat(closed.closed()).isTrue();
    assertThat(accounts.restore(bob.id(), "admin").orElseThrow().suspended()).isTrue();
    assertThat(accounts.close(bob.id(), Actor.admin("admin"))).isFalse();
    for (String table :
        List.of(
            "account",
            "account_role",
            "account_group",
            "password",
            "totp",
            "recovery_code",
            "federated_identity",
            "sign_in_session",
            "mail_link",
            "oauth_consent")) {
      List<Map<String, @Nullable Object>> rows =
          server.jdbc().queryForList("select * from " + table);
      assertThat(rows.toString().toLowerCase(Locale.ROOT))
          .as(table)
          .doesNotContain("bob", "brandt", "chess-club", "127.0.0.1, account_id=" + bob.id());
    }
    assertThat(
            server
                .jdbc()
                .queryForList(
                    "select type from security_event where subject = ? and type in"
                        + " ('account-closed', 'session-revoked') order by id",
                    String.class,
                    bob.id()))
        .containsExactly("session-revoked", "account-closed");
  }

  @Test
  void close_byAnAdministrator_isRefused() throws Exception {
    browser.signInAsDemoPerson("demo-admin", data, server.clock());
    assertThat(browser.press("/account/close", "close", "username", "demo-admin").statusCode())
        .isEqualTo(409);
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/account");
  }
}
