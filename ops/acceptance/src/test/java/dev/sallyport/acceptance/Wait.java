package dev.sallyport.acceptance;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Bounded waits for what other processes do. */
final class Wait {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Waits for the condition; how long that took. */
  static Duration until(String what, Duration within, BooleanSupplier condition) {
    return forValue(
            what, within, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty())
        .after();
  }

  record Found<T>(T value, Duration after) {}

  /** Waits for a value; with how long that took. */
  static <T> Found<T> forValue(String what, Duration within, Supplier<Optional<T>> source) {
    long begun = System.nanoTime();
    while (true) {
      var value = source.get();
      var passed = Duration.ofNanos(System.nanoTime() - begun);
      if (value.isPresent()) {
        return new Found<>(value.get(), passed);
      }
      if (passed.compareTo(within) > 0) {
        throw new AssertionError("not within " + within + ": " + what);
      }
      pause();
    }
  }

  static void pause() {
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private Wait() {}
}
