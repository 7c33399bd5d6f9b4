package dev.sallyport.auth.signal.stream;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Gives committed signals their positions.
 *
 * <p>Transactions commit in any order, so a number taken when an event is recorded would let a
 * reader who has seen 7 miss 6, which commits later. Therefore an event is recorded without a
 * position, queued in {@code signal_pending} by its own transaction, and numbered here once it is
 * committed and thereby visible:
 *
 * <ol>
 *   <li>lock the one row of {@code signal_stream}: on any number of nodes, one numbers at a time,
 *       and the next sees everything the last one did;
 *   <li>read what is pending in the order of recording, sign a token for each, insert them with the
 *       next positions, and take exactly these out of the queue;
 *   <li>commit all of it together. Whoever sees a position sees all before it; a process that dies
 *       in between leaves the queue as it was.
 * </ol>
 *
 * <p>An event recorded after another one was committed has the later position: the first is
 * numbered before it, or in the same run before it, since ids grow with the time of recording.
 *
 * <p>Nothing may hold the stream up, since gateways that hear nothing refuse everyone. So where a
 * batch cannot be numbered for a reason that lies in an event, its events are numbered one by one,
 * and the one at fault is replaced by what is safe to believe in its place ({@link
 * SignalToken#substitute}), which is logged, shown in the health and recorded in the audit trail.
 * While the database or the keys are away, nothing is replaced: the substitute cannot be stored
 * either.
 */
@Component
class SignalSequencer {

  private static final Logger LOG = LoggerFactory.getLogger(SignalSequencer.class);

  /** How long a signal can be read: far longer than any token lives. */
  static final Duration RETENTION = Duration.ofHours(24);

  /** Signals numbered in one transaction: bounds how long the stream is locked. */
  static final int BATCH_MAX = 500;

  private final JdbcTemplate jdbc;
  private final TransactionTemplate transaction;
  private final SignalToken tokens;
  private final SecurityEvents events;
  private final Clock clock;
  private final AtomicInteger replaced = new AtomicInteger();

  SignalSequencer(
      JdbcTemplate jdbc,
      PlatformTransactionManager transactions,
      SignalToken tokens,
      SecurityEvents events,
      Clock clock) {
    this.jdbc = jdbc;
    this.transaction = new TransactionTemplate(transactions);
    // reads what others committed before the lock was ours, not before this transaction began
    this.transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    this.tokens = tokens;
    this.events = events;
    this.clock = clock;
  }

  /** How many events this process has replaced since it started. */
  int replaced() {
    return replaced.get();
  }

  /**
   * Numbers everything that was committed before the call. Returns the last position given out, by
   * this node or another.
   */
  long numberCommitted() {
    while (true) {
      State state = state();
      if (!state.pending()) {
        return state.lastPosition();
      }
      if (number() < BATCH_MAX) {
        return state().lastPosition();
      }
    }
  }

  /** Numbers a batch; where an event spoils it, all of it one by one. Returns how many. */
  private int number() {
    try {
      return batch(BATCH_MAX, tokens::sign).size();
    } catch (RuntimeException e) {
      if (!ofAnEvent(e)) {
        throw e;
      }
    }
    int numbered = 0;
    while (numbered < BATCH_MAX && numberNext()) {
      numbered++;
    }
    return numbered;
  }

  /** Numbers the next event, or its substitute. Returns false if none waits. */
  private boolean numberNext() {
    try {
      return !batch(1, tokens::sign).isEmpty();
    } catch (RuntimeException e) {
      if (!ofAnEvent(e)) {
        throw e;
      }
      List<SignalToken.Recorded> done = batch(1, this::substitute);
      for (SignalToken.Recorded event : done) {
        replaced.incrementAndGet();
        LOG.error(
            "signal {} of type `{}` could not be made and was replaced: {}",
            event.eventId(),
            event.type(),
            e.getClass().getSimpleName());
      }
      return !done.isEmpty();
    }
  }

  /** Runs in the transaction of the numbering. */
  private String substitute(SignalToken.Recorded event, Instant now) {
    events.record(
        Actor.system(),
        new SecurityEvent.SignalReplaced(event.subject(), event.eventId(), event.type()));
    return tokens.substitute(event, now);
  }

  /** Not where the database is away or busy: that passes. */
  private static boolean ofAnEvent(RuntimeException e) {
    return !(e instanceof TransactionException)
        && (!(e instanceof DataAccessException) || e instanceof DataIntegrityViolationException);
  }

  private List<SignalToken.Recorded> batch(
      int countMax, BiFunction<SignalToken.Recorded, Instant, String> token) {
    return Objects.requireNonNull(transaction.execute(_ -> numberBatch(countMax, token)));
  }

  /** Deletes signals older than {@link #RETENTION}. Returns how many. */
  int forgetOld() {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              long last = lock();
              OffsetDateTime oldest = clock.instant().minus(RETENTION).atOffset(ZoneOffset.UTC);
              // not "delete what is old": after a clock was set back, that could leave a gap
              @Nullable Long firstKept =
                  jdbc.queryForObject(
                      "select min(position) from signal where made_at >= ?", Long.class, oldest);
              long forgotten = firstKept == null ? last : firstKept - 1;
              int deleted = jdbc.update("delete from signal where position <= ?", forgotten);
              if (deleted > 0) {
                jdbc.update(
                    "update signal_stream set forgotten_position = ? where id = 1", forgotten);
              }
              return deleted;
            }));
  }

  private record State(long lastPosition, boolean pending) {}

  private State state() {
    return Objects.requireNonNull(
        jdbc.queryForObject(
            "select last_position, exists (select 1 from signal_pending) from signal_stream where id = 1",
            (row, _) -> new State(row.getLong(1), row.getBoolean(2))));
  }

  private List<SignalToken.Recorded> numberBatch(
      int countMax, BiFunction<SignalToken.Recorded, Instant, String> token) {
    long position = lock();
    List<SignalToken.Recorded> batch =
        jdbc.query(
            "select e.id, e.type, e.actor_kind, e.subject, e.data from signal_pending p"
                + " join security_event e on e.id = p.event_id order by e.id limit "
                + countMax,
            SignalSequencer::recorded);
    if (batch.isEmpty()) {
      return batch;
    }
    Instant now = clock.instant();
    OffsetDateTime madeAt = now.atOffset(ZoneOffset.UTC);
    List<Object[]> signals = new ArrayList<>(batch.size());
    List<Object[]> numbered = new ArrayList<>(batch.size());
    for (SignalToken.Recorded event : batch) {
      position++;
      signals.add(new Object[] {position, event.eventId(), madeAt, token.apply(event, now)});
      numbered.add(new Object[] {event.eventId()});
    }
    jdbc.batchUpdate(
        "insert into signal (position, event_id, made_at, token) values (?, ?, ?, ?)", signals);
    // by id: a range could take an event with it that was committed only now
    jdbc.batchUpdate("delete from signal_pending where event_id = ?", numbered);
    jdbc.update("update signal_stream set last_position = ? where id = 1", position);
    return batch;
  }

  /** Locks the stream until the transaction ends. Returns the last position. */
  private long lock() {
    return Objects.requireNonNull(
        jdbc.queryForObject(
            "select last_position from signal_stream where id = 1 for update", Long.class));
  }

  private static SignalToken.Recorded recorded(ResultSet row, int index) throws SQLException {
    return new SignalToken.Recorded(
        row.getLong(1), row.getString(2), row.getString(3), row.getString(4), row.getString(5));
  }
}
