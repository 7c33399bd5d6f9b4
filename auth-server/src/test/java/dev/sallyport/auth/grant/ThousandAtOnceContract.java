package dev.sallyport.auth.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.Authenticator;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.account.Creation;
import dev.sallyport.auth.account.NewAccount;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.pairing.Entry;
import dev.sallyport.auth.pairing.Pairings;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.recovery.Recovery;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.totp.CodeCheck;
import dev.sallyport.auth.totp.Enrolment;
import dev.sallyport.auth.totp.EnrolmentOffer;
import dev.sallyport.auth.totp.SecondFactor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.transaction.support.TransactionTemplate;

/** A thousand try at once what is good once: one has it, on whichever database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ThousandAtOnceContract {

  private static final int AT_ONCE = 1_000;

  /** So many connections that none of them waits for longer than its client would. */
  private static final int CONNECTIONS = 200;

  private static final String TV = "tv";
  private static final Pattern LINK = Pattern.compile("/login/link\\?token=([A-Za-z0-9_-]{43})");

  private World world;

  abstract World open();

  @BeforeAll
  void start() {
    world = open();
    world
        .server
        .bean(Clients.class)
        .register(
            new Client(
                TV,
                TV,
                SecurityProfile.CHAT,
                ClientAuthentication.NONE,
                null,
                Set.of(),
                Set.of(GrantType.DEVICE_CODE, GrantType.REFRESH_TOKEN),
                Set.of("openid", "offline_access"),
                "ES256",
                false));
  }

  @AfterAll
  void stop() {
    world.server.close();
  }

  private static <T> List<T> together(IntFunction<T> work) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Semaphore connections = new Semaphore(CONNECTIONS);
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        int n = i;
        futures.add(
            threads.submit(
                () -> {
                  go.await();
                  connections.acquire();
                  try {
                    return work.apply(n);
                  } finally {
                    connections.release();
                  }
                }));
      }
      go.countDown();
      for (Future<T> future : futures) {
        results.add(future.get(5, TimeUnit.MINUTES));
      }
    }
    return results;
  }

  private List<Answer> redeemTogether(Map<String, String> form, DpopKey key) throws Exception {
    List<Answer> answers = together(_ -> world.token(key, form));
    assertThat(answers.stream().map(Answer::status).distinct()).isSubsetOf(200, 400);
    return answers;
  }

  private static List<Answer> granted(List<Answer> answers) {
    return answers.stream().filter(answer -> answer.status() == 200).toList();
  }

  private Account someone() {
    String name = "t" + UUID.randomUUID().toString().substring(0, 12);
    Accounts accounts = world.server.bean(Accounts.class);
    Account account =
        ((Creation.Created)
                accounts.create(
                    new NewAccount(
                        name,
                        name,
                        name + "@sallyport.example",
                        Set.of("user"),
                        Set.of(),
                        Map.of()),
                    Actor.system()))
            .account();
    return account;
  }

  @Test
  void code_isRedeemedOnce_andWhatItGaveEndsWithTheReplay() throws Exception {
    DpopKey key = world.key();
    String code = world.codeOf(world.person(), World.OTHER_CHAT, "openid offline_access");
    List<Answer> answers = redeemTogether(world.redeeming(World.OTHER_CHAT, code), key);
    assertThat(granted(answers)).hasSize(1);
    assertThat(
            world
                .refresh(key, World.OTHER_CHAT, granted(answers).getFirst().text("refresh_token"))
                .status())
        .isEqualTo(400);
  }

  @Test
  void refreshToken_leavesOneToGoOnWith() throws Exception {
    DpopKey key = world.key();
    Answer first = world.tokens(world.person(), key, World.OTHER_CHAT, "openid offline_access");
    List<Answer> answers =
        redeemTogether(
            Map.of(
                "grant_type",
                "refresh_token",
                "client_id",
                World.OTHER_CHAT,
                "refresh_token",
                first.text("refresh_token")),
            key);
    // each is a retry of the same request, whose answer replaces the one before it
    assertThat(granted(answers)).isNotEmpty();
    Map<String, Answer> byHash = new HashMap<>();
    granted(answers)
        .forEach(answer -> byHash.put(Hashes.sha256(answer.text("refresh_token")), answer));
    Set<String> live =
        new HashSet<>(
            world
                .server
                .jdbc()
                .queryForList(
                    "select token_hash from refresh_token where spent_at_ms is null and not replaced",
                    String.class));
    live.retainAll(byHash.keySet());
    assertThat(live).hasSize(1);
    Answer last = Objects.requireNonNull(byHash.remove(live.iterator().next()));
    assertThat(world.refresh(key, World.OTHER_CHAT, last.text("refresh_token")).status())
        .isEqualTo(200);
    if (!byHash.isEmpty()) {
      Answer replaced = byHash.values().iterator().next();
      assertThat(world.refresh(key, World.OTHER_CHAT, replaced.text("refresh_token")).status())
          .isEqualTo(400);
    }
  }

  @Test
  void deviceCode_isRedeemedOnce() throws Exception {
    DpopKey key = world.key();
    Answer begun =
        world.post(
            "/oauth2/device_authorization",
            Map.of("client_id", TV, "scope", "openid offline_access"),
            "DPoP",
            key.proof("POST", World.ISSUER + "/oauth2/device_authorization", world.nonce(), null));
    Account owner = someone();
    SignInSession session =
        world
            .server
            .bean(Sessions.class)
            .begin(owner.id(), List.of("pwd", "otp", "mfa"), "test", "127.0.0.1");
    Pairings pairings = world.server.bean(Pairings.class);
    Entry.Found found =
        (Entry.Found) pairings.enter(begun.text("user_code"), owner.id(), "127.0.0.1");
    assertThat(
            pairings.approve(
                found.request().id(),
                new SignedIn(
                    owner.id(), session.sid(), session.authTime(), session.acr(), session.amr()),
                Set.of("openid", "offline_access")))
        .isTrue();
    List<Answer> answers =
        redeemTogether(
            Map.of(
                "grant_type",
                "urn:ietf:params:oauth:grant-type:device_code",
                "client_id",
                TV,
                "device_code",
                begun.text("device_code")),
            key);
    assertThat(granted(answers)).hasSize(1);
  }

  @Test
  void pushedRequest_leadsToOneCode() throws Exception {
    DpopKey key = world.key();
    Answer pushed =
        world.post(
            "/oauth2/par",
            world.asking(World.OTHER_CHAT, "openid"),
            "DPoP",
            key.proof("POST", World.ISSUER + "/oauth2/par", world.nonce(), null));
    assertThat(pushed.status()).isEqualTo(201);
    String query =
        World.form(
            Map.of("client_id", World.OTHER_CHAT, "request_uri", pushed.text("request_uri")));
    List<Answer> answers =
        together(_ -> world.browse("/oauth2/authorize?" + query, world.cookie()));
    assertThat(answers).allMatch(answer -> answer.status() < 500);
    assertThat(
            answers.stream()
                .filter(answer -> answer.header("Location").orElse("").contains("code=")))
        .hasSize(1);
  }

  private static long right(List<CodeCheck> checks) {
    return checks.stream().filter(CodeCheck.Right.class::isInstance).count();
  }

  @Test
  void codesOfTheSecondFactor_areAcceptedOnce() throws Exception {
    SecondFactor factor = world.server.bean(SecondFactor.class);
    Account account = someone();
    EnrolmentOffer offer = factor.offer(account);
    Authenticator app = new Authenticator(factor.secretText(account, offer));
    Enrolment.Enrolled enrolled =
        (Enrolment.Enrolled) factor.confirm(account, offer, app.code(world.clock.instant()));
    world.clock.pass(Duration.ofSeconds(30));
    String code = app.code(world.clock.instant());
    assertThat(right(together(_ -> factor.check(account.id(), code)))).isEqualTo(1);
    // what was counted against them is forgotten
    world.clock.pass(Duration.ofMinutes(16));
    String recovery = enrolled.recoveryCodes().getFirst();
    assertThat(right(together(_ -> factor.checkRecovery(account.id(), recovery)))).isEqualTo(1);
    assertThat(factor.recoveryCodesLeft(account.id())).isEqualTo(9);
  }

  /** The link in the one letter to this address. */
  private String link(String address) {
    Path mail = world.data().resolve("mail");
    return Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptions()
        .until(
            () -> {
              try (Stream<Path> letters = Files.list(mail)) {
                return letters
                    .map(ThousandAtOnceContract::text)
                    .filter(text -> text.contains(address))
                    .map(LINK::matcher)
                    .filter(Matcher::find)
                    .map(found -> found.group(1))
                    .findFirst()
                    .orElse("");
              }
            },
            token -> !token.isEmpty());
  }

  private static String text(Path letter) {
    try {
      return Files.readString(letter).replace("=\n", "").replace("=\r\n", "").replace("=3D", "=");
    } catch (IOException e) {
      return "";
    }
  }

  private long passwordsChosen(String token) throws Exception {
    Recovery recovery = world.server.bean(Recovery.class);
    return together(n -> recovery.choosePassword(token, "emmentaler zonk 88 velo " + n)).stream()
        .filter(PasswordChange.Changed.class::isInstance)
        .count();
  }

  @Test
  void linksInMail_openAnAccountOnce() throws Exception {
    Recovery recovery = world.server.bean(Recovery.class);
    Account invited = someone();
    TransactionTemplate transaction = world.server.bean(TransactionTemplate.class);
    transaction.executeWithoutResult(_ -> recovery.invite(invited, Actor.system()));
    String address = invited.username() + "@sallyport.example";
    assertThat(passwordsChosen(link(address))).isEqualTo(1);
    try (Stream<Path> letters = Files.list(world.data().resolve("mail"))) {
      for (Path letter : letters.toList()) {
        Files.deleteIfExists(letter);
      }
    }
    recovery.forgotten(invited.username());
    assertThat(passwordsChosen(link(address))).isEqualTo(1);
  }
}
