package dev.sallyport.auth.pairing;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.account.TestLockOut;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Registration;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.RealSecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.auth.vault.TestVault;
import dev.sallyport.auth.vault.Vault;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** RFC 8628, on two nodes that share a database. */
abstract class PairingsContract {

  private static final String JKT = "k".repeat(43);

  private static final Client TV =
      new Client(
          "tv",
          "Television",
          SecurityProfile.CHAT,
          ClientAuthentication.NONE,
          null,
          Set.of(),
          Set.of(GrantType.DEVICE_CODE),
          Set.of("openid", "chat.read"),
          "ES256",
          true);

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final TestDatabase database = open();
  private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
  private final JdbcTransactionManager transactions =
      new JdbcTransactionManager(database.dataSource());
  private final Vault vault = TestVault.create();
  private final Pairings here = node();
  private final Pairings there = node();
  private final SignedIn alice =
      new SignedIn(
          "alice", "sid", Instant.parse("2026-11-23T09:00:00Z"), "acr", List.of("pwd", "otp"));

  abstract TestDatabase open();

  private Pairings node() {
    SecureRandom random = new SecureRandom();
    return new Pairings(
        JdbcClient.create(jdbc),
        new OneClient(),
        TestLockOut.on(jdbc, transactions, clock),
        RealSecurityEvents.on(jdbc, clock),
        vault,
        new RandomIds(random, clock),
        random,
        clock,
        transactions);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Pairings.Begun begin() {
    return here.begin(
        TV, Set.of("openid", "chat.read"), "{}", null, JKT, "192.0.2.7", "TV\r\n/1.0");
  }

  private String found(Pairings.Begun begun) {
    return ((Entry.Found) there.enter(begun.userCode(), "alice", "192.0.2.8")).request().id();
  }

  private Poll poll(Pairings node, Pairings.Begun begun) {
    return poll(node, begun.deviceCode(), "tv", JKT);
  }

  private Poll poll(Pairings node, String deviceCode, String clientId, String jkt) {
    Poll poll =
        new TransactionTemplate(transactions).execute(_ -> node.poll(deviceCode, clientId, jkt));
    if (poll == null) {
      throw new AssertionError();
    }
    return poll;
  }

  @Test
  void pairing_fromCodeToTokens_acrossNodes() {
    Pairings.Begun begun = begin();
    assertThat(begun.userCode()).matches("[B-Z]{4}-[B-Z]{4}");
    assertThat(poll(there, begun)).isEqualTo(new Poll.Pending());
    Entry entry = there.enter(begun.userCode().toLowerCase(), "alice", "192.0.2.8");
    PairingRequest asked = ((Entry.Found) entry).request();
    assertThat(asked.clientName()).isEqualTo("Television");
    assertThat(asked.address()).isEqualTo("192.0.2.7");
    assertThat(asked.userAgent()).isEqualTo("TV/1.0");
    assertThat(there.approve(asked.id(), alice, Set.of("openid"))).isTrue();
    clock.pass(Duration.ofSeconds(5));
    Poll.Approved approved = (Poll.Approved) poll(here, begun);
    assertThat(approved.accountId()).isEqualTo("alice");
    assertThat(approved.granted()).containsExactly("openid");
    assertThat(approved.authTime()).isEqualTo(alice.authTime());
    assertThat(poll(there, begun)).isEqualTo(new Poll.Redeemed(approved.authorizationId()));
    assertThat(jdbc.queryForList("select type from security_event", String.class))
        .containsExactly("pairing-approved");
  }

  @Test
  void codes_areNotInTheDatabase() {
    Pairings.Begun begun = begin();
    String row = jdbc.queryForList("select * from pairing").toString();
    assertThat(row).doesNotContain(begun.deviceCode(), begun.userCode());
    assertThat(row).doesNotContain(begun.userCode().replace("-", ""));
  }

  @Test
  void userCode_onceAnswered_isUnknown() {
    Pairings.Begun begun = begin();
    String id = found(begun);
    assertThat(here.deny(id, "alice")).isTrue();
    assertThat(here.enter(begun.userCode(), "alice", "192.0.2.8")).isEqualTo(new Entry.Unknown());
    assertThat(here.approve(id, alice, Set.of("openid"))).isFalse();
    assertThat(poll(there, begun)).isEqualTo(new Poll.Denied());
  }

  @Test
  void approve_moreThanWasAsked_isRefused() {
    String id = found(begin());
    assertThat(here.approve(id, alice, Set.of("openid", "admin"))).isFalse();
    assertThat(here.approve(id, alice, Set.of())).isFalse();
    assertThat(here.pending(id)).isPresent();
  }

  @Test
  void poll_tooSoon_slowsDownEachTime() {
    Pairings.Begun begun = begin();
    poll(here, begun);
    clock.pass(Duration.ofSeconds(3));
    assertThat(poll(there, begun)).isEqualTo(new Poll.TooSoon());
    clock.pass(Duration.ofSeconds(5));
    assertThat(poll(here, begun)).isEqualTo(new Poll.TooSoon());
    clock.pass(Duration.ofSeconds(15));
    assertThat(poll(here, begun)).isEqualTo(new Poll.Pending());
  }

  @Test
  void poll_byAnotherClientOrKey_learnsNothing() {
    Pairings.Begun begun = begin();
    here.approve(found(begun), alice, Set.of("openid"));
    assertThat(poll(here, begun.deviceCode(), "other", JKT)).isEqualTo(new Poll.Unknown());
    assertThat(poll(here, begun.deviceCode(), "tv", "o".repeat(43))).isEqualTo(new Poll.OtherKey());
    assertThat(poll(here, "x".repeat(10_000), "tv", JKT)).isEqualTo(new Poll.Unknown());
    assertThat(poll(here, begun)).isInstanceOf(Poll.Approved.class);
  }

  @Test
  void pairing_afterTenMinutes_hasExpiredHoweverFarItCame() {
    Pairings.Begun pending = begin();
    Pairings.Begun approved = begin();
    String id = found(pending);
    here.approve(found(approved), alice, Set.of("openid"));
    clock.pass(Pairings.LIFE);
    assertThat(poll(here, pending)).isEqualTo(new Poll.Expired());
    assertThat(poll(here, approved)).isEqualTo(new Poll.Expired());
    assertThat(here.approve(id, alice, Set.of("openid"))).isFalse();
    assertThat(here.enter(pending.userCode(), "alice", "192.0.2.8")).isEqualTo(new Entry.Unknown());
    clock.pass(Duration.ofMinutes(11));
    here.forget();
    assertThat(poll(here, pending)).isEqualTo(new Poll.Unknown());
    assertThat(jdbc.queryForObject("select count(*) from pairing", Integer.class)).isZero();
  }

  @Test
  void enter_fiveWrongCodes_lockTheAccountOutOnEveryNode() {
    Pairings.Begun begun = begin();
    for (int i = 0; i < 5; i++) {
      // a right one of the guesser's own in between forgives nothing
      found(begun);
      assertThat((i % 2 == 0 ? here : there).enter("BBBB-BBBB", "alice", "192.0.2." + i))
          .isEqualTo(new Entry.Unknown());
    }
    assertThat(here.enter(begun.userCode(), "alice", "192.0.2.99"))
        .isInstanceOf(Entry.TooMany.class);
    assertThat(here.enter(begun.userCode(), "bob", "192.0.2.99")).isInstanceOf(Entry.Found.class);
    clock.pass(Duration.ofMinutes(9));
    assertThat(there.enter(begun.userCode(), "alice", "192.0.2.99"))
        .isInstanceOf(Entry.TooMany.class);
  }

  @Test
  void enter_thirtyWrongCodesOfOneNetwork_lockItOutWhateverTheAccount() {
    for (int i = 0; i < 30; i++) {
      assertThat(here.enter("BBBB-BBBB", "account" + i, "2001:db8::" + i))
          .isEqualTo(new Entry.Unknown());
    }
    assertThat(there.enter(begin().userCode(), "another", "2001:db8::ff"))
        .isInstanceOf(Entry.TooMany.class);
    assertThat(there.enter(begin().userCode(), "another", "2001:db9::1"))
        .isInstanceOf(Entry.Found.class);
  }

  @Test
  void approveAndDeny_manyAtOnce_oneAnswers() throws Exception {
    Pairings.Begun begun = begin();
    String id = found(begun);
    List<Boolean> answers =
        together(
            n ->
                n % 2 == 0
                    ? here.approve(id, alice, Set.of("openid"))
                    : there.deny(id, "mallory" + n));
    assertThat(answers.stream().filter(first -> first)).hasSize(1);
    assertThat(jdbc.queryForObject("select count(*) from security_event", Integer.class))
        .isEqualTo(1);
  }

  @Test
  void poll_manyAtOnce_oneIsGivenTheTokens() throws Exception {
    Pairings.Begun begun = begin();
    here.approve(found(begun), alice, Set.of("openid"));
    List<Poll> polls = together(n -> poll(n % 2 == 0 ? here : there, begun));
    assertThat(polls.stream().filter(Poll.Approved.class::isInstance)).hasSize(1);
    assertThat(polls.stream().filter(Poll.Redeemed.class::isInstance)).hasSize(polls.size() - 1);
  }

  private interface Work<T> {
    T call(int n);
  }

  private static <T> List<T> together(Work<T> work) throws Exception {
    int atOnce = 16;
    CyclicBarrier barrier = new CyclicBarrier(atOnce);
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < atOnce; i++) {
        int n = i;
        Callable<T> task =
            () -> {
              barrier.await(30, TimeUnit.SECONDS);
              return work.call(n);
            };
        futures.add(threads.submit(task));
      }
      for (Future<T> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
    }
    return results;
  }

  private static final class OneClient implements Clients {

    @Override
    public Optional<Client> find(String clientId) {
      return clientId.equals("tv") ? Optional.of(TV) : Optional.empty();
    }

    @Override
    public Registration register(Client client) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean secretMatches(String clientId, String secret) {
      return false;
    }

    @Override
    public JWKSet keysOf(Client client) {
      return new JWKSet();
    }
  }
}
