package dev.sallyport.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.session.Sessions;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sign-in through a provider, over HTTP: what reaches an account, and what must not. */
class FederationTest {

  @TempDir Path data;
  private ProviderBeside provider;
  private RunningServer server;
  private Browser browser;

  @BeforeEach
  void start() throws Exception {
    provider = new ProviderBeside();
    int port = freePort();
    String[] settings = Arrays.copyOf(provider.settings(), 7);
    settings[5] = "--server.port=" + port;
    settings[6] = "--sallyport.issuer=http://localhost:" + port;
    server = RunningServer.start(data, settings);
    browser = new Browser(port);
  }

  @AfterEach
  void stop() {
    server.close();
    provider.close();
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Account link(String username) throws Exception {
    authenticator = browser.signInAsDemoPerson(username, data, server.clock());
    HttpResponse<String> confirm = browser.press("/account", "link-acme");
    assertThat(confirm.uri().getPath()).isEqualTo("/account/link");
    HttpResponse<String> account = browser.press(confirm, "confirm-link");
    assertThat(Browser.text(account, "notice").orElseThrow()).contains("linked");
    return server.bean(Accounts.class).byUsername(username).orElseThrow();
  }

  private Authenticator authenticator = new Authenticator("AAAA");

  @Test
  void signIn_unlinkedIdentity_reachesNoAccountEvenWithTheSameAddress() {
    HttpResponse<String> page = browser.get("/login/with/acme");
    assertThat(page.uri().getPath()).isEqualTo("/login/unknown-identity");
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(server.jdbc().queryForObject("select count(*) from sign_in_session", Integer.class))
        .isZero();
    assertThat(server.jdbc().queryForObject("select count(*) from account", Integer.class))
        .isEqualTo(6);
  }

  @Test
  void signIn_linkedIdentity_stillNeedsOurSecondFactor() throws Exception {
    Account alice = link("alice");
    Browser other = new Browser(server.port());
    HttpResponse<String> code = other.get("/login/with/acme");
    assertThat(code.uri().getPath()).isEqualTo("/login/code");
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/login");
    server.clock().pass(Duration.ofSeconds(30));
    HttpResponse<String> in =
        other.press("/login/code", "verify", "code", authenticator.code(server.clock().instant()));
    assertThat(Browser.text(in, "account-name")).contains("Alice Adler");
    assertThat(server.bean(Sessions.class).ofAccount(alice.id()).getFirst().amr())
        .containsExactly("fed", "otp", "mfa");
  }

  @Test
  void link_withoutConfirmation_isNotMade() throws Exception {
    browser.signInAsDemoPerson("alice", data, server.clock());
    browser.press("/account", "link-acme");
    Account alice = server.bean(Accounts.class).byUsername("alice").orElseThrow();
    assertThat(server.bean(Federation.class).ofAccount(alice.id())).isEmpty();
    assertThat(new Browser(server.port()).get("/login/with/acme").uri().getPath())
        .isEqualTo("/login/unknown-identity");
    // whoever began it stays signed in: the provider's word replaced nothing
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/account");
  }

  @Test
  void link_returnWithoutHavingBegun_isNoLink() throws Exception {
    browser.signInAsDemoPerson("alice", data, server.clock());
    assertThat(browser.get("/login/with/acme").uri().getPath())
        .isEqualTo("/login/unknown-identity");
    assertThat(browser.get("/account/link").uri().getPath()).isEqualTo("/account");
  }

  @Test
  void signIn_spoiltIdToken_isRefused() throws Exception {
    link("alice");
    Map<String, UnaryOperator<JWTClaimsSet.Builder>> spoilt =
        Map.of(
            "issuer", claims -> claims.issuer("https://evil.example"),
            "audience", claims -> claims.audience("another"),
            "nonce", claims -> claims.claim("nonce", "another"),
            "no nonce", claims -> claims.claim("nonce", null),
            "expired", claims -> claims.expirationTime(Date.from(Instant.EPOCH)),
            "audiences", claims -> claims.audience(List.of("sallyport", "another")));
    spoilt.forEach(
        (what, spoil) -> {
          provider.spoil = spoil;
          assertRefused(what);
        });
    provider.spoil = UnaryOperator.identity();
    provider.signWithAnotherKey = true;
    assertRefused("key");
    provider.signWithAnotherKey = false;
    assertThat(new Browser(server.port()).get("/login/with/acme").uri().getPath())
        .isEqualTo("/login/code");
  }

  private void assertRefused(String what) {
    HttpResponse<String> page = new Browser(server.port()).get("/login/with/acme");
    assertThat(page.uri().toString()).as(what).endsWith("/login?provider");
    assertThat(Browser.text(page, "error")).as(what).isPresent();
  }

  @Test
  void signIn_callbackOfAnotherBrowser_isRefused() {
    HttpResponse<String> page =
        browser.get("/login/oauth2/code/acme?code=code0&state=" + "A".repeat(43));
    assertThat(page.uri().toString()).endsWith("/login?provider");
  }

  @Test
  void signIn_metadataTooLarge_saysThatItCannotBeReached() {
    provider.padding = "x".repeat(300_000);
    assertThat(browser.get("/login/with/acme").statusCode()).isEqualTo(503);
    provider.padding = "";
    assertThat(browser.get("/login/with/acme").uri().getPath())
        .isEqualTo("/login/unknown-identity");
  }

  @Test
  void signIn_unknownProvider_isNotFound() {
    assertThat(browser.get("/login/with/nobody").statusCode()).isEqualTo(404);
    assertThat(browser.get("/oauth2/authorization/nobody").statusCode()).isBetween(400, 500);
  }
}
