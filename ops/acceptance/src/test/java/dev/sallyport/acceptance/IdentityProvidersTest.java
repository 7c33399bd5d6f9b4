package dev.sallyport.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.acceptance.client.ChatClient;
import dev.sallyport.client.Api;
import dev.sallyport.client.OidcClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Two identity providers that are not ours, running beside: Keycloak and npm oidc-provider. An
 * admin describes them while the server runs; people whom nobody here knew sign in, with the second
 * factor that they showed there and the roles that they have there; and sign out there.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class IdentityProvidersTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final Sallyport sallyport = new Sallyport();
  private final int opPort = Sallyport.freePort();
  private Browser browser;
  private NodeProcess op;
  private Keycloak keycloak;
  private ChatClient adminClient;
  private Api admin;

  @BeforeAll
  void start() {
    NodeModules.install();
    Report.heading("Identity providers of others");
    keycloak = new Keycloak(redirectUri("corp"), logoutUri("corp"));
    sallyport.startAuthServer();
    op =
        new NodeProcess(
            "provider",
            "provider.mjs",
            Map.of(
                "IDP_PORT", String.valueOf(opPort),
                "IDP_CLIENT_ID", Sallyport.IDP_CLIENT,
                "IDP_CLIENT_SECRET", Sallyport.IDP_SECRET,
                "IDP_REDIRECT_URI", redirectUri("op"),
                "IDP_LOGOUT_URI", logoutUri("op")));
    op.event("ready", ServerProcess.START_MAX);
    browser = new Browser();
    sallyport.awaitHealthy();
    admin();
    long begun = System.nanoTime();
    keycloak.awaitReady();
    Report.step(
        "Keycloak is ready, %s after everything else",
        Report.millis(Duration.ofNanos(System.nanoTime() - begun)));
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable each : new AutoCloseable[] {adminClient, browser, op, keycloak, sallyport}) {
      if (each != null) {
        each.close();
      }
    }
  }

  private String redirectUri(String idp) {
    return sallyport.issuer() + "/login/oauth2/code/" + idp;
  }

  private String logoutUri(String idp) {
    return sallyport.issuer() + "/login/backchannel/" + idp;
  }

  private void admin() {
    var person =
        new Person("demo-admin", sallyport.demoPassword("demo-admin"), browser.of("demo-admin"));
    adminClient = new ChatClient(sallyport.issuer(), sallyport.gatewayUrl(), Sallyport.CLIENT_ID);
    try (OidcClient.SignIn signIn = adminClient.oidc().begin("openid offline_access admin")) {
      person.signIn(signIn.authorizationUri().toString());
      adminClient.signedIn(signIn.finish(SOON));
    }
    admin = adminClient.authApi();
  }

  private Map<String, Object> accountOf(String username) {
    return admin
        .get("/v1/admin/accounts?username=" + username)
        .orThrow()
        .list("accounts")
        .getFirst();
  }

  private List<Map<String, Object>> sessionsOf(String username) {
    return admin
        .get("/v1/admin/accounts/" + accountOf(username).get("id") + "/sessions")
        .orThrow()
        .list("sessions");
  }

  private void describe(Map<String, Object> more) {
    var document = new HashMap<String, Object>(more);
    document.put("protocol", "oidc");
    var made = admin.post("/v1/admin/identity-providers", document).orThrow();
    assertEquals(redirectUri(made.text("id")), made.text("redirect_uri"));
    assertEquals(logoutUri(made.text("id")), made.text("backchannel_logout_uri"));
    assertEquals(
        "true",
        admin
            .call("POST", "/v1/admin/identity-providers/" + made.text("id") + "/check", Map.of())
            .orThrow()
            .text("usable"));
  }

  private void awaitSignedOut(String username, Browser.Tab tab) {
    Wait.until(username + " is signed out", SOON, () -> sessionsOf(username).isEmpty());
    assertTrue(tab.open(sallyport.issuer() + "/account").shows("sign-in"));
  }

  private Browser.Page atKeycloak(Browser.Tab tab) {
    tab.open(sallyport.issuer() + "/login");
    tab.click("idp-corp");
    tab.fillSelector("#username", Keycloak.USER).fillSelector("#password", Keycloak.PASSWORD);
    return tab.clickSelector("#kc-login");
  }

  @Test
  @Order(1)
  void keycloak_newPerson_comesWithFactorAndRole() {
    describe(
        Map.of(
            "id", "corp",
            "name", "Corp",
            "issuer", keycloak.issuer(),
            "client_id", Keycloak.CLIENT,
            "client_secret", Keycloak.SECRET,
            "acr_values", List.of("gold"),
            "second_factor", Map.of("acr", List.of("gold")),
            "new_accounts", Map.of("create", true, "email_domains", List.of("corp.example")),
            "claim_rules",
                List.of(
                    Map.of(
                        "claim", "/realm_access/roles",
                        "value", "chat-moderator",
                        "roles", List.of("moderator")))));
    var page = atKeycloak(browser.of("kim"));
    assertTrue(page.shows("account-name"), page::toString);
    assertEquals(List.of("moderator"), accountOf("kim").get("roles"));
    assertEquals("kim@corp.example", accountOf("kim").get("email"));
    assertEquals(List.of("fed", "mfa"), sessionsOf("kim").getFirst().get("amr"));
    Report.step("Keycloak: someone new signs in, with the second factor and the role of there");
  }

  @Test
  @Order(2)
  void keycloak_roleTakenThere_isGoneHereAtTheNextSignIn() {
    keycloak.takeRole();
    var tab = browser.of("kim again");
    var page = atKeycloak(tab);
    assertTrue(page.shows("account-name"), page::toString);
    assertEquals(List.of(), accountOf("kim").get("roles"));
    Report.step("Keycloak: a role that is taken there is gone at the next sign-in");
  }

  @Test
  @Order(3)
  void keycloak_signOutThere_endsTheSessionsHere() {
    assertEquals(2, sessionsOf("kim").size());
    keycloak.signOutUser();
    awaitSignedOut("kim", browser.of("kim"));
    Report.step("Keycloak: a sign-out there ends both sessions here");
  }

  private Browser.Page atProvider(Browser.Tab tab, String login, String amr) {
    tab.open(sallyport.issuer() + "/login");
    tab.click("idp-op");
    tab.fillSelector("input[name=login]", login).fillSelector("input[name=amr]", amr);
    return tab.clickSelector("button");
  }

  @Test
  @Order(4)
  void oidcProvider_secondFactorByAmr_andGroupsByUserInfo() {
    describe(
        Map.of(
            "id",
            "op",
            "name",
            "Op",
            "issuer",
            "http://localhost:" + opPort,
            "client_id",
            Sallyport.IDP_CLIENT,
            "client_secret",
            Sallyport.IDP_SECRET,
            "use_userinfo",
            true,
            "second_factor",
            Map.of("amr", List.of("otp")),
            "new_accounts",
            Map.of("create", true, "email_domains", List.of("op.example")),
            "claim_rules",
            List.of(Map.of("claim", "groups", "value", "choir", "groups", List.of("choir")))));
    op.call("groups", Map.of("login", "olga", "names", List.of("choir")));
    var oneFactor = atProvider(browser.of("olga with one"), "olga", "pwd");
    assertTrue(oneFactor.shows("enrol"), oneFactor::toString);
    var page = atProvider(browser.of("olga"), "olga", "pwd otp");
    assertTrue(page.shows("account-name"), page::toString);
    assertEquals(List.of("choir"), accountOf("olga").get("groups"));
    assertEquals(List.of("fed", "mfa"), sessionsOf("olga").getFirst().get("amr"));
    Report.step("oidc-provider: the second factor counts where it was shown there");
  }

  @Test
  @Order(5)
  void oidcProvider_signOutThere_endsTheSessionHere() {
    var tab = browser.of("olga");
    tab.open("http://localhost:" + opPort + "/session/end");
    tab.clickSelector("button[name=logout]");
    awaitSignedOut("olga", tab);
    Report.step("oidc-provider: a sign-out there ends the session here");
  }
}
