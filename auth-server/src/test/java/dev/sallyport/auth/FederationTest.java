package dev.sallyport.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.IdentityProvider;
import dev.sallyport.auth.federation.ProviderDocument;
import dev.sallyport.auth.federation.Providers;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Sign-in through a provider, over HTTP: what reaches an account, and what must not. */
class FederationTest {

  @TempDir static Path data;
  private static ProviderBeside provider;
  private static RunningServer server;
  private static Snapshot fresh;
  private Browser browser;

  @BeforeAll
  static void start() throws Exception {
    provider = new ProviderBeside();
    int port = freePort();
    String[] settings = Arrays.copyOf(provider.settings(), 7);
    settings[5] = "--server.port=" + port;
    settings[6] = "--sallyport.issuer=http://localhost:" + port;
    server = RunningServer.start(data, settings);
    provider.clock = server.clock();
    fresh = Snapshot.of(server);
  }

  @BeforeEach
  void begin() {
    fresh.restore(server);
    provider.reset();
    // what the server knows of providers is asked for anew
    server.clock().pass(Duration.ofHours(2));
    browser = new Browser(server.port());
  }

  @AfterAll
  static void stop() {
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
  void link_inABrowserThatWasLeftOpen_asksForAFactorFirst() throws Exception {
    browser.signInAsDemoPerson("alice", data, server.clock());
    server.clock().pass(Duration.ofMinutes(6));
    assertThat(browser.press("/account", "link-acme").uri().getPath())
        .isEqualTo("/account/confirm");
  }

  @Test
  void unlink_theOnlyWayIn_isRefused() {
    Account made = signedInWithCorp();
    String link = server.bean(Federation.class).ofAccount(made.id()).getFirst().id();
    HttpResponse<String> page = browser.press("/account", "unlink-" + link);
    assertThat(Browser.text(page, "error").orElseThrow()).contains("only way in");
    assertThat(server.bean(Federation.class).ofAccount(made.id())).hasSize(1);
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
    Map<String, UnaryOperator<JWTClaimsSet.Builder>> spoilt = new HashMap<>();
    spoilt.put("issuer", claims -> claims.issuer("https://evil.example"));
    spoilt.put("audience", claims -> claims.audience("another"));
    spoilt.put("nonce", claims -> claims.claim("nonce", "another"));
    spoilt.put("no nonce", claims -> claims.claim("nonce", null));
    spoilt.put("expired", claims -> claims.expirationTime(Date.from(Instant.EPOCH)));
    spoilt.put("audiences", claims -> claims.audience(List.of("sallyport", "another")));
    spoilt.put("party", claims -> claims.claim("azp", "another"));
    spoilt.put("at_hash", claims -> claims.claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"));
    spoilt.put(
        "future",
        claims -> claims.issueTime(Date.from(server.clock().instant().plusSeconds(3600))));
    spoilt.put("no expiry", claims -> claims.expirationTime(null));
    spoilt.put("no subject", claims -> claims.subject(null));
    spoilt.put("event", claims -> claims.claim("events", Map.of("x", Map.of())));
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
    // one that no other test has asked for: what was learnt of the others is good for a while
    create(corp(Map.of("id", "huge")));
    provider.padding = "x".repeat(300_000);
    assertThat(browser.get("/login/with/huge").statusCode()).isEqualTo(503);
    provider.padding = "";
    // one that is away is left alone for a while
    server.clock().pass(Duration.ofSeconds(6));
    assertThat(browser.get("/login/with/huge").uri().getPath())
        .isEqualTo("/login/unknown-identity");
  }

  @Test
  void signIn_unknownProvider_isNotFound() {
    assertThat(browser.get("/login/with/nobody").statusCode()).isEqualTo(404);
    HttpResponse<String> refused = browser.get("/oauth2/authorization/nobody");
    assertThat(refused.statusCode()).isEqualTo(200);
    assertThat(refused.uri().toString()).endsWith("/login?provider");
  }

  // what an admin says of a provider

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private IdentityProvider read(Map<String, Object> document) {
    ProviderDocument.Reading reading = ProviderDocument.read(JSON.valueToTree(document));
    assertThat(reading).isInstanceOf(ProviderDocument.Reading.Read.class);
    return ((ProviderDocument.Reading.Read) reading).provider();
  }

  private Map<String, Object> corp(Map<String, Object> more) {
    Map<String, Object> document =
        new HashMap<>(
            Map.of(
                "id", "corp",
                "name", "Corp",
                "protocol", "oidc",
                "issuer", provider.issuer(),
                "client_id", "sallyport",
                "client_secret", "0123456789abcdef0123456789abcdef"));
    document.putAll(more);
    return document;
  }

  private void create(Map<String, Object> document) {
    assertThat(server.bean(Providers.class).create(read(document), Actor.system()))
        .isInstanceOf(Providers.Change.Done.class);
  }

  private void replace(Map<String, Object> document) {
    assertThat(server.bean(Providers.class).replace(read(document), true, null, Actor.system()))
        .isInstanceOf(Providers.Change.Done.class);
  }

  private static final Map<String, Object> OPEN =
      Map.of("create", true, "email_domains", List.of("acme.example"));

  private void verified(String email) {
    provider.spoil =
        claims ->
            claims
                .claim("email", email)
                .claim("email_verified", true)
                .claim("preferred_username", "Bobby Tables!")
                .claim("sid", "up-1")
                .claim("groups", List.of("ops", "staff"));
  }

  private Account newest() {
    String id =
        server
            .jdbc()
            .queryForObject(
                "select account_id from federated_identity order by linked_at desc, id desc"
                    + " fetch first 1 rows only",
                String.class);
    return server.bean(Accounts.class).byId(Objects.requireNonNull(id)).orElseThrow();
  }

  @Test
  void admin_describesAProvider_andPeopleMayUseItAtOnce() {
    assertThat(Browser.text(browser.get("/login"), "idp-corp").isPresent()).isFalse();
    create(corp(Map.of()));
    assertThat(Browser.text(browser.get("/login"), "idp-corp").isPresent()).isTrue();
    assertThat(browser.get("/login/with/corp").uri().getPath())
        .isEqualTo("/login/unknown-identity");
    replace(corp(Map.of("enabled", false)));
    assertThat(browser.get("/login/with/corp").statusCode()).isEqualTo(404);
    assertThat(browser.get("/oauth2/authorization/corp").uri().toString())
        .endsWith("/login?provider");
  }

  @Test
  void secret_isSealed_andNotShown() {
    create(corp(Map.of()));
    assertThat(
            server
                .jdbc()
                .queryForMap("select document, sealed_secret from identity_provider")
                .toString())
        .doesNotContain("0123456789abcdef");
    assertThat(ProviderDocument.shown(server.bean(Providers.class).find("corp").orElseThrow()))
        .containsEntry("client_secret_set", true)
        .doesNotContainKey("client_secret");
  }

  @Test
  void secret_isNotSentElsewhere_thanItWasGivenFor() {
    create(corp(Map.of()));
    Map<String, Object> elsewhere = corp(Map.of("issuer", "https://evil.example"));
    elsewhere.remove("client_secret");
    assertThat(server.bean(Providers.class).replace(read(elsewhere), false, null, Actor.system()))
        .isInstanceOf(Providers.Change.SecretMissing.class);
    Map<String, Object> renamed = corp(Map.of("name", "The corp"));
    renamed.remove("client_secret");
    assertThat(server.bean(Providers.class).replace(read(renamed), false, null, Actor.system()))
        .isInstanceOf(Providers.Change.Done.class);
    assertThat(server.bean(Providers.class).find("corp").orElseThrow().clientSecret())
        .startsWith("0123");
  }

  @Test
  void newAccount_isMadeForThoseOfTheDomain_andForNobodyElse() {
    create(corp(Map.of("new_accounts", OPEN)));
    verified("bobby@evil.example");
    assertThat(browser.get("/login/with/corp").uri().getPath())
        .isEqualTo("/login/unknown-identity");
    verified("bobby@acme.example");
    UnaryOperator<JWTClaimsSet.Builder> good = provider.spoil;
    provider.spoil = claims -> good.apply(claims).claim("email_verified", false);
    assertThat(browser.get("/login/with/corp").uri().getPath())
        .isEqualTo("/login/unknown-identity");
    verified("Bobby@ACME.example");
    // our second factor is asked for: the provider's word counts for one only
    assertThat(browser.get("/login/with/corp").uri().getPath()).isEqualTo("/login/enrol");
    Account made = newest();
    assertThat(made.username()).isEqualTo("bobbytables");
    assertThat(made.email()).isEqualTo("bobby@acme.example");
    assertThat(made.emailVerified()).isTrue();
    assertThat(made.roles()).isEmpty();
    // the same one again: the same account
    new Browser(server.port()).get("/login/with/corp");
    assertThat(server.jdbc().queryForObject("select count(*) from account", Integer.class))
        .isEqualTo(7);
    // another of that name: another account
    server.clock().pass(Duration.ofSeconds(1));
    provider.subject = "second";
    verified("bobby2@acme.example");
    new Browser(server.port()).get("/login/with/corp");
    assertThat(newest().username()).matches("bobbytables-[a-z0-9]{4}");
  }

  @Test
  void newAccount_neverTakesOver_oneWithTheSameAddress() {
    Account alice = server.bean(Accounts.class).byUsername("alice").orElseThrow();
    create(
        corp(
            Map.of(
                "new_accounts",
                Map.of("create", true, "email_domains", List.of("sallyport.example")))));
    verified(Objects.requireNonNull(alice.email()));
    HttpResponse<String> page = browser.get("/login/with/corp");
    assertThat(page.uri().toString()).endsWith("/login/unknown-identity?taken");
    assertThat(server.jdbc().queryForObject("select count(*) from account", Integer.class))
        .isEqualTo(6);
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
  }

  @Test
  void secondFactor_ofTheProvider_countsWhereAnAdminSaysSo() {
    create(
        corp(
            Map.of(
                "new_accounts", OPEN,
                "acr_values", List.of("phr"),
                "second_factor", Map.of("amr", List.of("otp"), "acr", List.of("phr")))));
    verified("bobby@acme.example");
    // `mfa`, which it sends, is not what the admin named
    assertThat(browser.get("/login/with/corp").uri().getPath()).isEqualTo("/login/enrol");
    assertThat(provider.asked).containsEntry("acr_values", "phr");
    UnaryOperator<JWTClaimsSet.Builder> before = provider.spoil;
    provider.spoil = claims -> before.apply(claims).claim("amr", List.of("pwd", "otp"));
    Browser other = new Browser(server.port());
    HttpResponse<String> in = other.get("/login/with/corp");
    assertThat(in.uri().getPath()).isEqualTo("/account");
    assertThat(server.bean(Sessions.class).ofAccount(newest().id()).getFirst().amr())
        .containsExactly("fed", "mfa");
    provider.spoil = claims -> before.apply(claims).claim("amr", null).claim("acr", "phr");
    assertThat(new Browser(server.port()).get("/login/with/corp").uri().getPath())
        .isEqualTo("/account");
  }

  private static final Map<String, Object> TRUSTED =
      Map.of("amr", List.of("mfa"), "acr", List.of());

  @Test
  void claims_giveRolesAndGroups_andTakeBackWhatTheyGave() {
    create(
        corp(
            Map.of(
                "new_accounts", OPEN,
                "second_factor", TRUSTED,
                "claim_rules",
                    List.of(
                        Map.of("claim", "groups", "value", "ops", "roles", List.of("moderator")),
                        Map.of("claim", "/realm/0", "value", "1", "groups", List.of("one")),
                        Map.of("claim", "groups", "value", "staff", "groups", List.of("staff"))))));
    verified("bobby@acme.example");
    browser.get("/login/with/corp");
    Accounts accounts = server.bean(Accounts.class);
    Account made = newest();
    assertThat(made.roles()).containsExactly("moderator");
    assertThat(made.groups()).containsExactly("staff");
    // an admin adds some; the provider no longer claims `ops`
    accounts.changeClaims(
        made.id(), Set.of("moderator", "user"), Set.of("staff", "choir"), Map.of(), "admin");
    UnaryOperator<JWTClaimsSet.Builder> before = provider.spoil;
    provider.spoil =
        claims -> before.apply(claims).claim("groups", "staff").claim("realm", List.of(1));
    new Browser(server.port()).get("/login/with/corp");
    assertThat(accounts.byId(made.id()).orElseThrow().roles()).containsExactly("user");
    assertThat(accounts.byId(made.id()).orElseThrow().groups())
        .containsExactlyInAnyOrder("staff", "choir", "one");
    // the provider is forgotten, and what it gave with it
    server.bean(Providers.class).remove("corp", null, Actor.system());
    assertThat(accounts.byId(made.id()).orElseThrow().groups()).containsExactly("choir");
    assertThat(server.bean(Federation.class).ofAccount(made.id())).isEmpty();
    assertThat(server.bean(Sessions.class).ofAccount(made.id())).isEmpty();
  }

  @Test
  void claims_giveWhatWasThere_andLeaveIt() throws Exception {
    create(
        corp(
            Map.of(
                "second_factor",
                TRUSTED,
                "claim_rules",
                List.of(Map.of("claim", "groups", "value", "ops", "roles", List.of("user"))))));
    browser.signInAsDemoPerson("alice", data, server.clock());
    browser.press(browser.press("/account", "link-corp"), "confirm-link");
    Account alice = server.bean(Accounts.class).byUsername("alice").orElseThrow();
    assertThat(alice.roles()).contains("user");
    verified("x@acme.example");
    new Browser(server.port()).get("/login/with/corp");
    provider.spoil = UnaryOperator.identity();
    new Browser(server.port()).get("/login/with/corp");
    assertThat(server.bean(Accounts.class).byId(alice.id()).orElseThrow().roles())
        .isEqualTo(alice.roles());
  }

  @Test
  void oauth2_signsInByItsApi() {
    String base = provider.issuer();
    create(
        new HashMap<>(
            Map.of(
                "id",
                "forge",
                "name",
                "Forge",
                "protocol",
                "oauth2",
                "authorization_endpoint",
                base + "/authorize",
                "token_endpoint",
                base + "/token",
                "userinfo_endpoint",
                base + "/api/user",
                "email_endpoint",
                base + "/api/emails",
                "client_id",
                "sallyport",
                "client_secret",
                "0123456789abcdef0123456789abcdef",
                "new_accounts",
                OPEN)));
    provider.emails =
        "[{\"email\":\"other@acme.example\",\"primary\":false,\"verified\":true},"
            + "{\"email\":\"bobby@acme.example\",\"primary\":true,\"verified\":false}]";
    assertThat(browser.get("/login/with/forge").uri().getPath())
        .isEqualTo("/login/unknown-identity");
    provider.emails = provider.emails.replace("false}", "true}");
    assertThat(browser.get("/login/with/forge").uri().getPath()).isEqualTo("/login/enrol");
    assertThat(provider.asked).containsEntry("code_challenge_method", "S256");
    assertThat(newest().username()).isEqualTo("bobby.t");
    assertThat(newest().displayName()).isEqualTo("Bobby Tables");
    assertThat(server.jdbc().queryForList("select subject from federated_identity", String.class))
        .containsExactly("4711");
    provider.user = "{\"login\":\"bobby\"}";
    assertThat(new Browser(server.port()).get("/login/with/forge").uri().toString())
        .endsWith("/login?provider");
  }

  @Test
  void answer_ofAnotherIssuer_isRefused() {
    provider.named = provider.issuer();
    assertThat(browser.get("/login/with/acme").uri().getPath())
        .isEqualTo("/login/unknown-identity");
    provider.named = "https://evil.example";
    assertRefused("another");
  }

  @Test
  void answer_withoutTheIssuerThatIsAlwaysThere_isRefused() {
    provider.saysThatItNamesItself = true;
    assertRefused("none");
    provider.named = provider.issuer();
    assertThat(new Browser(server.port()).get("/login/with/acme").uri().getPath())
        .isEqualTo("/login/unknown-identity");
  }

  // sign-outs there

  private Account signedInWithCorp() {
    create(corp(Map.of("new_accounts", OPEN, "second_factor", TRUSTED)));
    verified("bobby@acme.example");
    assertThat(browser.get("/login/with/corp").uri().getPath()).isEqualTo("/account");
    return newest();
  }

  private int logout(String token) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://localhost:" + server.port() + "/login/backchannel/corp"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString("logout_token=" + token))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  @Test
  void logout_bySubject_endsTheSessionOnce() throws Exception {
    Account made = signedInWithCorp();
    String token = provider.logoutToken(UnaryOperator.identity());
    assertThat(logout(token)).isEqualTo(200);
    assertThat(server.bean(Sessions.class).ofAccount(made.id())).isEmpty();
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(
            server
                .jdbc()
                .queryForList(
                    "select type from security_event where subject = ? order by id desc"
                        + " fetch first 2 rows only",
                    String.class,
                    made.id()))
        .containsExactlyInAnyOrder("provider-logout", "session-revoked");
    // replayed after the next sign-in, it ends nothing
    server.clock().pass(Duration.ofSeconds(5));
    assertThat(new Browser(server.port()).get("/login/with/corp").uri().getPath())
        .isEqualTo("/account");
    assertThat(logout(token)).isEqualTo(400);
    assertThat(server.bean(Sessions.class).ofAccount(made.id())).hasSize(1);
  }

  @Test
  void logout_bySid_endsThatSessionAlone() throws Exception {
    Account made = signedInWithCorp();
    UnaryOperator<JWTClaimsSet.Builder> before = provider.spoil;
    provider.spoil = claims -> before.apply(claims).claim("sid", "up-2");
    Browser other = new Browser(server.port());
    other.get("/login/with/corp");
    assertThat(server.bean(Sessions.class).ofAccount(made.id())).hasSize(2);
    assertThat(logout(provider.logoutToken(claims -> claims.subject(null).claim("sid", "up-1"))))
        .isEqualTo(200);
    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/account");
    // of another subject, with this session's name: nothing
    assertThat(logout(provider.logoutToken(claims -> claims.subject("x").claim("sid", "up-2"))))
        .isEqualTo(200);
    assertThat(other.get("/account").uri().getPath()).isEqualTo("/account");
  }

  @Test
  void logout_spoiltToken_endsNothing() throws Exception {
    Account made = signedInWithCorp();
    Map<String, UnaryOperator<JWTClaimsSet.Builder>> spoilt = new HashMap<>();
    spoilt.put("issuer", claims -> claims.issuer("https://evil.example"));
    spoilt.put("audience", claims -> claims.audience("another"));
    spoilt.put("nonce", claims -> claims.claim("nonce", "n"));
    spoilt.put("no events", claims -> claims.claim("events", null));
    spoilt.put("other event", claims -> claims.claim("events", Map.of("x", Map.of())));
    spoilt.put("no jti", claims -> claims.jwtID(null));
    spoilt.put("no iat", claims -> claims.issueTime(null));
    spoilt.put("old", claims -> claims.issueTime(Date.from(Instant.EPOCH)));
    spoilt.put("expired", claims -> claims.expirationTime(Date.from(Instant.EPOCH)));
    spoilt.put("nobody", claims -> claims.subject(null));
    for (Map.Entry<String, UnaryOperator<JWTClaimsSet.Builder>> one : spoilt.entrySet()) {
      assertThat(logout(provider.logoutToken(one.getValue()))).as(one.getKey()).isEqualTo(400);
    }
    assertThat(logout(provider.logoutToken("at+jwt", UnaryOperator.identity()))).isEqualTo(400);
    assertThat(logout("e30.e30.AAAA")).isEqualTo(400);
    assertThat(logout("")).isEqualTo(400);
    provider.signWithAnotherKey = true;
    assertThat(logout(provider.logoutToken(UnaryOperator.identity()))).isEqualTo(400);
    assertThat(server.bean(Sessions.class).ofAccount(made.id())).hasSize(1);
  }

  @Test
  void logout_whileASignInIsUnderWay_endsIt() throws Exception {
    create(corp(Map.of("new_accounts", OPEN)));
    verified("bobby@acme.example");
    HttpResponse<String> enrol = browser.get("/login/with/corp");
    assertThat(enrol.uri().getPath()).isEqualTo("/login/enrol");
    assertThat(logout(provider.logoutToken(UnaryOperator.identity()))).isEqualTo(200);
    Authenticator app = new Authenticator(Browser.text(enrol, "totp-secret").orElseThrow());
    HttpResponse<String> codes =
        browser.press(enrol, "enrol", "code", app.code(server.clock().instant()));
    assertThat(browser.press(codes, "continue").uri().getPath()).isEqualTo("/login");
    assertThat(server.jdbc().queryForObject("select count(*) from sign_in_session", Integer.class))
        .isZero();
  }

  @Test
  void logoutEndpoint_garbage_isRefused() throws Exception {
    create(corp(Map.of()));
    long seed = new SecureRandom().nextLong();
    Random random = new Random(seed);
    String good = provider.logoutToken(UnaryOperator.identity());
    for (int i = 0; i < 200; i++) {
      StringBuilder token = new StringBuilder(good);
      for (int j = random.nextInt(4); j >= 0; j--) {
        char c = "AZaz09_-.".charAt(random.nextInt(9));
        int at = random.nextInt(token.length());
        switch (random.nextInt(3)) {
          case 0 -> token.setCharAt(at, c);
          case 1 -> token.insert(at, c);
          default -> token.setLength(Math.max(1, at));
        }
      }
      if (!token.toString().equals(good)) {
        assertThat(logout(token.toString())).as("seed %d: %s", seed, token).isEqualTo(400);
      }
    }
  }
}
