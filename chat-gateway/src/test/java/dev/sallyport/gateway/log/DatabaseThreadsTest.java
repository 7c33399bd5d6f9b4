package dev.sallyport.gateway.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DatabaseThreadsTest {

  /** All threads but one wait until it is released; the last one serves in order. */
  private static CountDownLatch occupyAllButOne(DatabaseThreads threads) throws Exception {
    var release = new CountDownLatch(1);
    occupy(threads, DatabaseThreads.THREADS - 1, release);
    return release;
  }

  private static void occupy(DatabaseThreads threads, int count, CountDownLatch release)
      throws Exception {
    var occupied = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      var _ =
          threads.call(
              () -> {
                occupied.countDown();
                return release.await(60, TimeUnit.SECONDS);
              });
    }
    assertThat(occupied.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void call_callersTakeTurnsHoweverMuchOneOfThemAsks() throws Exception {
    try (var threads = new DatabaseThreads()) {
      var others = occupyAllButOne(threads);
      var start = new CountDownLatch(1);
      occupy(threads, 1, start);
      var served = Collections.synchronizedList(new ArrayList<String>());
      var calls = new ArrayList<CompletableFuture<Boolean>>();
      for (int i = 0; i < 100; i++) {
        calls.add(threads.call("mallory", () -> served.add("mallory")));
      }
      calls.add(threads.call("alice", () -> served.add("alice")));
      calls.add(threads.call(() -> served.add("own")));
      calls.add(threads.call("alice", () -> served.add("alice")));

      start.countDown();
      for (var call : calls) {
        assertThat(call.get(60, TimeUnit.SECONDS)).isTrue();
      }
      others.countDown();

      assertThat(served.subList(0, 5))
          .containsExactly("mallory", "alice", "own", "mallory", "alice");
    }
  }

  @Test
  void call_beyondTheShareOfACaller_isRefusedToThatOneOnly() throws Exception {
    try (var threads = new DatabaseThreads()) {
      var release = new CountDownLatch(1);
      occupy(threads, DatabaseThreads.THREADS, release);
      List<CompletableFuture<Boolean>> taken = new ArrayList<>();
      for (int i = 0; i < DatabaseThreads.CALLS_QUEUED_PER_CALLER_MAX; i++) {
        taken.add(threads.call("mallory", () -> true));
      }

      var beyond = threads.call("mallory", () -> true);
      var other = threads.call("alice", () -> true);

      assertThat(beyond).isCompletedExceptionally();
      assertThat(beyond.exceptionNow()).isInstanceOf(UnavailableException.class);
      release.countDown();
      assertThat(other.get(60, TimeUnit.SECONDS)).isTrue();
      for (var call : taken) {
        assertThat(call.get(60, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(threads.call("mallory", () -> true).get(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void close_servesWhatIsQueuedAndRefusesMore() throws Exception {
    var threads = new DatabaseThreads();
    var calls = new ArrayList<CompletableFuture<Boolean>>();
    for (int i = 0; i < 50; i++) {
      calls.add(threads.call("alice", () -> true));
    }
    threads.close();

    assertThat(calls).allMatch(CompletableFuture::join);
    assertThat(threads.call("alice", () -> true)).isCompletedExceptionally();
  }
}
