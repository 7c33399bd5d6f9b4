package dev.sallyport.auth.signal.stream;

import dev.sallyport.auth.signal.SignalCommitted;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Runs the sequencer: at once after a commit of this process, and every {@link #LOOK_EVERY} for
 * what other nodes committed or numbered, or what a killed process left. While the database is away
 * it tries again more slowly. Being in the default phase, it stops before the web server begins to
 * wait for its last requests.
 */
@Component
class SequencerLoop implements SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(SequencerLoop.class);

  /** Other nodes' signals reach this node's waiters within 250 ms: this, and a query. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private static final Duration BACKOFF_MAX = Duration.ofSeconds(5);
  private static final Duration FORGET_EVERY = Duration.ofHours(1);

  private final SignalSequencer sequencer;
  private final StreamEnd end;
  private final Clock clock;
  private final Semaphore committed = new Semaphore(0);
  private @Nullable Thread thread;
  private volatile boolean failing;

  SequencerLoop(SignalSequencer sequencer, StreamEnd end, Clock clock) {
    this.sequencer = sequencer;
    this.end = end;
    this.clock = clock;
  }

  @EventListener
  void onCommit(SignalCommitted event) {
    committed.release();
  }

  @Override
  public synchronized void start() {
    thread = Thread.ofPlatform().name("signal-sequencer").daemon().start(this::run);
  }

  /** Ends the loop and lets every waiter go, so that a graceful stop need not wait for them. */
  @Override
  public synchronized void stop() {
    end.close();
    @Nullable Thread running = thread;
    thread = null;
    if (running != null) {
      running.interrupt();
      try {
        running.join(TimeUnit.SECONDS.toMillis(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return thread != null;
  }

  /** Whether the last try to number signals failed. */
  boolean failing() {
    return failing;
  }

  private void run() {
    Duration pause = LOOK_EVERY;
    Instant forgetAt = clock.instant();
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          end.reached(sequencer.numberCommitted());
          if (!clock.instant().isBefore(forgetAt)) {
            sequencer.forgetOld();
            forgetAt = clock.instant().plus(FORGET_EVERY);
          }
          if (failing) {
            LOG.info("signals are numbered again");
          }
          failing = false;
          pause = LOOK_EVERY;
        } catch (RuntimeException e) {
          if (Thread.currentThread().isInterrupted()) {
            return;
          }
          if (!failing) {
            LOG.warn("signals cannot be numbered now; trying again: {}", e.toString());
          }
          failing = true;
          pause =
              pause.multipliedBy(2).compareTo(BACKOFF_MAX) > 0
                  ? BACKOFF_MAX
                  : pause.multipliedBy(2);
        }
        if (committed.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          committed.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
