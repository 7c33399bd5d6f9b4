package dev.sallyport.auth.signal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.RealSecurityEvents;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.signal.stream.SignalLog.Reading;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.SigningKeys;
import dev.sallyport.auth.vault.RandomIds;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the stream promises, on whichever database. */
@Timeout(120)
abstract class StreamContract {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Actor ADMIN = Actor.admin("the-admin");

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final ClaimsAsTokens keys = new ClaimsAsTokens();
  private TestDatabase database;
  private JdbcTemplate jdbc;
  private JdbcTransactionManager transactions;
  private TransactionTemplate transaction;
  private SecurityEvents events;
  private SignalSequencer sequencer;
  private SignalLog log;

  abstract TestDatabase open();

  @BeforeEach
  void start() {
    database = open();
    jdbc = new JdbcTemplate(database.dataSource());
    transactions = new JdbcTransactionManager(database.dataSource());
    transaction = new TransactionTemplate(transactions);
    events = RealSecurityEvents.on(jdbc, clock);
    sequencer = sequencer();
    log = new SignalLog(jdbc, transactions);
  }

  @AfterEach
  void stop() {
    database.close();
  }

  /** Another one on the same database is another node. */
  private SignalSequencer sequencer() {
    Installation installation =
        new Installation(
            URI.create("https://id.example"), Path.of("unused"), null, List.of(), null);
    SignalToken tokens =
        new SignalToken(
            keys,
            new RandomIds(new SecureRandom(), clock),
            installation,
            "https://gateway.example");
    return new SignalSequencer(jdbc, transactions, tokens, events, clock);
  }

  @Test
  void record_outsideTransaction_fails() {
    assertThatThrownBy(() -> events.record(ADMIN, new SecurityEvent.SessionRevoked("a", null)))
        .isInstanceOf(IllegalTransactionStateException.class);
    assertThat(count("security_event")).isZero();
  }

  @Test
  void record_rolledBack_leavesNothing() {
    transaction.executeWithoutResult(
        status -> {
          events.record(ADMIN, new SecurityEvent.SessionRevoked("a", null));
          status.setRollbackOnly();
        });
    assertThat(sequencer.numberCommitted()).isZero();
    assertThat(count("security_event")).isZero();
    assertThat(count("signal_pending")).isZero();
  }

  @Test
  void record_auditOnlyEvent_doesNotEnterTheStream() {
    record(new SecurityEvent.PasswordChanged("a"));
    assertThat(sequencer.numberCommitted()).isZero();
    assertThat(count("security_event")).isEqualTo(1);
  }

