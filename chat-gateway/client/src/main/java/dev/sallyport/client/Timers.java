package dev.sallyport.client;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One thread that waits for all connections of this process; the work itself is done elsewhere. */
final class Timers {

  private static final ScheduledThreadPoolExecutor WAITING =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("gateway-timers").factory());

  static {
    WAITING.setRemoveOnCancelPolicy(true);
  }

  private Timers() {}

  /** Runs that later, on a virtual thread, unless it is cancelled before. */
  static Future<?> after(Duration pause, Runnable work) {
    return WAITING.schedule(
        () -> Thread.ofVirtual().name("gateway-timer").start(work),
        Math.max(0, pause.toMillis()),
        TimeUnit.MILLISECONDS);
  }
}
