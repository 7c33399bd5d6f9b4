package dev.sallyport.auth.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.recovery.Recovery;
import dev.sallyport.auth.signal.Actor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What mail is sent, and what the links in it can do. */
class MailLinksTest {

  private static final String NEW = "emmentaler zonk 88 velo";
  private static final Pattern LINK = Pattern.compile("/login/link\\?token=[A-Za-z0-9_-]{43}");

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

  /** Everything that was sent, in the order of sending. */
  private List<String> mails() {
    Path folder = data.resolve("mail");
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".txt"))
          .sorted()
          .map(MailLinksTest::read)
          .toList();
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

  /** The first mail that holds this text, once it is there. */
  private String mail(String text) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> mails().stream().anyMatch(mail -> mail.contains(text)));
    return mails().stream().filter(mail -> mail.contains(text)).findFirst().orElseThrow();
  }

  private static String link(String mail) {
    Matcher link = LINK.matcher(mail);
    assertThat(link.find()).as(mail).isTrue();
    return link.group();
  }

  private HttpResponse<String> ask(String account) {
    return new Browser(server.port()).press("/login/forgotten", "send-link", "account", account);
  }

  private Account account(String username) {
    return server.bean(Accounts.class).byUsername(username).orElseThrow();
  }

  private HttpResponse<String> choose(Browser from, String page) {
    return from.press(page, "change", "new-password", NEW, "repeat-password", NEW);
  }

  private int events(String type) {
    Integer count =
        server
            .jdbc()
            .queryForObject(
                "select count(*) from security_event where type = ? and actor_kind <> 'system'",
                Integer.class,
                type);
    return count == null ? 0 : count;
  }

  @Test
  void forgotten_fromAskingToSigningIn_opensOnceAndTheSecondFactorStays() throws Exception {
    Authenticator app = browser.signInAsDemoPerson("bob", data, server.clock());
    String old = Browser.demoPassword("bob", data);
    assertThat(ask("Bob@sallyport.example").uri().getPath()).isEqualTo("/login/forgotten/sent");
    String mail = mail("asked for a new password");
    assertThat(mail).startsWith("To: bob@sallyport.example\n");

    Browser phone = new Browser(server.port());
    HttpResponse<String> form = phone.get(link(mail));
    assertThat(form.uri().toString()).endsWith("/login/reset");
    HttpResponse<String> easy =
        phone.press(
            form, "change", "new-password", "password1234", "repeat-password", "password1234");
    assertThat(easy.statusCode()).isEqualTo(422);
    assertThat(browser.get("/account").uri().getPath()).as("not yet").isEqualTo("/account");
    HttpResponse<String> done = choose(phone, "/login/reset");
    assertThat(Browser.text(done, "notice").orElseThrow()).contains("Sign in with it");

    assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    assertThat(phone.get("/account").uri().getPath()).as("no factor shown").isEqualTo("/login");
    assertThat(new Browser(server.port()).get(link(mail)).statusCode()).isEqualTo(410);
    assertThat(
            Browser.text(
                browser.press("/login", "sign-in", "username", "bob", "password", old), "error"))
        .contains("Wrong username or password.");
    HttpResponse<String> code =
        browser.press("/login", "sign-in", "username", "bob", "password", NEW);
    assertThat(code.uri().getPath()).isEqualTo("/login/code");
    server.clock().pass(Duration.ofSeconds(30));
    assertThat(
            browser
                .press(code, "verify", "code", app.code(server.clock().instant()))
                .uri()
                .getPath())
        .isEqualTo("/account");
    assertThat(events("password-changed")).isEqualTo(1);
    mail("Your password was changed.");
  }

  @Test
  void forgotten_ofNobodyOrAnUnconfirmedAddress_answersTheSameAndSendsNothing() {
    server.jdbc().update("update account set email_verified = false where username = 'emil'");
    String known = ask("bob").body();
    for (String other : new String[] {"nobody", "emil", "emil@sallyport.example", "<b>@", " "}) {
      assertThat(ask(other).body()).as(other).isEqualTo(known);
    }
    ask("dora");
    mail("`dora`");
    assertThat(mails()).hasSize(2).noneMatch(mail -> mail.contains("emil"));
  }

  @Test
  void signingUp_whereNobodyMay_isNoPage() {
    assertThat(browser.get("/login/sign-up").statusCode()).isEqualTo(404);
    assertThat(browser.get("/login/sign-up/link?token=" + "a".repeat(43)).statusCode())
        .isEqualTo(410);
    assertThat(browser.get("/login").body()).doesNotContain("Sign up");
  }

  @Test
  void forgotten_manyTimes_sendsThree() {
    for (int i = 0; i < 5; i++) {
      ask("bob");
    }
    ask("dora");
    mail("`dora`");
    assertThat(mails().stream().filter(mail -> mail.contains("`bob`"))).hasSize(3);
  }

  @Test
  void link_afterItsTimeOrAnotherPassword_isGone() {
    ask("bob");
    ask("dora");
    String bobs = link(mail("`bob`"));
    String doras = link(mail("`dora`"));
    Browser open = new Browser(server.port());
    assertThat(open.get(doras).uri().getPath()).isEqualTo("/login/reset");
    server.bean(Passwords.class).reset(account("dora").id(), Actor.admin("the-admin"));
    assertThat(open.get("/login/reset").statusCode()).isEqualTo(410);
    server.clock().pass(Duration.ofMinutes(30));
    assertThat(open.get(bobs).statusCode()).isEqualTo(410);
    assertThat(open.get("/login/link?token=x").statusCode()).isEqualTo(410);
    assertThat(new Browser(server.port()).get("/login/reset").statusCode()).isEqualTo(410);
  }

  @Test
  void link_usedByManyAtOnce_changesThePasswordOnce() throws Exception {
    ask("bob");
    String token = link(mail("`bob`")).replaceAll(".*=", "");
    Recovery recovery = server.bean(Recovery.class);
    CyclicBarrier barrier = new CyclicBarrier(4);
    List<PasswordChange> changes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<PasswordChange>> racing = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String password = NEW + i;
        racing.add(
            threads.submit(
                () -> {
                  barrier.await(30, TimeUnit.SECONDS);
                  return recovery.choosePassword(token, password);
                }));
      }
      for (Future<PasswordChange> one : racing) {
        changes.add(one.get(60, TimeUnit.SECONDS));
      }
    }
    assertThat(changes.stream().filter(PasswordChange.Changed.class::isInstance)).hasSize(1);
    assertThat(events("password-changed")).isEqualTo(1);
  }

  @Test
  void invitation_choosesTheFirstPasswordAndConfirmsTheAddress() {
    Account eve =
        ((Creation.Created)
                server
                    .bean(Accounts.class)
                    .create(
                        new NewAccount(
                            "eve", "Eve", "Eve@Example.org", Set.of(), Set.of(), Map.of()),
                        Actor.admin("the-admin")))
            .account();
    server.bean(Recovery.class).invite(eve, Actor.admin("the-admin"));
    assertThat(account("eve").emailVerified()).isFalse();
    browser.get(link(mail("To: eve@example.org")));
    choose(browser, "/login/reset");
    assertThat(account("eve").emailVerified()).isTrue();
    assertThat(events("email-verified")).isEqualTo(1);
    assertThat(events("invited")).isEqualTo(1);
    assertThat(
            browser.press("/login", "sign-in", "username", "eve", "password", NEW).uri().getPath())
        .isEqualTo("/login/enrol");
  }

  @Test
  void email_anotherAddress_countsOnceConfirmedAndTheOneBeforeIsTold() throws Exception {
    browser.signInAsDemoPerson("bob", data, server.clock());
    for (String none : List.of("a@b.example\r\nBcc: c@d.example", "a@b..example")) {
      HttpResponse<String> wrong = browser.press("/account/email", "send-link", "email", none);
      assertThat(wrong.statusCode()).as(none).isEqualTo(422);
    }
    browser.press("/account/email", "send-link", "email", "robert@example.org");
    String confirm = link(mail("To: robert@example.org"));
    assertThat(account("bob").email()).isEqualTo("bob@sallyport.example");
    Browser phone = new Browser(server.port());
    HttpResponse<String> page = phone.get(confirm);
    assertThat(account("bob").email()).as("looked at only").isEqualTo("bob@sallyport.example");
    phone.press(page, "confirm-email");
    assertThat(account("bob").email()).isEqualTo("robert@example.org");
    assertThat(account("bob").emailVerified()).isTrue();
    assertThat(mail("has another e-mail address")).startsWith("To: bob@sallyport.example\n");
    assertThat(phone.get(confirm).statusCode()).isEqualTo(410);
  }

  @Test
  void signIn_withANewBrowser_isToldAndAgainWithTheSameIsNot() throws Exception {
    Authenticator app = browser.signInAsDemoPerson("bob", data, server.clock());
    mail("New sign-in to your account");
    mail("An authenticator app was set up");
    server.clock().pass(Duration.ofSeconds(30));
    browser.press(
        browser.press(
            "/login", "sign-in", "username", "bob", "password", Browser.demoPassword("bob", data)),
        "verify",
        "code",
        app.code(server.clock().instant()));
    ask("bob");
    mail("asked for a new password");
    assertThat(mails().stream().filter(mail -> mail.contains("New sign-in"))).hasSize(1);
  }
}
