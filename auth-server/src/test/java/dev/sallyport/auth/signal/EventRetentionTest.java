package dev.sallyport.auth.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.installation.SettingRefused;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class EventRetentionTest {

  private static final AuditSettings SETTINGS =
      new AuditSettings(Duration.ofDays(180), Duration.ofDays(30));

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));

  private static List<@Nullable String> types(JdbcTemplate jdbc) {
    return jdbc.queryForList("select type from security_event order by id", String.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2", "postgresql"})
  void forgetOld_onEitherDatabase_keepsTheYoungAndWhatTheStreamHolds(String vendor) {
    try (TestDatabase database =
        vendor.equals("h2") ? TestDatabase.h2() : TestDatabase.postgres()) {
      JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
      TransactionTemplate transaction =
          new TransactionTemplate(new JdbcTransactionManager(database.dataSource()));
      SecurityEvents events = RealSecurityEvents.on(jdbc, clock);
      EventRetention retention = new EventRetention(jdbc, SETTINGS, clock);
      transaction.executeWithoutResult(
          _ -> {
            events.record(Actor.system(), new SecurityEvent.PasswordChanged("a"));
            events.record(Actor.system(), new SecurityEvent.SessionRevoked("a", null));
            for (int i = 0; i < 2 * EventRetention.BATCH_MAX + 1; i++) {
              events.record(Actor.system(), new SecurityEvent.SignInFailed(null, "wrong_password"));
            }
          });
      // one event in the stream, one on its way there
      Long inStream =
          jdbc.queryForObject(
              "select id from security_event where type = 'session-revoked'", Long.class);
      jdbc.update("delete from signal_pending where event_id = ?", inStream);
      jdbc.update(
          "insert into signal (position, event_id, made_at, token) values (1, ?, ?, 'x')",
          inStream,
          clock.instant().atOffset(ZoneOffset.UTC));
      clock.pass(Duration.ofDays(30));
      retention.forgetOld();
      assertThat(types(jdbc))
          .as("30 days old, not older")
          .hasSize(2 * EventRetention.BATCH_MAX + 3);

      clock.pass(Duration.ofSeconds(1));
      transaction.executeWithoutResult(
          _ -> {
            events.record(Actor.system(), new SecurityEvent.SignInFailed(null, "wrong_password"));
            events.record(Actor.system(), new SecurityEvent.SessionRevoked("b", null));
          });
      retention.forgetOld();
      assertThat(types(jdbc))
          .containsExactly(
              "password-changed", "session-revoked", "sign-in-failed", "session-revoked");

      clock.pass(Duration.ofDays(200));
      retention.forgetOld();
      assertThat(types(jdbc)).containsExactly("session-revoked", "session-revoked");
      jdbc.update("delete from signal");
      retention.forgetOld();
      assertThat(types(jdbc)).as("the pending one stays").hasSize(1);
    }
  }

  @Test
  void settings_thatForgetTooSoon_areRefused() {
    assertThatThrownBy(() -> new AuditSettings(Duration.ofDays(1), Duration.ofDays(1)))
        .isInstanceOf(SettingRefused.class);
    assertThatThrownBy(() -> new AuditSettings(Duration.ofDays(10), Duration.ofDays(30)))
        .isInstanceOf(SettingRefused.class);
  }
}
