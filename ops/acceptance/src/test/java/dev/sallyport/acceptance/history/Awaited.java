package dev.sallyport.acceptance.history;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Bounded waits for what other processes do. */
final class Awaited {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  private Awaited() {}

  static void until(String what, Duration within, BooleanSupplier condition) {
    long begun = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - begun > within.toNanos()) {
        throw new IllegalStateException("not within " + within + ": " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
