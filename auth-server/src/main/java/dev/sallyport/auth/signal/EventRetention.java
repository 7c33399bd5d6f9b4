package dev.sallyport.auth.signal;

import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Forgets security events that are older than they are kept for. Whoever types wrong passwords
 * writes events; without this they would fill the disk.
 *
 * <p>An event that is in the stream, or on its way into it, stays whatever its age. A few at a
 * time, so that no lock is held for long; any number of nodes may do it at once.
 */
@Component
final class EventRetention {

  static final int BATCH_MAX = 1000;

  /** In one run; the next comes within the hour. */
  static final int BATCHES_MAX = 100;

  private final JdbcTemplate jdbc;
  private final AuditSettings settings;
  private final Clock clock;

  EventRetention(JdbcTemplate jdbc, AuditSettings settings, Clock clock) {
    this.jdbc = jdbc;
    this.settings = settings;
    this.clock = clock;
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT10M")
  void forgetOld() {
    forget("", settings.retention());
    forget(" and e.type = 'sign-in-failed'", settings.failedSignIns());
  }

  private void forget(String also, Duration kept) {
    int batches = 0;
    while (batches < BATCHES_MAX && forgetBatch(also, kept) == BATCH_MAX) {
      batches++;
    }
  }

  private int forgetBatch(String also, Duration kept) {
    // two statements: H2 asks a subquery again for each row that is gone
    List<Long> old =
        jdbc.query(
            "select e.id from security_event e where e.occurred_at < ?"
                + also
                + " and not exists (select 1 from signal s where s.event_id = e.id)"
                + " and not exists (select 1 from signal_pending p where p.event_id = e.id)"
                + " order by e.occurred_at limit "
                + BATCH_MAX,
            (row, _) -> row.getLong(1),
            clock.instant().minus(kept).atOffset(ZoneOffset.UTC));
    jdbc.batchUpdate(
        "delete from security_event where id = ?",
        old,
        BATCH_MAX,
        (delete, id) -> delete.setLong(1, id));
    return old.size();
  }
}