  @Test
  void sequencer_openTransactionBefore_numbersItAfterLaterOnes() throws Exception {
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      transaction.executeWithoutResult(
          _ -> {
            events.record(ADMIN, new SecurityEvent.SessionRevoked("first recorded", null));
            inOther(other, () -> record(new SecurityEvent.SessionRevoked("second recorded", null)));
            inOther(other, () -> assertThat(sequencer.numberCommitted()).isEqualTo(1));
          });
    }
    assertThat(sequencer.numberCommitted()).isEqualTo(2);
    assertThat(subjects(page(null, 10))).containsExactly("second recorded", "first recorded");
  }

  @Test
  void sequencer_signingFails_leavesNoGapAndLosesNothing() {
    record(new SecurityEvent.SessionRevoked("a", null));
    record(new SecurityEvent.SessionRevoked("b", null));
    keys.failAfter.set(1);
    assertThatThrownBy(() -> sequencer.numberCommitted()).isInstanceOf(IllegalStateException.class);
    assertThat(page(null, 10).tokens()).isEmpty();
    keys.failAfter.set(Integer.MAX_VALUE);
    assertThat(sequencer.numberCommitted()).isEqualTo(2);
    assertThat(subjects(page(null, 10))).containsExactly("a", "b");
  }

  /** One event that no token can be made of must not keep gateways from hearing the others. */
  @Test
  void sequencer_eventThatCannotBeSigned_endsThatUsersTokensAndGoesOn() {
    record(new SecurityEvent.SessionRevoked("before", "sid"));
    String text = "\u8a9e".repeat(256);
    Map<String, Object> large = new LinkedHashMap<>();
    for (int i = 0; i < 100; i++) {
      large.put("a" + i, text);
    }
    record(new SecurityEvent.ClaimsChanged("large", Set.of(), Set.of(), large));
    jdbc.update(
        "insert into security_event (type, actor_kind, subject, occurred_at, data)"
            + " values ('of-a-later-version', 'system', 'unknown', current_timestamp, '{}')");
    jdbc.update(
        "insert into signal_pending (event_id) select max(id) from security_event where type = 'of-a-later-version'");
    jdbc.update(
        "insert into security_event (type, actor_kind, occurred_at, data)"
            + " values ('policy-activated', 'system', current_timestamp, '{}')");
    jdbc.update(
        "insert into signal_pending (event_id) select max(id) from security_event where type = 'policy-activated'");
    record(new SecurityEvent.SessionRevoked("after", "sid"));

    assertThat(sequencer.numberCommitted()).isEqualTo(5);
    List<JsonNode> sets = page(null, 10).tokens().stream().map(JSON::readTree).toList();
    for (int replaced : List.of(1, 2)) {
      JsonNode revoked = payload(sets.get(replaced), "session-revoked");
      assertThat(revoked.get("event_timestamp").asLong())
          .isEqualTo(clock.instant().getEpochSecond());
      assertThat(sets.get(replaced).get("sub_id").has("session")).isFalse();
    }
    assertThat(sets.get(1).get("sub_id").get("user").get("sub").asString()).isEqualTo("large");
    assertThat(sets.get(2).get("sub_id").get("user").get("sub").asString()).isEqualTo("unknown");
    assertThat(sets.get(3).get("events").has("https://sallyport.dev/secevent/event-lost")).isTrue();
    assertThat(sets.get(4).get("sub_id").get("user").get("sub").asString()).isEqualTo("after");
    assertThat(sequencer.replaced()).isEqualTo(3);
    assertThat(
            jdbc.queryForList(
                "select subject from security_event where type = 'signal-replaced' order by id",
                String.class))
        .containsExactly("large", "unknown", null);
    assertThat(count("signal_pending")).isZero();
  }

  @Test
  void sequencer_moreThanABatch_numbersAll() {
    int count = SignalSequencer.BATCH_MAX + 7;
    transaction.executeWithoutResult(
        _ -> {
          for (int i = 0; i < count; i++) {
            events.record(ADMIN, new SecurityEvent.DeviceRevoked("a", "device-" + i));
          }
        });
    assertThat(sequencer.numberCommitted()).isEqualTo(count);
    assertThat(count("signal_pending")).isZero();
  }

  @Test
  void read_inPages_goesOnWhereItStopped() {
    for (String subject : List.of("a", "b", "c")) {
      record(new SecurityEvent.SessionRevoked(subject, null));
    }
    sequencer.numberCommitted();
    Reading.Page first = page(null, 2);
    assertThat(subjects(first)).containsExactly("a", "b");
    assertThat(first.more()).isTrue();
    Reading.Page second = page(first.position(), 2);
    assertThat(subjects(second)).containsExactly("c");
    assertThat(second.more()).isFalse();
    Reading.Page third = page(second.position(), 2);
    assertThat(third.tokens()).isEmpty();
    assertThat(third.position()).isEqualTo(second.position());
  }

  @Test
  void read_positionNeverGivenOut_isUnknown() {
    record(new SecurityEvent.SessionRevoked("a", null));
    sequencer.numberCommitted();
    assertThat(log.read(2L, 10)).isInstanceOf(Reading.Unknown.class);
  }

  @Test
  void forgetOld_readerBeforeWhatIsKept_isToldSo() {
    record(new SecurityEvent.SessionRevoked("old", null));
    record(new SecurityEvent.SessionRevoked("old too", null));
    sequencer.numberCommitted();
    clock.advance(SignalSequencer.RETENTION.plusSeconds(1));
    record(new SecurityEvent.SessionRevoked("new", null));
    sequencer.numberCommitted();

    assertThat(sequencer.forgetOld()).isEqualTo(2);
    assertThat(log.read(0L, 10)).isEqualTo(new Reading.Unknown(2));
    assertThat(log.read(1L, 10)).isEqualTo(new Reading.Unknown(2));
    assertThat(subjects(page(2L, 10))).containsExactly("new");
    assertThat(subjects(page(null, 10))).containsExactly("new");
  }

  @Test
  void forgetOld_everything_positionsGoOn() {
    record(new SecurityEvent.SessionRevoked("old", null));
    sequencer.numberCommitted();
    clock.advance(SignalSequencer.RETENTION.plusSeconds(1));
    assertThat(sequencer.forgetOld()).isEqualTo(1);
    assertThat(sequencer.forgetOld()).isZero();
    assertThat(page(null, 10)).isEqualTo(new Reading.Page(1, List.of(), false));
    record(new SecurityEvent.SessionRevoked("new", null));
    assertThat(sequencer.numberCommitted()).isEqualTo(2);
    assertThat(subjects(page(1L, 10))).containsExactly("new");
  }

  @Test
  void token_ofEachSignal_isAsPublished() {
    record(new SecurityEvent.SessionRevoked("acc", "the-sid"));
    record(new SecurityEvent.SessionRevoked("acc", null));
    record(
        new SecurityEvent.ClaimsChanged(
            "acc",
            Set.of("user"),
            Set.of("staff", "blue"),
            Map.of("department", "contractor", "level", 3L, "teams", List.of("x", "y"))));
    record(new SecurityEvent.DeviceRevoked("acc", "the-device"));
    record(new SecurityEvent.PolicyActivated(7, 3L));
    record(new SecurityEvent.GrantRevoked("acc", "the-client", "the-grant", "code_replayed"));
    record(new SecurityEvent.AccountClosed("acc"));
    clock.advance(Duration.ofSeconds(5));
    sequencer.numberCommitted();

    List<JsonNode> sets = page(null, 10).tokens().stream().map(JSON::readTree).toList();
    long now = clock.instant().getEpochSecond();
    for (JsonNode set : sets) {
      assertThat(set.get("iss").asString()).isEqualTo("https://id.example");
      assertThat(set.get("aud").asString()).isEqualTo("https://gateway.example");
      assertThat(set.get("iat").asLong()).isEqualTo(now);
      assertThat(set.get("jti").asString()).hasSize(22);
      assertThat(set.get("events").size()).isEqualTo(1);
      JsonNode payload = set.get("events").iterator().next();
      // of the numbering, not of the recording: a token issued in between did not see the change
      assertThat(payload.get("event_timestamp").asLong()).isEqualTo(now);
    }
    assertThat(sets.get(0).get("sub_id"))
        .isEqualTo(
            JSON.readTree(
                """
                {"format":"complex",
                 "user":{"format":"iss_sub","iss":"https://id.example","sub":"acc"},
                 "session":{"format":"opaque","id":"the-sid"}}"""));
    assertThat(payload(sets.get(0), "session-revoked").get("initiating_entity").asString())
        .isEqualTo("admin");
    assertThat(sets.get(1).get("sub_id").has("session")).isFalse();
    assertThat(payload(sets.get(2), "token-claims-change").get("claims"))
        .isEqualTo(
            JSON.readTree(
                """
                {"roles":["user"],"groups":["blue","staff"],
                 "attributes":{"department":"contractor","level":3,"teams":["x","y"]}}"""));
    assertThat(sets.get(3).get("sub_id").get("device"))
        .isEqualTo(JSON.readTree("{\"format\":\"opaque\",\"id\":\"the-device\"}"));
    JsonNode device = payload(sets.get(3), "credential-change");
    assertThat(device.get("credential_type").asString()).isEqualTo("x-device");
    assertThat(device.get("change_type").asString()).isEqualTo("revoke");
    JsonNode activated =
        sets.get(4).get("events").get("https://sallyport.dev/secevent/policy-activated");
    assertThat(activated.get("version").asLong()).isEqualTo(7);
    assertThat(sets.get(5).get("sub_id"))
        .isEqualTo(
            JSON.readTree(
                """
                {"format":"complex",
                 "user":{"format":"iss_sub","iss":"https://id.example","sub":"acc"}}"""));
    JsonNode grant = sets.get(5).get("events").get("https://sallyport.dev/secevent/grant-revoked");
    assertThat(grant.get("grant_id").asString()).isEqualTo("the-grant");
    assertThat(grant.get("initiating_entity").asString()).isEqualTo("admin");
    assertThat(sets.get(6).get("sub_id")).isEqualTo(sets.get(5).get("sub_id"));
    assertThat(
            sets.get(6)
                .get("events")
                .has("https://schemas.openid.net/secevent/risc/event-type/account-purged"))
        .isTrue();
    assertThat(keys.purposes).containsOnly(KeyPurpose.SIGNAL);
    assertThat(keys.types).containsOnly("secevent+jwt");
  }

  /**
   * Eight writers whose transactions commit out of order or roll back, two nodes that number, three
   * readers that follow from the start: every reader sees every committed event exactly once, in
   * one order, and a writer's own events in the order in which it committed them.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 20261123, 77})
  void stream_concurrentWritersAndNodes_everyReaderSeesEveryCommittedEventOnce(long seed)
      throws Exception {
    int writers = 8;
    int perWriter = 40;
    Set<String> committed = ConcurrentHashMap.newKeySet();
    AtomicInteger commits = new AtomicInteger();
    AtomicBoolean writing = new AtomicBoolean(true);
    AtomicBoolean numbering = new AtomicBoolean(true);
    List<Future<?>> writerRuns = new ArrayList<>();
    List<Future<?>> nodeRuns = new ArrayList<>();
    List<Future<List<String>>> readerRuns = new ArrayList<>();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (int w = 0; w < writers; w++) {
        int writer = w;
        Random random = new Random(seed * 31 + w);
        writerRuns.add(threads.submit(() -> write(writer, perWriter, random, committed, commits)));
      }
      for (int n = 0; n < 2; n++) {
        SignalSequencer node = sequencer();
        nodeRuns.add(
            threads.submit(
                () -> {
                  while (writing.get()) {
                    node.numberCommitted();
                  }
                }));
      }
      for (int r = 0; r < 3; r++) {
        Random random = new Random(seed * 131 + r);
        readerRuns.add(threads.submit(() -> follow(random, numbering)));
      }
      for (Future<?> run : writerRuns) {
        run.get(60, TimeUnit.SECONDS);
      }
      writing.set(false);
      for (Future<?> run : nodeRuns) {
        run.get(60, TimeUnit.SECONDS);
      }
      long last = sequencer.numberCommitted();
      numbering.set(false);

      assertThat(last).as("seed %d", seed).isEqualTo(committed.size());
      @Nullable List<String> order = null;
      for (Future<List<String>> run : readerRuns) {
        List<String> seen = run.get(60, TimeUnit.SECONDS);
        assertThat(seen).as("seed %d", seed).doesNotHaveDuplicates();
        assertThat(seen).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(committed);
        if (order != null) {
          assertThat(seen).as("seed %d", seed).isEqualTo(order);
        }
        order = seen;
        assertWritersInOrder(seen, seed);
      }
    }
  }

  private void write(
      int writer, int count, Random random, Set<String> committed, AtomicInteger commits) {
    for (int i = 0; i < count; i++) {
      List<String> mine = new ArrayList<>();
      for (int part = 0; part <= random.nextInt(3); part++) {
        mine.add("%d/%04d/%d".formatted(writer, i, part));
      }
      boolean rollBack = random.nextInt(4) == 0;
      int hold = random.nextInt(3) == 0 ? 1 + random.nextInt(6) : 0;
      transaction.executeWithoutResult(
          status -> {
            for (String id : mine) {
              events.record(Actor.system(), new SecurityEvent.DeviceRevoked("acc", id));
            }
            // stay open while others commit; only so long, since all may wait at the same time
            int until = commits.get() + hold;
            for (int spins = 0; commits.get() < until && spins < 200; spins++) {
              LockSupport.parkNanos(100_000);
            }
            if (rollBack) {
              status.setRollbackOnly();
            }
          });
      if (!rollBack) {
        committed.addAll(mine);
        commits.incrementAndGet();
      }
    }
  }

  private List<String> follow(Random random, AtomicBoolean numbering) {
    List<String> seen = new ArrayList<>();
    @Nullable Long after = null;
    while (true) {
      boolean last = !numbering.get();
      Reading.Page page = page(after, 1 + random.nextInt(20));
      assertThat(page.position()).isEqualTo((after == null ? 0 : after) + page.tokens().size());
      for (String token : page.tokens()) {
        seen.add(JSON.readTree(token).get("sub_id").get("device").get("id").asString());
      }
      after = page.position();
      if (last && !page.more()) {
        return seen;
      }
    }
  }

  private static void assertWritersInOrder(List<String> seen, long seed) {
    Map<String, String> lastOfWriter = new LinkedHashMap<>();
    for (String id : seen) {
      String writer = id.substring(0, id.indexOf('/'));
      @Nullable String before = lastOfWriter.put(writer, id);
      if (before != null) {
        assertThat(id).as("seed %d", seed).isGreaterThan(before);
      }
    }
  }

  private void record(SecurityEvent event) {
    transaction.executeWithoutResult(_ -> events.record(ADMIN, event));
  }

  private Reading.Page page(@Nullable Long after, int limit) {
    Reading reading = log.read(after, limit);
    assertThat(reading).isInstanceOf(Reading.Page.class);
    return (Reading.Page) reading;
  }

  private static List<String> subjects(Reading.Page page) {
    return page.tokens().stream()
        .map(token -> JSON.readTree(token).get("sub_id").get("user").get("sub").asString())
        .toList();
  }

  private static JsonNode payload(JsonNode set, String type) {
    return set.get("events").get("https://schemas.openid.net/secevent/caep/event-type/" + type);
  }

  private long count(String table) {
    Long count = jdbc.queryForObject("select count(*) from " + table, Long.class);
    return count == null ? 0 : count;
  }

  private static void inOther(ExecutorService other, Runnable work) {
    try {
      other.submit(work).get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Tokens are the bare claims: what is signed can be read without keys. */
  private static final class ClaimsAsTokens implements SigningKeys {
    final Set<KeyPurpose> purposes = ConcurrentHashMap.newKeySet();
    final Set<String> types = ConcurrentHashMap.newKeySet();
    final AtomicInteger failAfter = new AtomicInteger(Integer.MAX_VALUE);

    @Override
    public long version() {
      return 1;
    }

    @Override
    public String sign(KeyPurpose purpose, String typ, JWTClaimsSet claims) {
      return sign(purpose, typ, claims.toString());
    }

    @Override
    public String sign(KeyPurpose purpose, String typ, String claims) {
      if (failAfter.getAndDecrement() <= 0) {
        throw new IllegalStateException("no key");
      }
      purposes.add(purpose);
      types.add(typ);
      return claims;
    }

    @Override
    public JWKSet published(KeyPurpose purpose) {
      return new JWKSet();
    }
  }

  private static final class SettableClock extends Clock {
    private volatile Instant now;

    SettableClock(Instant now) {
      this.now = now;
    }

    void advance(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
