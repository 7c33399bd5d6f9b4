package dev.sallyport.gateway.log;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The threads on which this service waits for its database, apart from the log's writers. Their
 * number and their queues are bounded: beyond, a call fails at once with {@link
 * UnavailableException}, instead of piling up behind a slow database.
 *
 * <p>Callers take turns: each has a queue of its own, the threads serve one call of each in turn,
 * and who fills the own queue is refused while others wait no longer for it. The service's own
 * calls, such as a follower's pages, take turns as one more, with a queue that no caller can fill.
 */
public final class DatabaseThreads implements AutoCloseable {

  /**
   * More than the database has cores only adds waiting; the pool of connections must hold these.
   */
  public static final int THREADS = 4;

  /** At some 1 ms a query, half a second of work. */
  private static final int CALLS_QUEUED_MAX = 2_048;

  /** For all sockets and requests of one caller together. */
  static final int CALLS_QUEUED_PER_CALLER_MAX = 128;

  private static final int OWN_CALLS_QUEUED_MAX = 1_024;

  private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

  /** Whose turn is the service's own. */
  private static final String OWN = "";

  private final List<Thread> threads;

  // Guarded by this object: callers with something queued, whose turn it is first.
  private final ArrayDeque<String> turns = new ArrayDeque<>();
  private final Map<String, ArrayDeque<Runnable>> queues = new HashMap<>();
  private int callersQueued;
  private boolean closed;

  public DatabaseThreads() {
    threads =
        IntStream.range(0, THREADS)
            .mapToObj(number -> Thread.ofPlatform().name("database-" + number).start(this::run))
            .toList();
  }

  /** Runs a call of the service's own; what it throws fails the future as it is. */
  public <T extends @Nullable Object> CompletableFuture<T> call(Callable<T> call) {
    return call(OWN, call);
  }

  /** Runs the call in turn with those of others; what it throws fails the future as it is. */
  public <T extends @Nullable Object> CompletableFuture<T> call(
      String callerUserId, Callable<T> call) {
    var result = new CompletableFuture<T>();
    boolean queued =
        offer(
            callerUserId,
            () -> {
              try {
                result.complete(call.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    if (!queued) {
      result.completeExceptionally(
          new UnavailableException(new IllegalStateException("too many calls wait")));
    }
    return result;
  }

  private synchronized boolean offer(String caller, Runnable task) {
    var queue = queues.get(caller);
    int own = queue == null ? 0 : queue.size();
    boolean full =
        caller.equals(OWN)
            ? own >= OWN_CALLS_QUEUED_MAX
            : own >= CALLS_QUEUED_PER_CALLER_MAX || callersQueued >= CALLS_QUEUED_MAX;
    if (closed || full) {
      return false;
    }
    if (queue == null) {
      queue = new ArrayDeque<>();
      queues.put(caller, queue);
      turns.add(caller);
    }
    queue.add(task);
    if (!caller.equals(OWN)) {
      callersQueued++;
    }
    notify();
    return true;
  }

  private void run() {
    try {
      for (var task = next(); task != null; task = next()) {
        task.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next in turn; null once closed and empty. */
  private synchronized @Nullable Runnable next() throws InterruptedException {
    while (true) {
      var caller = turns.poll();
      if (caller != null) {
        return next(caller);
      }
      if (closed) {
        return null;
      }
      wait();
    }
  }

  private synchronized @Nullable Runnable next(String caller) {
    var queue = queues.get(caller);
    if (queue == null) {
      throw new IllegalStateException("a turn without a call");
    }
    var task = queue.poll();
    if (queue.isEmpty()) {
      queues.remove(caller);
    } else {
      turns.add(caller);
    }
    if (!caller.equals(OWN)) {
      callersQueued--;
    }
    return task;
  }

  /** Runs what is queued, then ends. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    long deadline = System.nanoTime() + CLOSE_MAX.toNanos();
    try {
      for (var thread : threads) {
        thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.forEach(Thread::interrupt);
  }
}
