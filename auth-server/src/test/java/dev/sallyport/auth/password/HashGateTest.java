package dev.sallyport.auth.password;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HashGateTest {

  @Test
  void pass_moreThanMayWait_overflowsAtOnceAndTheOthersGetThrough() throws Exception {
    HashGate gate = new HashGate(2, Duration.ofMinutes(1));
    CountDownLatch release = new CountDownLatch(1);
    int presentMax = 2 * 33;
    CountDownLatch overflowed = new CountDownLatch(100 - presentMax);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Optional<String>>> futures = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int asker = i;
        futures.add(
            threads.submit(
                () -> {
                  Optional<String> done =
                      gate.pass(
                          "asker " + asker,
                          () -> {
                            awaits(release);
                            return "done";
                          });
                  if (done.isEmpty()) {
                    overflowed.countDown();
                  }
                  return done;
                }));
      }
      // those who find no room do not wait for those who have it
      assertThat(overflowed.await(30, TimeUnit.SECONDS)).isTrue();
      release.countDown();
      int done = 0;
      for (Future<Optional<String>> future : futures) {
        done += future.get(30, TimeUnit.SECONDS).isPresent() ? 1 : 0;
      }
      assertThat(done).isEqualTo(presentMax);
    }
    assertThat(gate.pass("asker", () -> "room again")).contains("room again");
  }

  @Test
  void pass_patienceOver_givesUp() throws Exception {
    HashGate gate = new HashGate(1, Duration.ofMillis(1));
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Optional<String>> first =
          threads.submit(
              () ->
                  gate.pass(
                      "first",
                      () -> {
                        inside.countDown();
                        awaits(release);
                        return "first";
                      }));
      assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(gate.pass("second", () -> "second")).isEmpty();
      release.countDown();
      assertThat(first.get(30, TimeUnit.SECONDS)).contains("first");
    }
  }

  @Test
  void pass_oneAskerWithManyAtOnce_leavesRoomForAnother() throws Exception {
    HashGate gate = new HashGate(2, Duration.ofMinutes(1));
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch refused = new CountDownLatch(40 - 22);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 40; i++) {
        threads.execute(
            () -> {
              if (gate.pass(
                      "greedy",
                      () -> {
                        awaits(release);
                        return "done";
                      })
                  .isEmpty()) {
                refused.countDown();
              }
            });
      }
      assertThat(refused.await(30, TimeUnit.SECONDS)).isTrue();
      Future<Optional<String>> modest = threads.submit(() -> gate.pass("modest", () -> "done"));
      release.countDown();
      assertThat(modest.get(30, TimeUnit.SECONDS)).contains("done");
    }
    assertThat(gate.pass("greedy", () -> "room again")).contains("room again");
  }

  private static void awaits(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
