package dev.sallyport.auth.signal;

import java.time.Clock;
import org.springframework.jdbc.core.JdbcTemplate;

/** The real events on a test's own database, without an application around them. */
public final class RealSecurityEvents {

  private RealSecurityEvents() {}

  public static SecurityEvents on(JdbcTemplate jdbc, Clock clock) {
    return new JdbcSecurityEvents(jdbc, clock, _ -> {});
  }
}
