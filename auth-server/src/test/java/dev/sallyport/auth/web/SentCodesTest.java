package dev.sallyport.auth.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.Browser;
import dev.sallyport.auth.Mailbox;
import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.sentcode.Channel;
import dev.sallyport.auth.sentcode.Sending;
import dev.sallyport.auth.sentcode.SentCheck;
import dev.sallyport.auth.sentcode.SentCodes;
import dev.sallyport.auth.sentcode.SentCodes.Purpose;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.totp.SecondFactor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Codes by e-mail and by SMS as a second factor. Each test has people of its own. */
class SentCodesTest {

  private static final String SECRET = "a-secret-of-the-test-and-of-nobody-else";
  private static final String PASSWORD = "emmentaler zonk 88 velo";
  private static final Pattern SIX_DIGITS = Pattern.compile("(?m)^[0-9]{6}$");

  private record Asked(String timestamp, String signature, byte[] body) {
    JsonNode json() {
      return JsonMapper.shared().readTree(body);
    }
  }

  @TempDir static Path data;
  private static RunningServer server;
  private static HttpServer webhook;
  private static Mailbox mails;
  private static volatile int webhookStatus = 204;
  private static final BlockingQueue<Asked> ASKED = new LinkedBlockingQueue<>();

  @BeforeAll
  static void start() throws IOException {
    webhook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    webhook.createContext(
        "/sms",
        exchange -> {
          ASKED.add(
              new Asked(
                  exchange.getRequestHeaders().getFirst("Sallyport-Timestamp"),
                  exchange.getRequestHeaders().getFirst("Sallyport-Signature"),
                  exchange.getRequestBody().readAllBytes()));
          exchange.sendResponseHeaders(webhookStatus, -1);
          exchange.close();
        });
    webhook.start();
    server =
        RunningServer.start(
            data,
            "--sallyport.codes.email=true",
            "--sallyport.codes.webhook-url=http://127.0.0.1:"
                + webhook.getAddress().getPort()
                + "/sms",
            "--sallyport.codes.webhook-secret=" + SECRET,
            "--sallyport.fetch.allow=127.0.0.0/8",
            "--sallyport.sign-in-limit.burst=1000",
            "--sallyport.lock-out.attempts-anywhere=1000");
    mails = new Mailbox(data);
  }

  @AfterAll
  static void stop() {
    server.close();
    webhook.stop(0);
  }

  /** Someone with a password, a confirmed address, and no second factor yet. */
  private static Account person() {
    String name = "p" + UUID.randomUUID().toString().substring(0, 12);
    Accounts accounts = server.bean(Accounts.class);
    Account made =
        ((Creation.Created)
                accounts.create(
                    new NewAccount(
                        name, "Person", name + "@example.org", Set.of("user"), Set.of(), Map.of()),
                    Actor.system()))
            .account();
    accounts.verified(made.id(), name + "@example.org", Actor.user(made.id()));
    assertThat(server.bean(Passwords.class).replace(made, 0, PASSWORD))
        .isInstanceOf(PasswordChange.Changed.class);
    return accounts.byId(made.id()).orElseThrow();
  }

  private static HttpResponse<String> password(Browser browser, Account person) {
    return browser.press("/login", "sign-in", "username", person.username(), "password", PASSWORD);
  }

  private static String mailed(Account person) {
    Matcher code =
        SIX_DIGITS.matcher(mails.awaited(person.username() + "@example.org", "Your code is"));
    assertThat(code.find()).isTrue();
    return code.group();
  }

