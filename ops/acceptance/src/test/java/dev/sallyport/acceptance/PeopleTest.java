package dev.sallyport.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.acceptance.client.ChatClient;
import dev.sallyport.client.OidcClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The life of an account, in a real browser: invited, with a password, an authenticator app and a
 * passkey; the password forgotten; sessions ended; and someone who signs up without being invited,
 * with codes by e-mail. Every page is looked at on a phone and on a desk: none is wider than its
 * window. With {@code SALLYPORT_SCREENSHOTS=<folder>} the pictures are kept.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PeopleTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String FIRST = "emmentaler zonk 88 velo";
  private static final String SECOND = "gruyere plim 41 tandem";
  private static final @Nullable String PICTURES = System.getenv("SALLYPORT_SCREENSHOTS");

  private final Sallyport sallyport = new Sallyport();
  private Browser browser;
  private ChatClient adminClient;
  private Browser.Tab carol;
  private @Nullable Authenticator app;
  private int pictures;

  @BeforeAll
  void start() {
    NodeModules.install();
    Report.heading("People and factors");
    sallyport.startAuthServer(
        "--sallyport.sign-up.email-domains=example.org", "--sallyport.codes.email=true");
    browser = new Browser();
    carol = browser.of("carol");
    sallyport.awaitHealthy();
    var admin =
        new Person("demo-admin", sallyport.demoPassword("demo-admin"), browser.of("demo-admin"));
    adminClient = new ChatClient(sallyport.issuer(), sallyport.gatewayUrl(), Sallyport.CLIENT_ID);
    try (OidcClient.SignIn signIn = adminClient.oidc().begin("openid offline_access admin")) {
      admin.signIn(signIn.authorizationUri().toString());
      adminClient.signedIn(signIn.finish(SOON));
    }
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable each : new AutoCloseable[] {adminClient, browser, sallyport}) {
      if (each != null) {
        each.close();
      }
    }
  }

  private Authenticator app() {
    return java.util.Objects.requireNonNull(app, "no authenticator app is set up");
  }

  private void seen(Browser.Tab tab, String page) {
    pictures++;
    var name = PICTURES == null ? "" : "%s/%02d-%s".formatted(PICTURES, pictures, page);
    assertEquals(List.of(), tab.looks(name), () -> page + " is wider than its window");
  }

  private String url(String path) {
    return sallyport.issuer() + path;
  }

  /** The last mail to this address that holds this text, once it is there. */
  private String mail(String to, String text) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<String> found = mails(to, text).reduce((_, last) -> last);
      if (found.isPresent()) {
        return found.get();
      }
      Wait.pause();
    }
    throw new AssertionError("no mail to " + to + " with `" + text + "`");
  }

  private java.util.stream.Stream<String> mails(String to, String text) {
    try (var files = Files.list(sallyport.mail())) {
      return files
          .filter(file -> file.toString().endsWith(".txt"))
          .sorted()
          .map(PeopleTest::read)
          .filter(mail -> mail.startsWith("To: " + to + "\n") && mail.contains(text))
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String found(String regex, String text) {
    var matcher = Pattern.compile(regex, Pattern.MULTILINE).matcher(text);
    assertTrue(matcher.find(), text);
    return matcher.group();
  }

  private static String link(String mail) {
    return found("https?://\\S+token=\\S+", mail);
  }

  private Browser.Page choosePassword(Browser.Tab tab, String password) {
    return tab.fill("new-password", password).fill("repeat-password", password).click("change");
  }

  private Browser.Page password(Browser.Tab tab, String username, String password) {
    tab.open(url("/login"));
    return tab.fill("username", username).fill("password", password).click("sign-in");
  }

  @Test
  @Order(1)
  void invitation_leadsToAPasswordAnAppAndRecoveryCodes() {
    adminClient
        .authApi()
        .post(
            "/v1/admin/accounts",
            Map.of(
                "username", "carol",
                "display_name", "Carol Chu",
                "email", "carol@example.org",
                "roles", List.of("user"),
                "invite", true))
        .orThrow();
    carol.open(link(mail("carol@example.org", "Your account is ready")));
    seen(carol, "first-password");
    var login = choosePassword(carol, FIRST);
    assertTrue(login.shows("notice"), login::toString);
    seen(carol, "login");
    var enrol = password(carol, "carol", FIRST);
    assertTrue(enrol.shows("totp-qr"), enrol::toString);
    assertTrue(enrol.shows("use-sent-code"), "codes by e-mail are offered beside");
    seen(carol, "enrol");
    app = Authenticator.scan(carol.qrCode("totp-qr"));
    var codes = carol.fill("code", app().freshCode()).click("enrol");
    assertTrue(codes.shows("recovery-codes"), codes::toString);
    seen(carol, "recovery-codes");
    var account = carol.click("continue");
    assertTrue(account.shows("account-name"), account::toString);
    assertFalse(account.shows("gaps"), "nothing is missing");
    seen(carol, "account");
    Report.step("someone invited has a password, an authenticator app and recovery codes");
  }

  @Test
  @Order(2)
  void passkey_isAddedAndSignsInAlone() {
    carol.securityKey();
    carol.click("add-passkey");
    seen(carol, "passkey-add");
    var account = carol.fill("name", "My laptop").click("use-passkey");
    assertTrue(account.shows("notice"), account::toString);
    seen(carol, "account-with-passkey");
    carol.click("sign-out");
    seen(carol, "signed-out");
    carol.open(url("/login"));
    carol.click("sign-in-with-passkey");
    seen(carol, "passkey-use");
    assertTrue(carol.click("use-passkey").shows("account-name"));
    carol.click("sign-out");
    Report.step("the passkey alone signs in");
  }

  @Test
  @Order(3)
  void forgottenPassword_isReplacedByALinkInAMail_andTheSecondFactorStays() {
    carol.open(url("/login"));
    carol.click("forgotten");
    seen(carol, "forgotten");
    carol.fill("account", "carol@example.org").click("send-link");
    seen(carol, "forgotten-sent");
    carol.open(link(mail("carol@example.org", "asked for a new password")));
    seen(carol, "reset");
    choosePassword(carol, SECOND);
    var wrong = password(carol, "carol", FIRST);
    assertEquals("Wrong username or password.", wrong.error());
    seen(carol, "login-wrong");
    var code = password(carol, "carol", SECOND);
    assertTrue(code.shows("verify"), code::toString);
    assertFalse(code.shows("use-sent-code"), "there is something stronger");
    seen(carol, "code");
    carol.click("use-recovery");
    seen(carol, "recovery");
    carol.click("other-way");
    assertTrue(carol.fill("code", app().freshCode()).click("verify").shows("account-name"));
    mail("carol@example.org", "Your password was changed.");
    Report.step("a forgotten password is replaced, and the second factor stays");
  }

  @Test
  @Order(4)
  void sessions_areSeenAndEnded_oneOrAll() {
    var phone = browser.of("carols-phone");
    password(phone, "carol", SECOND);
    phone.fill("code", app().freshCode()).click("verify");
    mail("carol@example.org", "New sign-in to your account");
    var account = carol.open(url("/account"));
    assertTrue(account.shows("end-others"), account::toString);
    seen(carol, "account-two-sessions");
    carol.click("end-others");
    assertTrue(phone.open(url("/account")).shows("sign-in"), "signed out");
    var out = carol.click("end-all");
    assertTrue(out.url().endsWith("/signed-out"), out::toString);
    assertTrue(carol.open(url("/account")).shows("sign-in"));
    Report.step("sessions are ended, one or all");
  }

  @Test
  @Order(5)
  void signUp_fromTheAddressToAnAccountWithCodesByMail() {
    var dave = browser.of("dave");
    dave.open(url("/login"));
    dave.click("sign-up");
    seen(dave, "sign-up");
    var refused = dave.fill("email", "dave@elsewhere.example").click("send-link");
    assertEquals("Addresses of that domain cannot sign up here.", refused.error());
    seen(dave, "sign-up-refused");
    dave.fill("email", "dave@example.org").click("send-link");
    seen(dave, "sign-up-sent");
    var link = link(mail("dave@example.org", "Make your account"));
    dave.open(link);
    seen(dave, "sign-up-account");
    dave.fill("name", "Dave Dunn").fill("new-password", FIRST).fill("repeat-password", FIRST);
    assertTrue(dave.click("make").shows("notice"));
    assertTrue(browser.of("stranger").open(link).url().endsWith("/login/sign-up/gone"));
    seen(browser.of("stranger"), "sign-up-gone");

    password(dave, "dave@example.org", FIRST);
    dave.click("use-sent-code");
    seen(dave, "sent-code-enrol");
    dave.click("send-EMAIL");
    seen(dave, "sent-code-waiting");
    var codes =
        dave.fill("code", found("^[0-9]{6}$", mail("dave@example.org", "Your code is")))
            .click("verify");
    assertTrue(codes.shows("recovery-codes"), codes::toString);
    var account = dave.click("continue");
    assertTrue(account.shows("gap-strong"), account::toString);
    seen(dave, "account-with-codes");
    dave.click("sign-out");
    password(dave, "dave@example.org", FIRST);
    seen(dave, "sent-code");
    Report.step("someone signs up by the address alone, and has codes by e-mail");
  }
}
