package dev.sallyport.auth.signal;

import java.sql.PreparedStatement;
import java.sql.Types;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.GeneratedKeyHolder;
import org.springframework.stereotype.Component;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import tools.jackson.databind.json.JsonMapper;

/** Events as rows; a signal's row is also queued for the sequencer, in the same transaction. */
@Component
class JdbcSecurityEvents implements SecurityEvents {

  /** A security event token must stay below 64 KiB, base64 and signature included. */
  static final int DATA_CHARS_MAX = 40_000;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final JdbcTemplate jdbc;
  private final Clock clock;
  private final ApplicationEventPublisher publisher;

  JdbcSecurityEvents(JdbcTemplate jdbc, Clock clock, ApplicationEventPublisher publisher) {
    this.jdbc = jdbc;
    this.clock = clock;
    this.publisher = publisher;
  }

  @Override
  public void record(Actor actor, SecurityEvent event) {
    if (!TransactionSynchronizationManager.isActualTransactionActive()) {
      throw new IllegalTransactionStateException(
          "a security event is recorded in the transaction of the change it tells of");
    }
    EventForm form = EventForm.of(event);
    String data = JSON.writeValueAsString(form.data());
    if (data.length() > DATA_CHARS_MAX) {
      throw new IllegalArgumentException(
          "a `" + form.type() + "` event has more than " + DATA_CHARS_MAX + " characters");
    }
    GeneratedKeyHolder key = new GeneratedKeyHolder();
    jdbc.update(
        connection -> {
          PreparedStatement insert =
              connection.prepareStatement(
                  "insert into security_event (type, actor_kind, actor_id, subject, occurred_at, data, reference)"
                      + " values (?, ?, ?, ?, ?, ?, ?)",
                  new String[] {"id"});
          insert.setString(1, form.type());
          insert.setString(2, actor.kind().caep());
          insert.setObject(3, actor.id(), Types.VARCHAR);
          insert.setObject(4, event.subject(), Types.VARCHAR);
          insert.setObject(
              5, clock.instant().truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC));
          insert.setString(6, data);
          insert.setObject(7, reference(event), Types.VARCHAR);
          return insert;
        },
        key);
    if (event instanceof SecurityEvent.Signal) {
      long id = Objects.requireNonNull(key.getKey(), "the row has an id").longValue();
      jdbc.update("insert into signal_pending (event_id) values (?)", id);
      TransactionSynchronizationManager.registerSynchronization(new Announcement(publisher));
    }
    publisher.publishEvent(new EventRecorded(actor, event));
  }

  /** By what someone may ask for it later. */
  private static @Nullable String reference(SecurityEvent event) {
    return event instanceof SecurityEvent.Refused refused ? refused.decisionId() : null;
  }

  /** Tells this process at once; other nodes, and a later start of this one, look by themselves. */
  private record Announcement(ApplicationEventPublisher publisher)
      implements TransactionSynchronization {
    @Override
    public void afterCommit() {
      publisher.publishEvent(new SignalCommitted());
    }
  }
}
