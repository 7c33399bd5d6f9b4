package dev.sallyport.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.log.DatabaseThreads;
import dev.sallyport.gateway.log.TestDatabase;
import dev.sallyport.gateway.quota.SharedQuota.Kind;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Two gateways that count together, on a clock that only the test moves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SharedQuotaContract {

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-24T00:00:00Z"));
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private TestDatabase database;
  private List<DatabaseThreads> threads;
  private List<SharedQuota> gateways;

  abstract TestDatabase database();

  @BeforeAll
  void open() {
    database = database();
    threads = List.of(new DatabaseThreads(), new DatabaseThreads());
    gateways =
        threads.stream()
            .map(own -> new SharedQuota(own, database.dataSource(), now::get, meters))
            .toList();
  }

  @AfterAll
  void close() throws Exception {
    threads.forEach(DatabaseThreads::close);
    database.close();
  }

  private long take(int gateway, String user, int count) {
    return gateways
        .get(gateway)
        .take(Kind.CLAIMS, user, count)
        .orTimeout(30, TimeUnit.SECONDS)
        .join();
  }

  @Test
  void take_atBoth_givesTheBucketOnce_andFillsIt() {
    String user = UUID.randomUUID().toString();
    assertThat(take(0, user, 300)).isZero();
    assertThat(take(1, user, 201)).isPositive();
    assertThat(take(1, user, 200)).isZero();
    // 500 in an hour: one in 7.2 s.
    assertThat(take(0, user, 1)).isEqualTo(7_200);
    now.updateAndGet(at -> at.plusMillis(7_199));
    assertThat(take(0, user, 1)).isEqualTo(1);
    now.updateAndGet(at -> at.plusMillis(1));
    assertThat(take(1, user, 1)).isZero();
    assertThat(take(0, user, 1)).isPositive();
    assertThat(take(0, UUID.randomUUID().toString(), 500)).as("someone else").isZero();
    assertThat(gateways.get(1).take(Kind.JOINS, user, 1).orTimeout(30, TimeUnit.SECONDS).join())
        .as("something else")
        .isZero();
    now.updateAndGet(at -> at.plusSeconds(1_000_000));
    assertThat(take(0, user, 501)).as("more than there ever is takes all").isZero();
    now.updateAndGet(at -> at.minusSeconds(500_000));
    assertThat(take(0, user, 1)).as("a clock set back fills nothing").isPositive();
    now.updateAndGet(at -> at.plusSeconds(500_000));
    assertThat(meters.counter("sallyport.limited", "what", "claims").count()).isPositive();
  }

  @Test
  void take_atOnceAtBoth_givesNotOneTooMany() {
    for (int round = 0; round < 5; round++) {
      String user = UUID.randomUUID().toString();
      List<CompletableFuture<Long>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        all.add(gateways.get(i % 2).take(Kind.CLAIMS, user, 10));
      }
      assertThat(all.stream().filter(one -> one.orTimeout(30, TimeUnit.SECONDS).join() == 0))
          .hasSize(50);
    }
  }

  @Test
  void rows_ofFullBuckets_areSweptOut() throws Exception {
    for (int i = 0; i < 1_100; i++) {
      take(i % 2, UUID.randomUUID().toString(), 1);
      now.updateAndGet(at -> at.plusSeconds(8));
    }
    try (var connection = database.dataSource().getConnection();
        var count = connection.prepareStatement("select count(*) from quota").executeQuery()) {
      assertThat(count.next()).isTrue();
      assertThat(count.getInt(1)).isLessThan(1_010);
    }
  }
}
