package dev.sallyport.auth.grant;

import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Forgets what the owner of an account consented to in the transaction in which it is closed. */
@Component
class ConsentsOfClosedAccounts {

  private final JdbcClient jdbc;

  ConsentsOfClosedAccounts(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed(String accountId)) {
      jdbc.sql("DELETE FROM oauth_consent WHERE principal_name = ?").param(accountId).update();
    }
  }
}
