package dev.sallyport.auth.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Accounts;
import jakarta.servlet.RequestDispatcher;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.ui.ExtendedModelMap;

/** What the pages say, and that they go on saying it when they are opened again. */
class AccountAndLoginPagesTest {

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

  private static List<String> codes(HttpResponse<String> page) {
    return Pattern.compile("class=\"recovery-code\">([^<]*)<")
        .matcher(page.body())
        .results()
        .map(result -> result.group(1))
        .toList();
  }

  @Test
  void recoveryCodes_reloadedOrLeft_areShownUntilTheyAreKept() throws Exception {
    HttpResponse<String> enrol =
        browser.press(
            "/login",
            "sign-in",
            "username",
            "alice",
            "password",
            Browser.demoPassword("alice", data));
    Authenticator app = new Authenticator(Browser.text(enrol, "totp-secret").orElseThrow());
    HttpResponse<String> shown =
        browser.press(enrol, "enrol", "code", app.code(server.clock().instant()));
    List<String> codes = codes(shown);
    assertThat(codes).hasSize(10);

    assertThat(codes(browser.get(shown.uri().getPath()))).isEqualTo(codes);
    server.clock().pass(Duration.ofMinutes(9));
    assertThat(codes(browser.get("/account"))).isEqualTo(codes);
    byte[] kept =
        server
            .jdbc()
            .queryForObject(
                "select attribute_bytes from spring_session_attributes"
                    + " where attribute_name = 'sallyport.unkept-codes'",
                byte[].class);
    assertThat(new String(kept, ISO_8859_1)).doesNotContain(codes.getFirst());

    HttpResponse<String> account = browser.press("/login", "continue");
    assertThat(account.uri().getPath()).isEqualTo("/account");
    assertThat(codes(browser.get("/login/recovery-codes"))).isEmpty();
    assertThat(codes(browser.get("/account/recovery-codes"))).isEmpty();
  }

  @Test
  void recoveryCodes_renewed_areShownUntilTheyAreKept() throws Exception {
    Authenticator app = browser.signInAsDemoPerson("alice", data, server.clock());
    HttpResponse<String> wrong =
        browser.press("/account", "renew-recovery-codes", "code", "000000");
    assertThat(Browser.text(wrong, "error").orElseThrow()).startsWith("Wrong code.");
    assertThat(wrong.body()).contains("<details open");

    server.clock().pass(Duration.ofSeconds(30));
    HttpResponse<String> shown =
        browser.press(
            "/account", "renew-recovery-codes", "code", app.code(server.clock().instant()));
    assertThat(codes(shown)).hasSize(10);
    assertThat(codes(browser.get(shown.uri().getPath()))).isEqualTo(codes(shown));
    browser.press(shown, "continue");
    assertThat(codes(browser.get("/account/recovery-codes"))).isEmpty();
  }

