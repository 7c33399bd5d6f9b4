package dev.sallyport.gateway.signal;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.springframework.stereotype.Component;

/**
 * How long ago the gateway last heard the whole stream, and what follows from it. Thread-safe.
 *
 * <p>Time heard counts only when the answer brought us up to date, and survives a restart.
 */
@Component
public final class Hearing {
  /** Two long polls and a little: longer silence is a fault that people should see. */
  public static final Duration SILENCE_HEALTHY_MAX = Duration.ofSeconds(10);

  /** Promise of the design: beyond this, nobody new is let in. */
  public static final Duration SILENCE_ADMITTING_MAX = Duration.ofSeconds(60);

  private final Clock clock;
  private volatile Instant lastHeard = Instant.EPOCH;
  private volatile boolean heard;

  Hearing(Clock clock) {
    this.clock = clock;
  }

  /** Whether so much was missed that nobody new may be admitted. */
  public boolean deaf() {
    return isBeyond(SILENCE_ADMITTING_MAX);
  }

  /** Whether the stream is heard as it should be: by this process, not only by the one before. */
  public boolean healthy() {
    return heard && !isBeyond(SILENCE_HEALTHY_MAX);
  }

  /** Since the stream was last heard. */
  public Duration silence() {
    return Duration.between(lastHeard, clock.instant());
  }

  Instant lastHeard() {
    return lastHeard;
  }

  void heardAt(Instant time) {
    lastHeard = time;
    heard = true;
  }

  /** When it was heard before this process began. */
  void rememberedAt(Instant time) {
    lastHeard = time;
  }

  /** A clock set back must not stretch the time for which old news is good. */
  private boolean isBeyond(Duration limit) {
    Duration silence = silence();
    return silence.compareTo(limit) > 0 || silence.compareTo(limit.negated()) < 0;
  }
}
