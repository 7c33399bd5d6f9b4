package dev.sallyport.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sallyport.policy.entity.Entities;
import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.RecordValue;
import dev.sallyport.policy.value.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A new version is a new engine; those who decide meanwhile see the one or the other, whole. */
class SwapTest {
  private static final int SWAPS = 60;
  private static final int THREADS = 4;

  /** An engine, and the only number that it permits. */
  private record Version(long permitted, PolicyEngine engine) {
    static Version of(long number) {
      StringBuilder text = new StringBuilder("permit (principal, action, resource);\n");
      text.append("forbid (principal, action, resource) when { context.n != " + number + " };\n");
      for (int i = 0; i < 20; i++) {
        text.append("permit (principal, action, resource == R::\"" + i + "\");\n");
      }
      return new Version(
          number,
          PolicyEngine.plan(
              PolicySet.parse(text.toString(), PolicyIds.BY_PLACE).orElseThrow(),
              ErrorMode.FAIL_CLOSED));
    }

    boolean permits(long n) {
      Request request =
          new Request(
              EntityUid.of("P", "p"),
              EntityUid.of("Action", "a"),
              EntityUid.of("R", "1"),
              RecordValue.of("n", Value.of(n)));
      return engine.decide(request, Entities.NONE).permitted();
    }
  }

  @Test
  void decide_whileEnginesAreSwapped_answersByOneVersion() throws Exception {
    AtomicReference<Version> current = new AtomicReference<>(Version.of(0));
    CountDownLatch deciding = new CountDownLatch(THREADS);
    AtomicBoolean over = new AtomicBoolean();
    Callable<Void> decider =
        () -> {
          while (!over.get()) {
            Version version = current.get();
            for (long n = 0; n < SWAPS; n++) {
              assertEquals(n == version.permitted, version.permits(n));
            }
            deciding.countDown();
          }
          return null;
        };
    List<Future<Void>> running = new ArrayList<>();
    try (ExecutorService platform = Executors.newFixedThreadPool(THREADS);
        ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < THREADS; i++) {
        running.add(platform.submit(decider));
        running.add(virtual.submit(decider));
      }
      assertTrue(deciding.await(1, TimeUnit.MINUTES));
      for (int swap = 1; swap < SWAPS; swap++) {
        Version next = Version.of(swap);
        current.set(next);
        assertTrue(next.permits(swap), "in force for whoever asks from here on");
      }
      over.set(true);
      for (Future<Void> each : running) {
        each.get(1, TimeUnit.MINUTES);
      }
    } finally {
      over.set(true);
    }
  }
}
