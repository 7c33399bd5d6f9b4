package dev.sallyport.auth.mail;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.auth.vault.Vault;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The outgoing mail. A letter waits as a sealed row until the mail server has taken it: at least
 * once, seldom twice. Of several nodes, one claims a row for a while and then delivers it with no
 * transaction open.
 */
@Component
public class Mail {

  private static final Logger LOG = LoggerFactory.getLogger(Mail.class);
  private static final String PURPOSE = "mail/";

  /** A mail server has so long to take a letter before another node may try. */
  private static final Duration CLAIM = Duration.ofMinutes(2);

  /** After the tenth, some ten hours have passed: what it says is no longer worth saying. */
  private static final int ATTEMPTS_MAX = 10;

  private static final int BATCH = 50;

  /** {@code text}: subject and text, sealed, in base64. */
  private record Waiting(String id, String to, String text, int attempts) {}

  private final Delivery delivery;
  private final JdbcTemplate jdbc;
  private final Vault vault;
  private final RandomIds ids;
  private final Clock clock;
  private final Executor away = new VirtualThreadTaskExecutor("mail-");
  private final AtomicBoolean running = new AtomicBoolean();

  Mail(Delivery delivery, JdbcTemplate jdbc, Vault vault, RandomIds ids, Clock clock) {
    this.delivery = delivery;
    this.jdbc = jdbc;
    this.vault = vault;
    this.ids = ids;
    this.clock = clock;
  }

  /** Whether this installation sends mail. */
  public boolean on() {
    return delivery.on();
  }

  /** Sends a letter when the caller's transaction has committed. Without mail, does nothing. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void send(Letter letter) {
    if (!on()) {
      return;
    }
    String id = ids.uuid7();
    byte[] sealed =
        vault.seal((letter.subject() + "\n" + letter.text()).getBytes(UTF_8), PURPOSE + id);
    OffsetDateTime now = at(clock.instant());
    jdbc.update(
        "insert into outgoing_mail (id, recipient, sealed, attempts, due_at) values (?, ?, ?, 0, ?)",
        id,
        letter.to(),
        sealed,
        now);
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            away.execute(Mail.this::deliverDue);
          }
        });
  }

  /** Delivers what is due. One at a time in this process: a slow mail server costs one thread. */
  @Scheduled(fixedDelayString = "PT20S", initialDelayString = "PT10S")
  void deliverDue() {
    while (running.compareAndSet(false, true)) {
      boolean more;
      try {
        more = deliverBatch();
      } finally {
        running.set(false);
      }
      if (!more) {
        return;
      }
    }
  }

  private boolean deliverBatch() {
    List<Waiting> due =
        jdbc.query(
            "select id, recipient, sealed, attempts from outgoing_mail where due_at <= ?"
                + " order by due_at limit "
                + BATCH,
            (row, _) ->
                new Waiting(
                    row.getString("id"),
                    row.getString("recipient"),
                    Base64.getEncoder().encodeToString(row.getBytes("sealed")),
                    row.getInt("attempts")),
            at(clock.instant()));
    due.forEach(this::deliver);
    return !due.isEmpty();
  }

  private void deliver(Waiting waiting) {
    Instant now = clock.instant();
    int claimed =
        jdbc.update(
            "update outgoing_mail set attempts = attempts + 1, due_at = ?"
                + " where id = ? and attempts = ?",
            at(now.plus(CLAIM.multipliedBy(1L << waiting.attempts()))),
            waiting.id(),
            waiting.attempts());
    if (claimed == 0) {
      return;
    }
    String[] parts =
        new String(
                vault.open(Base64.getDecoder().decode(waiting.text()), PURPOSE + waiting.id()),
                UTF_8)
            .split("\n", 2);
    try {
      delivery.deliver(new Letter(waiting.to(), parts[0], parts[1]));
    } catch (Delivery.Failed e) {
      boolean last = waiting.attempts() + 1 >= ATTEMPTS_MAX;
      LOG.warn(
          "mail {} was not delivered{}: {}",
          waiting.id(),
          last ? " and is given up" : "",
          e.getMessage());
      if (!last) {
        return;
      }
    }
    jdbc.update("delete from outgoing_mail where id = ?", waiting.id());
  }

  private static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
