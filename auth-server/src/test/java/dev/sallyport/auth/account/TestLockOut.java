package dev.sallyport.auth.account;

import java.time.Clock;
import java.time.Duration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/** The real count of attempts on a test's own database, without an application around it. */
public final class TestLockOut {

  private TestLockOut() {}

  public static LockOut on(
      JdbcTemplate jdbc, PlatformTransactionManager transactions, Clock clock) {
    return new LockOut(
        jdbc, transactions, new LockOutSettings(5, 30, Duration.ofMinutes(15)), clock);
  }
}
