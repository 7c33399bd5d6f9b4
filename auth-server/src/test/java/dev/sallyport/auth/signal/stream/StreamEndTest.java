package dev.sallyport.auth.signal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamEndTest {

  private static final Duration LONG = Duration.ofSeconds(50);

  private final StreamEnd end = new StreamEnd();

  @Test
  void awaitBeyond_reachedAlready_returnsAtOnce() throws Exception {
    end.reached(3);
    end.awaitBeyond(2, LONG);
  }

  @Test
  void awaitBeyond_reachedWhileWaiting_wakesAll() throws Exception {
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      Future<?> first = threads.submit(() -> waitBeyond(0));
      Future<?> second = threads.submit(() -> waitBeyond(0));
      while (!end.awaited()) {
        Thread.onSpinWait();
      }
      end.reached(1);
      first.get(20, TimeUnit.SECONDS);
      second.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void close_whileWaiting_letsWaitersGo() throws Exception {
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      Future<?> waiter = threads.submit(() -> waitBeyond(0));
      while (!end.awaited()) {
        Thread.onSpinWait();
      }
      end.close();
      waiter.get(20, TimeUnit.SECONDS);
      assertThat(end.awaited()).isFalse();
    }
  }

  private void waitBeyond(long position) {
    try {
      end.awaitBeyond(position, LONG);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
