package dev.sallyport.gateway.log;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads on which this service waits for its database, apart from the log's writers. Their
 * number and their queue are bounded: beyond, a call fails at once with {@link
 * UnavailableException}, instead of piling up behind a slow database.
 */
public final class DatabaseThreads implements AutoCloseable {

  /**
   * More than the database has cores only adds waiting; the pool of connections must hold these.
   */
  public static final int THREADS = 4;

  /** At some 1 ms a query, a quarter of a second of work. */
  private static final int CALLS_QUEUED_MAX = 1_024;

  private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(CALLS_QUEUED_MAX),
          Thread.ofPlatform().name("database-", 0).factory());

  /** Runs the call; what it throws fails the future as it is. */
  public <T extends @Nullable Object> CompletableFuture<T> call(Callable<T> call) {
    var result = new CompletableFuture<T>();
    try {
      threads.execute(
          () -> {
            try {
              result.complete(call.call());
            } catch (Throwable e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(new UnavailableException(e));
    }
    return result;
  }

  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