  /** The code of the mail that comes next, since each overrules the one before. */
  private static String nextMailed(Account person, Runnable asking) {
    int before = mails.to(person.username() + "@example.org", "Your code is").size();
    asking.run();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                mails.to(person.username() + "@example.org", "Your code is").size() == before + 1);
    return mailed(person);
  }

  private static String other(String code) {
    return code.equals("123456") ? "654321" : "123456";
  }

  /** Through the pages of the first sign-in. */
  private static Browser enrolledByMail(Account person) {
    Browser browser = new Browser(server.port());
    HttpResponse<String> enrol = password(browser, person);
    assertThat(enrol.uri().getPath()).isEqualTo("/login/enrol");
    assertThat(enrol.body()).contains("use-sent-code");
    String code = nextMailed(person, () -> browser.press("/login/enrol/sent-code", "send-EMAIL"));
    HttpResponse<String> codes = browser.press("/login/enrol/sent-code", "verify", "code", code);
    assertThat(codes.uri().getPath()).as(codes.body()).isEqualTo("/login/recovery-codes");
    assertThat(browser.press(codes, "continue").uri().getPath()).isEqualTo("/account");
    return browser;
  }

  private static List<String> amr(Account person) {
    return server.bean(Sessions.class).ofAccount(person.id()).getFirst().amr();
  }

  @Test
  void email_fromEnrolmentToSigningIn_isWorthLessThanTwoFactors() {
    Account person = person();
    enrolledByMail(person);
    mails.awaited(person.username() + "@example.org", "set up: codes by e-mail");
    server.clock().pass(Duration.ofSeconds(1));
    Browser phone = new Browser(server.port());
    assertThat(password(phone, person).uri().getPath()).isEqualTo("/login/sent-code");
    int before = mails.to(person.username() + "@example.org", "Your code is").size();
    phone.get("/login/sent-code");
    assertThat(mails.to(person.username() + "@example.org", "Your code is"))
        .as("looking at the page sends nothing")
        .hasSize(before);
    String code = nextMailed(person, () -> phone.press("/login/sent-code", "send-EMAIL"));
    HttpResponse<String> wrong = phone.press("/login/sent-code", "verify", "code", other(code));
    assertThat(wrong.statusCode()).isEqualTo(403);
    HttpResponse<String> in = phone.press("/login/sent-code", "verify", "code", code);
    assertThat(in.uri().getPath()).isEqualTo("/account");
    assertThat(in.body()).contains("gap-strong").doesNotContain("gap-second");
    assertThat(amr(person)).containsExactly("pwd", "otp", "email");
    assertThat(server.bean(Sessions.class).ofAccount(person.id()).getFirst().acr())
        .isEqualTo("urn:sallyport:acr:1fa-sent");
    assertThat(new Browser(server.port()).get("/.well-known/openid-configuration").body())
        .contains("urn:sallyport:acr:1fa-sent");
  }

  @Test
  void code_usedAgainInAnotherBrowserTooLateOrOverruled_isRefused() {
    Account person = person();
    enrolledByMail(person);
    SentCodes codes = server.bean(SentCodes.class);
    Sent first = sent(person, Purpose.SIGN_IN);
    sent(person, Purpose.SIGN_IN);
    assertThat(codes.check(person.id(), first.id(), Purpose.SIGN_IN, first.code()))
        .as("overruled")
        .isEqualTo(new SentCheck.Gone());

    Browser mine = new Browser(server.port());
    password(mine, person);
    String mineCode = nextMailed(person, () -> mine.press("/login/sent-code", "send-EMAIL"));
    Browser thief = new Browser(server.port());
    HttpResponse<String> form = password(thief, person);
    assertThat(form.body()).doesNotContain("id=\"code\"");
    assertThat(
            thief
                .post("/login/sent-code", Map.of("code", mineCode, "_csrf", csrf(form)))
                .statusCode())
        .as("another browser")
        .isEqualTo(403);
    server.clock().pass(Duration.ofMinutes(5));
    assertThat(mine.press("/login/sent-code", "verify", "code", mineCode).statusCode())
        .as("too late")
        .isEqualTo(403);
  }

  private static String csrf(HttpResponse<String> page) {
    Matcher token = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"").matcher(page.body());
    assertThat(token.find()).isTrue();
    return token.group(1);
  }

  private record Sent(String id, String code) {}

  private static Sent sent(Account person, Purpose purpose) {
    List<Sending> sent = new ArrayList<>();
    String code =
        nextMailed(
            person,
            () -> sent.add(server.bean(SentCodes.class).send(person.id(), Channel.EMAIL, purpose)));
    return new Sent(((Sending.Sent) sent.getFirst()).id(), code);
  }

  @Test
  void code_typedByManyAtOnce_opensOnceAndIsGuessedAtThreeTimes() throws Exception {
    Account person = person();
    enrolledByMail(person);
    SentCodes codes = server.bean(SentCodes.class);
    Sent right = sent(person, Purpose.SIGN_IN);
    assertThat(codes.check(person.id(), right.id(), Purpose.CONFIRM, right.code()))
        .as("sent for something else")
        .isEqualTo(new SentCheck.Gone());
    List<SentCheck> checks =
        together(3, () -> codes.check(person.id(), right.id(), Purpose.SIGN_IN, right.code()));
    assertThat(checks.stream().filter(SentCheck.Right.class::isInstance)).hasSize(1);

    server.clock().pass(Duration.ofMinutes(16));
    Sent guessed = sent(person, Purpose.SIGN_IN);
    for (int i = 0; i < 3; i++) {
      assertThat(codes.check(person.id(), guessed.id(), Purpose.SIGN_IN, other(guessed.code())))
          .isEqualTo(new SentCheck.Wrong());
    }
    assertThat(codes.check(person.id(), guessed.id(), Purpose.SIGN_IN, guessed.code()))
        .as("no try is left")
        .isEqualTo(new SentCheck.Gone());
    Sent again = sent(person, Purpose.SIGN_IN);
    for (int i = 0; i < 2; i++) {
      codes.check(person.id(), again.id(), Purpose.SIGN_IN, "x".repeat(100_000));
    }
    assertThat(codes.check(person.id(), again.id(), Purpose.SIGN_IN, again.code()))
        .as("five wrong ones lock out")
        .isInstanceOf(SentCheck.LockedOut.class);
  }

  private static <T> List<T> together(int count, Callable<T> work) throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(count);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        futures.add(
            threads.submit(
                () -> {
                  barrier.await(30, TimeUnit.SECONDS);
                  return work.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
      return results;
    }
  }

  @Test
  void sending_manyTimes_stopsForTheAccountAndForThePhone() {
    Account one = person();
    Account two = person();
    SentCodes codes = server.bean(SentCodes.class);
    String phone = "+43 660 " + (1_000_000 + new Random(1).nextInt(1_000_000));
    for (int i = 0; i < 3; i++) {
      assertThat(codes.sendToEnrol(one.id(), Channel.SMS, phone)).isInstanceOf(Sending.Sent.class);
    }
    for (int i = 0; i < 2; i++) {
      assertThat(codes.sendToEnrol(two.id(), Channel.SMS, phone)).isInstanceOf(Sending.Sent.class);
    }
    assertThat(codes.sendToEnrol(two.id(), Channel.SMS, phone))
        .as("five to one phone")
        .isInstanceOf(Sending.TooMany.class);
    for (int i = 0; i < 2; i++) {
      codes.sendToEnrol(one.id(), Channel.SMS, "+4366099900" + i);
    }
    assertThat(codes.sendToEnrol(one.id(), Channel.SMS, "+43660999009"))
        .as("five of one account")
        .isInstanceOf(Sending.TooMany.class);
    ASKED.clear();
  }

  @Test
  void sms_fromEnrolmentToSigningIn_goesThroughTheSignedWebhook() throws Exception {
    Account person = person();
    Browser browser = new Browser(server.port());
    password(browser, person);
    for (String bad : new String[] {"", "12", "06601234567", "+", "+43 660 12 34 56 78 90 12 34"}) {
      assertThat(browser.press("/login/enrol/sent-code", "send-phone", "phone", bad).statusCode())
          .as(bad)
          .isEqualTo(422);
    }
    assertThat(ASKED).isEmpty();
    HttpResponse<String> form =
        browser.press("/login/enrol/sent-code", "send-phone", "phone", "0043 (660) 123-45.67");
    assertThat(Browser.text(form, "masked")).contains("•••67");
    Asked asked = ASKED.poll(30, TimeUnit.SECONDS);
    assertThat(asked.json().get("to").stringValue()).isEqualTo("+436601234567");
    String code = asked.json().get("code").stringValue();
    assertThat(asked.json().get("text").stringValue()).endsWith("@localhost #" + code);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA256"));
    mac.update((asked.timestamp() + ".").getBytes(UTF_8));
    assertThat(asked.signature())
        .isEqualTo("v1=" + HexFormat.of().formatHex(mac.doFinal(asked.body())));
    assertThat(Long.parseLong(asked.timestamp()))
        .isEqualTo(server.clock().instant().getEpochSecond());
    assertThat(server.bean(SentCodes.class).ofAccount(person.id())).as("not yet").isEmpty();
    browser.press(form, "verify", "code", code);
    assertThat(server.bean(SentCodes.class).ofAccount(person.id())).hasSize(1);

    Browser phone = new Browser(server.port());
    password(phone, person);
    webhookStatus = 500;
    HttpResponse<String> failed = phone.press("/login/sent-code", "send-SMS");
    webhookStatus = 204;
    assertThat(failed.statusCode()).isEqualTo(503);
    ASKED.clear();
    form = phone.press("/login/sent-code", "send-SMS");
    Asked again = ASKED.poll(30, TimeUnit.SECONDS);
    assertThat(
            phone
                .press(form, "verify", "code", again.json().get("code").stringValue())
                .uri()
                .getPath())
        .isEqualTo("/account");
    assertThat(amr(person)).containsExactly("pwd", "otp", "sms");

    form = phone.press("/account/sent-code", "send-phone", "phone", "+436607654321");
    Asked other = ASKED.poll(30, TimeUnit.SECONDS);
    assertThat(other.json().get("to").stringValue()).isEqualTo("+436607654321");
    phone.press(form, "verify", "code", other.json().get("code").stringValue());
    assertThat(server.bean(SentCodes.class).ofAccount(person.id()))
        .as("in place of the one before")
        .singleElement()
        .satisfies(factor -> assertThat(factor.masked()).isEqualTo("•••21"));
    assertThat(
            server
                .jdbc()
                .queryForObject(
                    "select count(*) from security_event where subject = ? and type ="
                        + " 'factor-enrolled' and data like '%sms%'",
                    Integer.class, person.id()))
        .isEqualTo(2);
  }

  @Test
  void strongerFactor_onceSetUp_takesThePlaceOfCodesThatAreSent() {
    Account person = person();
    Browser browser = enrolledByMail(person);
    HttpResponse<String> offer = browser.get("/account/authenticator");
    Authenticator app = new Authenticator(Browser.text(offer, "totp-secret").orElseThrow());
    browser.press(offer, "enrol", "code", app.code(server.clock().instant()));
    Browser phone = new Browser(server.port());
    HttpResponse<String> code = password(phone, person);
    assertThat(code.uri().getPath()).isEqualTo("/login/code");
    assertThat(code.body()).doesNotContain("use-sent-code");
    assertThat(phone.get("/login/sent-code").uri().getPath()).isEqualTo("/login");
    assertThat(
            phone
                .post("/login/sent-code/send", Map.of("channel", "EMAIL", "_csrf", csrf(code)))
                .uri()
                .getPath())
        .isEqualTo("/login");
    server.clock().pass(Duration.ofSeconds(30));
    phone.press(code, "verify", "code", app.code(server.clock().instant()));
    assertThat(amr(person)).containsExactly("pwd", "otp", "mfa");
  }

  @Test
  void onlySecondFactor_isNotRemovedWhereOneMustBe() {
    Account person = person();
    Browser browser = enrolledByMail(person);
    HttpResponse<String> account = browser.get("/account");
    assertThat(account.body()).contains("remove-sent-factor");
    HttpResponse<String> kept =
        browser.post(
            "/account/sent-code/remove", Map.of("channel", "EMAIL", "_csrf", csrf(account)));
    assertThat(Browser.text(kept, "error").orElseThrow()).contains("only second factor");
    assertThat(server.bean(SentCodes.class).ofAccount(person.id())).hasSize(1);
  }

  @Test
  void stepUp_ofSomeoneWithCodesAlone_takesACodeAndNoPassword() {
    Account person = person();
    Browser browser = enrolledByMail(person);
    server.clock().pass(Duration.ofMinutes(6));
    HttpResponse<String> confirm = browser.get("/account/password");
    assertThat(confirm.uri().getPath()).isEqualTo("/account/confirm");
    assertThat(confirm.body()).doesNotContain("id=\"password\"");
    HttpResponse<String> byPassword =
        browser.post(
            "/account/confirm",
            Map.of("password", PASSWORD, "_csrf", csrf(browser.get("/account"))));
    assertThat(byPassword.uri().getPath()).isEqualTo("/account/confirm/sent-code");
    String code =
        nextMailed(person, () -> browser.press("/account/confirm/sent-code", "send-EMAIL"));
    assertThat(browser.press("/account/confirm/sent-code", "verify", "code", code).uri().getPath())
        .isEqualTo("/account/password");
  }

  @Test
  void recoveryCode_standsInForCodesThatAreSent_once() {
    Account person = person();
    enrolledByMail(person);
    List<String> codes = server.bean(SecondFactor.class).renewRecoveryCodes(person.id());
    server.clock().pass(Duration.ofSeconds(1));
    Browser phone = new Browser(server.port());
    HttpResponse<String> page = password(phone, person);
    assertThat(page.body()).contains("use-recovery");
    HttpResponse<String> in =
        phone.press("/login/recovery", "verify", "recovery-code", codes.getFirst());
    assertThat(in.uri().getPath()).isEqualTo("/account");
    assertThat(in.body()).contains("id=\"recovered\"");
    assertThat(amr(person)).containsExactly("pwd", "recovery", "mfa");
  }

  @Test
  void closedAccount_leavesNeitherPhoneNorCode() {
    Account person = person();
    enrolledByMail(person);
    server.bean(SentCodes.class).send(person.id(), Channel.EMAIL, Purpose.SIGN_IN);
    server.bean(Accounts.class).close(person.id(), Actor.admin("the-admin"));
    for (String table : new String[] {"sent_code", "sent_code_factor"}) {
      assertThat(
              server
                  .jdbc()
                  .queryForObject(
                      "select count(*) from " + table + " where account_id = ?",
                      Integer.class,
                      person.id()))
          .isZero();
    }
  }
}
