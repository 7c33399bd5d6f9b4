package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.auth.Browser;
import dev.sallyport.auth.Mailbox;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signup.Asked;
import dev.sallyport.auth.signup.Making;
import dev.sallyport.auth.signup.SignUp;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** People who make their account themselves. Each test has addresses of its own. */
class SignUpTest {

  private static final String LINK = "/login/sign-up/link";
  private static final String PASSWORD = "emmentaler zonk 88 velo";

  @TempDir static Path data;
  private static RunningServer server;
  private static Mailbox mails;

  @BeforeAll
  static void start() {
    server =
        RunningServer.start(
            data,
            "--sallyport.sign-up.email-domains=example.org,sallyport.example",
            "--sallyport.sign-in-limit.burst=1000",
            "--sallyport.lock-out.attempts-anywhere=1000");
    mails = new Mailbox(data);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static HttpResponse<String> ask(String email) {
    return new Browser(server.port()).press("/login/sign-up", "send-link", "email", email);
  }

  private static Optional<Account> account(String username) {
    return server.bean(Accounts.class).byUsername(username);
  }

  private static Account given(String username, @Nullable String email) {
    return ((Creation.Created)
            server
                .bean(Accounts.class)
                .create(
                    new NewAccount(username, username, email, Set.of(), Set.of(), Map.of()),
                    Actor.admin("the-admin")))
        .account();
  }

  private static String token(String mail) {
    return Mailbox.link(mail, LINK).replaceAll(".*=", "");
  }

  @Test
  void signUp_fromTheAddressToSigningIn_makesTheAccountOnlyOnceTheLinkWasFollowed() {
    Browser browser = new Browser(server.port());
    HttpResponse<String> login = browser.get("/login");
    assertThat(login.body()).contains("id=\"sign-up\"");
    HttpResponse<String> sent =
        browser.press("/login/sign-up", "send-link", "email", " Eva@Example.ORG ");
    assertThat(sent.uri().getPath()).isEqualTo("/login/sign-up/sent");
    String mail = mails.awaited("eva@example.org", "Make your account");
    assertThat(account("eva@example.org")).isEmpty();

    Browser phone = new Browser(server.port());
    HttpResponse<String> form = phone.get(Mailbox.link(mail, LINK));
    assertThat(form.uri().toString()).endsWith("/login/sign-up/account");
    for (String[] bad :
        new String[][] {
          {"Eva", "password1234", "password1234", "easy to guess"},
          {"Eva", "short", "short", "at least 12 characters"},
          {"Eva", "eva@example.org!", "eva@example.org!", "your username"},
          {"Eva", PASSWORD, PASSWORD + "x", "two passwords differ"},
          {" ", PASSWORD, PASSWORD, "give a name"},
          {"E\u202eva", PASSWORD, PASSWORD, "give a name"},
          {"E".repeat(129), PASSWORD, PASSWORD, "give a name"},
        }) {
      HttpResponse<String> refused =
          phone.press(
              form, "make", "name", bad[0], "new-password", bad[1], "repeat-password", bad[2]);
      assertThat(refused.statusCode()).as(bad[3]).isEqualTo(422);
      assertThat(Browser.text(refused, "error").orElseThrow()).contains(bad[3]);
    }
    assertThat(account("eva@example.org")).isEmpty();
    HttpResponse<String> made =
        phone.press(
            form, "make", "name", "Eva E.", "new-password", PASSWORD, "repeat-password", PASSWORD);
    assertThat(Browser.text(made, "notice").orElseThrow()).contains("account is made");

    Account eva = account("eva@example.org").orElseThrow();
    assertThat(eva.emailVerified()).isTrue();
    assertThat(eva.displayName()).isEqualTo("Eva E.");
    assertThat(eva.roles()).containsExactly("user");
    assertThat(phone.get("/account").uri().getPath()).as("no factor shown").isEqualTo("/login");
    assertThat(
            phone
                .press("/login", "sign-in", "username", "EVA@example.org", "password", PASSWORD)
                .uri()
                .getPath())
        .isEqualTo("/login/enrol");
    assertThat(new Browser(server.port()).get(Mailbox.link(mail, LINK)).statusCode())
        .isEqualTo(410);
    mails.awaited("eva@example.org", "Your account was made");
    assertThat(
            server
                .jdbc()
                .queryForList(
                    "select type from security_event where subject = ? order by id",
                    String.class,
                    eva.id()))
        .containsExactly("account-created", "email-verified", "factor-enrolled");
  }

  @Test
  void signUp_ofAddressesThatAreKnown_answersTheSameAndTellsTheirReaders() {
    Account owner = given("owner", "owner@example.org");
    server.bean(Accounts.class).verified(owner.id(), "owner@example.org", Actor.user(owner.id()));
    given("invited", "invited@example.org");
    given("taken@example.org", null);
    String unknown = ask("nobody@example.org").body();
    for (String known :
        new String[] {"owner@example.org", "invited@example.org", "taken@example.org"}) {
      HttpResponse<String> answer = ask(known);
      assertThat(answer.statusCode()).as(known).isEqualTo(200);
      assertThat(answer.body()).as(known).isEqualTo(unknown);
    }
    mails.awaited("owner@example.org", "There is one already,\n`owner`");
    assertThat(mails.awaited("invited@example.org", "Your account is ready"))
        .contains("/login/link?token=");
    mails.awaited("taken@example.org", "Ask your administrator");
    mails.awaited("nobody@example.org", LINK);
  }

  @Test
  void signUp_ofWhatIsNoAddressHere_isRefused() {
    for (String bad :
        new String[] {
          "",
          "x",
          "a@b@example.org",
          "a@other.example",
          "a@sub.example.org",
          "a@example.org.evil.example",
          "a@example.org\r\nBcc: c@example.org",
          "\"a b\"@example.org",
          "a".repeat(60) + "@example.org",
          "a".repeat(300) + "@example.org",
        }) {
      HttpResponse<String> refused = ask(bad);
      assertThat(refused.statusCode()).as(bad).isEqualTo(422);
    }
  }

  @Test
  void signUp_manyTimes_sendsThreeLettersToOneAddress() {
    given("flooded", "flooded@example.org");
    for (int i = 0; i < 5; i++) {
      ask("many@example.org");
      ask("flooded@example.org");
    }
    ask("last@example.org");
    mails.awaited("last@example.org", LINK);
    assertThat(mails.to("many@example.org", "")).hasSize(3);
    assertThat(mails.to("flooded@example.org", "")).hasSize(3);
  }

  @Test
  void link_afterADay_isGone() {
    ask("late@example.org");
    String mail = mails.awaited("late@example.org", LINK);
    Browser browser = new Browser(server.port());
    assertThat(browser.get(Mailbox.link(mail, LINK)).statusCode()).isEqualTo(200);
    server.clock().pass(Duration.ofHours(24));
    assertThat(browser.get("/login/sign-up/account").statusCode()).isEqualTo(410);
    assertThat(browser.get(Mailbox.link(mail, LINK)).statusCode()).isEqualTo(410);
    assertThat(browser.get(LINK + "?token=x").statusCode()).isEqualTo(410);
    assertThat(browser.get(LINK).statusCode()).isEqualTo(410);
  }

  @Test
  void links_usedByManyAtOnce_makeOneAccount() throws Exception {
    ask("race@example.org");
    mails.awaited("race@example.org", LINK);
    server.clock().pass(Duration.ofSeconds(1));
    ask("race@example.org");
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> mails.to("race@example.org", LINK).size() == 2);
    List<String> tokens =
        mails.to("race@example.org", LINK).stream().map(SignUpTest::token).toList();
    SignUp signUp = server.bean(SignUp.class);
    CyclicBarrier barrier = new CyclicBarrier(4);
    List<Making> made = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Making>> racing = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String token = tokens.get(i % 2);
        racing.add(
            threads.submit(
                () -> {
                  barrier.await(30, TimeUnit.SECONDS);
                  return signUp.make(token, "Racer", PASSWORD, "192.0.2.1");
                }));
      }
      for (Future<Making> one : racing) {
        made.add(one.get(60, TimeUnit.SECONDS));
      }
    }
    assertThat(made.stream().filter(Making.Made.class::isInstance)).hasSize(1);
    assertThat(made.stream().filter(Making.Gone.class::isInstance)).hasSize(3);
    assertThat(account("race@example.org")).isPresent();
  }

  @Test
  void link_ofAnAddressThatBecameSomeonesMeanwhile_isGone() {
    ask("meanwhile@example.org");
    String token = token(mails.awaited("meanwhile@example.org", LINK));
    Account other = given("meanwhile", "meanwhile@example.org");
    server
        .bean(Accounts.class)
        .verified(other.id(), "meanwhile@example.org", Actor.user(other.id()));
    assertThat(server.bean(SignUp.class).make(token, "Me", PASSWORD, "192.0.2.1"))
        .isEqualTo(new Making.Gone());
    assertThat(account("meanwhile@example.org")).isEmpty();
  }

  @Test
  void settings_thatWouldMakeAdministratorsOrNameNoDomain_areRefused(@TempDir Path other) {
    for (String setting :
        new String[] {
          "--sallyport.sign-up.roles=user,admin",
          "--sallyport.sign-up.email-domains=*,example.org",
          "--sallyport.sign-up.email-domains=a@example.org",
        }) {
      assertThatThrownBy(
              () ->
                  RunningServer.start(
                      other, "--sallyport.sign-up.email-domains=example.org", setting))
          .hasStackTraceContaining("sallyport.sign-up");
    }
  }

  @Test
  void ask_manyTimesOfOneNetwork_isHeardAgainLater() {
    // the limit of this server is out of the way of the other tests
    SignUp signUp = server.bean(SignUp.class);
    Asked last = new Asked.Accepted();
    for (int i = 0; i <= 1000 && last instanceof Asked.Accepted; i++) {
      last = signUp.ask("victim@example.org", "198.51.100.7");
    }
    assertThat(last).isInstanceOf(Asked.TooMany.class);
    assertThat(mails.to("victim@example.org", "")).hasSizeLessThanOrEqualTo(3);
  }
}
