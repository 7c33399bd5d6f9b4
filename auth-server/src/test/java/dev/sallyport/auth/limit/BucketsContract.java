package dev.sallyport.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.database.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What buckets promise to two nodes, on whichever database. */
abstract class BucketsContract {

  private static final int AT_ONCE = 20;

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final TestDatabase database = open();
  private final JdbcClient jdbc = JdbcClient.create(database.dataSource());
  private final RateLimits limits = new RateLimits(jdbc, clock);
  private final Buckets buckets = limits.buckets("b", 3, 30);

  /** The same bucket at another node. */
  private final Buckets beside = new RateLimits(jdbc, clock).buckets("b", 3, 30);

  abstract TestDatabase open();

  @AfterEach
  void close() {
    database.close();
  }

  private int takes(String key) {
    int taken = 0;
    while (taken < 100 && (taken % 2 == 0 ? buckets : beside).take(key).isEmpty()) {
      taken++;
    }
    return taken;
  }

  @Test
  void take_moreThanItHolds_isToldWhenThereIsOneAgain() {
    assertThat(takes("a")).isEqualTo(3);
    assertThat(buckets.take("a")).contains(Duration.ofSeconds(2));
    clock.pass(Duration.ofMillis(1999));
    assertThat(beside.take("a")).isPresent();
    clock.pass(Duration.ofMillis(1));
    assertThat(beside.take("a")).isEmpty();
    assertThat(buckets.take("a")).isPresent();
    assertThat(takes("b")).as("another's").isEqualTo(3);
    assertThat(limits.buckets("c", 1, 1).take("a")).as("of another feature").isEmpty();
    clock.pass(Duration.ofDays(1));
    assertThat(takes("a")).as("never more than it holds").isEqualTo(3);
  }

  @Test
  void take_manyAtOnceOnTwoNodes_givesWhatItHolds() throws Exception {
    CyclicBarrier together = new CyclicBarrier(AT_ONCE);
    List<Future<Optional<Duration>>> takes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < AT_ONCE; i++) {
        Buckets node = i % 2 == 0 ? buckets : beside;
        takes.add(
            threads.submit(
                () -> {
                  together.await(30, TimeUnit.SECONDS);
                  return node.take("a");
                }));
      }
      int taken = 0;
      for (Future<Optional<Duration>> take : takes) {
        taken += take.get(60, TimeUnit.SECONDS).isEmpty() ? 1 : 0;
      }
      assertThat(taken).isEqualTo(3);
    }
  }

  @Test
  void giveBack_oneOrMore_neverMakesMoreThanItHolds() {
    takes("a");
    beside.giveBack("a");
    assertThat(takes("a")).isEqualTo(1);
    for (int i = 0; i < 10; i++) {
      buckets.giveBack("a");
    }
    assertThat(takes("a")).isEqualTo(3);
    buckets.giveBack("never taken from");
    assertThat(takes("never taken from")).isEqualTo(3);
  }

  @Test
  void take_clockThatGoesBack_givesNothingAndKeepsNobodyOutForLong() {
    takes("a");
    clock.pass(Duration.ofHours(-1));
    assertThat(buckets.take("a")).contains(Duration.ofSeconds(2));
    clock.pass(Duration.ofSeconds(2));
    assertThat(buckets.take("a")).isEmpty();
    assertThat(beside.take("a")).isPresent();
  }

  @Test
  void forget_full_goesAndOthersStay() {
    takes("a");
    clock.pass(Duration.ofSeconds(5));
    takes("b");
    clock.pass(Duration.ofSeconds(2));
    limits.forget();
    assertThat(jdbc.sql("SELECT COUNT(*) FROM rate_bucket").query(Integer.class).single())
        .isEqualTo(1);
    assertThat(takes("a")).isEqualTo(3);
    assertThat(takes("b")).isEqualTo(1);
  }
}