  @Test
  void notices_areSaidOnceAndByNoLink() throws Exception {
    browser.signInAsDemoPerson("alice", data, server.clock());
    for (String link : List.of("linked", "ended", "taken", "expired")) {
      HttpResponse<String> page = browser.get("/account?" + link);
      assertThat(Browser.text(page, "notice")).as(link).isEmpty();
      assertThat(Browser.text(page, "error")).as(link).isEmpty();
    }
    Browser other = new Browser(server.port());
    server.clock().pass(Duration.ofSeconds(30));
    HttpResponse<String> ended =
        browser.post(
            "/account/sessions/end-others",
            Map.of(
                "_csrf",
                browser
                    .get("/account")
                    .body()
                    .replaceFirst("(?s).*name=\"_csrf\" value=\"([^\"]*)\".*", "$1")));
    assertThat(Browser.text(ended, "notice")).contains("All other sessions were ended.");
    assertThat(ended.uri().getQuery()).isNull();
    assertThat(Browser.text(browser.get("/account"), "notice")).isEmpty();

    browser.post("/account/sessions/end-others", Map.of());
    assertThat(Browser.text(browser.get("/account"), "error")).isEmpty();
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void login_whileSignedIn_saysWhoAndOffersBothWays() throws Exception {
    assertThat(browser.get("/login").body()).doesNotContain("id=\"already\"");
    browser.signInAsDemoPerson("alice", data, server.clock());
    HttpResponse<String> login = browser.get("/login");
    assertThat(login.body())
        .contains("You are signed in as", "Alice Adler", "href=\"/account\"", "someone else")
        .contains("id=\"sign-in\"");
  }

  @Test
  void notFound_leadsWhereOneMayGo() throws Exception {
    assertThat(browser.get("/nowhere").body())
        .contains("href=\"/login\"")
        .doesNotContain("href=\"/account\"");
    assertThat(browser.get("/login/with/nobody").body()).contains("href=\"/login\"");
    browser.signInAsDemoPerson("alice", data, server.clock());
    assertThat(browser.get("/nowhere").body())
        .contains("href=\"/account\"")
        .doesNotContain("href=\"/login\"");
    HttpResponse<String> post = browser.get("/login/of-nobody");
    assertThat(post.statusCode()).isEqualTo(404);
    assertThat(post.body()).contains("There is no such page");
  }

  @Test
  void tooManyRequests_saysWhenToComeBack() {
    MockHttpServletRequest request = new MockHttpServletRequest();
    request.setAttribute(RequestDispatcher.ERROR_STATUS_CODE, 429);
    MockHttpServletResponse response = new MockHttpServletResponse();
    response.setHeader("Retry-After", "90");
    ExtendedModelMap model = new ExtendedModelMap();
    server.bean(ErrorPages.class).page(request, response, model);
    assertThat(model.getAttribute("detail"))
        .isEqualTo("Too many came from your network at once. Please try again in 2 minutes.");
  }

  @Test
  void newPassword_saysHowLongBeforeItIsTyped() throws Exception {
    HttpResponse<String> page =
        browser.press(
            "/login",
            "sign-in",
            "username",
            "admin",
            "password",
            Files.readString(data.resolve("admin-password")).strip());
    assertThat(Browser.text(page, "length-min")).contains("At least 12 characters.");
  }

  @Test
  void sessions_tellApartAndSayWhenLastActive() throws Exception {
    browser.signInAsDemoPerson("alice", data, server.clock());
    String page = browser.get("/account").body();
    assertThat(page).contains("signed in <span>23 Nov 2026, 10:00:00 UTC</span>");
    assertThat(
            Pattern.compile("last active <span>[^<]+ UTC</span>")
                .matcher(page)
                .results()
                .map(MatchResult::group))
        .hasSize(1);
  }

  @Test
  void application_thatWasLetIn_isShownAndRemoved() throws Exception {
    browser.signInAsDemoPerson("alice", data, server.clock());
    assertThat(browser.get("/account").body()).doesNotContain("applications-title");
    String alice = server.bean(Accounts.class).byUsername("alice").orElseThrow().id();
    String bob = server.bean(Accounts.class).byUsername("bob").orElseThrow().id();
    for (String account : List.of(alice, bob)) {
      server
          .jdbc()
          .update(
              "insert into oauth_consent (client_id, principal_name, scopes) values (?, ?, ?)",
              "sallyport-demo",
              account,
              "openid profile chat.read");
    }
    HttpResponse<String> page = browser.get("/account");
    assertThat(page.body())
        .contains("Sallyport demo", "See your name · Receive your messages")
        .contains("data-client-id=\"sallyport-demo\"");
    String token = page.body().replaceFirst("(?s).*name=\"_csrf\" value=\"([^\"]*)\".*", "$1");
    HttpResponse<String> after =
        browser.post(
            "/account/applications/end", Map.of("_csrf", token, "client_id", "sallyport-demo"));
    assertThat(Browser.text(after, "notice").orElseThrow()).startsWith("The application has no");
    assertThat(after.body()).doesNotContain("applications-title");
    assertThat(server.jdbc().queryForList("select principal_name from oauth_consent", String.class))
        .containsExactly(bob);
  }

  @Test
  void changePassword_isFoundWhereManagersLook() throws Exception {
    browser.signInAsDemoPerson("alice", data, server.clock());
    HttpResponse<String> page = browser.get("/.well-known/change-password");
    assertThat(page.uri().getPath()).isEqualTo("/account/password");
  }
}
