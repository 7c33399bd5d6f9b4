package dev.sallyport.auth.limit;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Makes the buckets of a feature, and forgets those that are full. */
@Component
public final class RateLimits {

  private final JdbcClient jdbc;
  private final Clock clock;

  public RateLimits(JdbcClient jdbc, Clock clock) {
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /**
   * @param name keeps the keys of one feature apart from another's
   * @param size so many at once
   * @param perMinute so many more each minute
   */
  public Buckets buckets(String name, int size, int perMinute) {
    return new Buckets(name, size, perMinute, jdbc, clock);
  }

  @Scheduled(fixedDelayString = "PT1M", initialDelayString = "PT1M")
  void forget() {
    jdbc.sql("DELETE FROM rate_bucket WHERE full_at_us < ?")
        .param(ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()))
        .update();
  }
}
