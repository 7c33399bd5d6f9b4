package dev.sallyport.auth.account;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Counts attempts at a credential, and refuses after so many wrong ones, for a time.
 *
 * <p>An attempt is counted <em>before</em> the credential is looked at, by one statement that fails
 * when none is left; a right one takes the count back. So however many guesses arrive at once, on
 * however many nodes, no more of them are looked at than are allowed. A refused attempt does not
 * prolong the lock-out.
 *
 * <p>Passwords are keyed by what was typed, not by an account found: a username that nobody has
 * locks out like any other and so tells nothing. Each method is a transaction of its own, since a
 * guess counts even if what it was part of fails.
 */
@Component
public class LockOut {

  /** What is guessed at: each is counted apart. */
  public enum Credential {
    /** By one network, or one browser, for one account. */
    PASSWORD,
    /** By all networks together: more are allowed, since strangers use them up. */
    PASSWORD_ANYWHERE,
    SECOND_FACTOR,
    /** Codes that devices show (RFC 8628), by one account. */
    USER_CODE,
    /** By all accounts of one network. */
    USER_CODE_OF_NETWORK,
    /** Letters to one address about signing up: nothing is guessed, but each costs its reader. */
    SIGN_UP,
    /** Addresses that one network would sign up with. */
    SIGN_UP_OF_NETWORK,
    /** Codes sent at the wish of one account, and to one phone or address. */
    CODE_SENT
  }

  /** Whether an attempt may be made. */
  public sealed interface Admission {

    record Admitted() implements Admission {}

    /**
     * Too many wrong ones; {@code remaining} is how long until the next may be made, never zero.
     */
    record LockedOut(Duration remaining) implements Admission {}
  }

  /** Nobody needs more, and a stranger shall not fill someone's letter box. */
  private static final int LETTERS_MAX = 3;

  /** Each may cost money, and three of them are guessed at three times. */
  private static final int CODES_MAX = 5;

  /** Two insert at the same time at most once for each node; this many are proof of a bug. */
  private static final int TRIES_MAX = 8;

  private final JdbcTemplate jdbc;
  private final TransactionTemplate alone;
  private final LockOutSettings settings;
  private final Clock clock;

  LockOut(
      JdbcTemplate jdbc,
      PlatformTransactionManager transactions,
      LockOutSettings settings,
      Clock clock) {
    this.jdbc = jdbc;
    this.alone = new TransactionTemplate(transactions);
    this.alone.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    this.settings = settings;
    this.clock = clock;
  }

  /** Counts an attempt, or says that it is one too many. */
  public Admission admit(Credential credential, String key) {
    String subject = subject(credential, key);
    for (int i = 0; i < TRIES_MAX; i++) {
      Instant now = clock.instant();
      if (count(subject, attemptsMax(credential), now)) {
        return new Admission.Admitted();
      }
      List<Counted> counted = counted(subject);
      if (counted.isEmpty()) {
        if (begin(subject, now)) {
          return new Admission.Admitted();
        }
      } else if (counted.getFirst().attempts() >= attemptsMax(credential)) {
        Instant end = counted.getFirst().lastAt().plus(settings.duration());
        if (end.isAfter(now)) {
          return new Admission.LockedOut(Duration.between(now, end));
        }
      }
      // Else another began counting between the two looks: count with it.
    }
    throw new IllegalStateException("attempts at a credential could not be counted");
  }

  /** The attempt was right: forget the wrong ones before it. */
  public void succeeded(Credential credential, String key) {
    alone.executeWithoutResult(
        _ ->
            jdbc.update(
                "delete from credential_attempt where subject = ?", subject(credential, key)));
  }

  /** The attempt was right: as if it had not been made. The wrong ones before it stay counted. */
  public void takeBack(Credential credential, String key) {
    alone.executeWithoutResult(
        _ ->
            jdbc.update(
                "update credential_attempt set attempts = attempts - 1"
                    + " where subject = ? and attempts > 0",
                subject(credential, key)));
  }

  private int attemptsMax(Credential credential) {
    return switch (credential) {
      case PASSWORD, SECOND_FACTOR, USER_CODE -> settings.attempts();
      case PASSWORD_ANYWHERE, USER_CODE_OF_NETWORK, SIGN_UP_OF_NETWORK ->
          settings.attemptsAnywhere();
      case SIGN_UP -> LETTERS_MAX;
      case CODE_SENT -> CODES_MAX;
    };
  }

  private boolean count(String subject, int attemptsMax, Instant now) {
    OffsetDateTime at = at(now);
    OffsetDateTime forgottenBefore = at(now.minus(settings.duration()));
    Integer counted =
        alone.execute(
            _ ->
                jdbc.update(
                    "update credential_attempt set attempts = case when last_at <= ? then 1 else"
                        + " attempts + 1 end, last_at = ? where subject = ? and (attempts < ? or"
                        + " last_at <= ?)",
                    forgottenBefore,
                    at,
                    subject,
                    attemptsMax,
                    forgottenBefore));
    return counted == 1;
  }

  private boolean begin(String subject, Instant now) {
    try {
      alone.executeWithoutResult(
          _ ->
              jdbc.update(
                  "insert into credential_attempt (subject, attempts, last_at) values (?, 1, ?)",
                  subject,
                  at(now)));
      return true;
    } catch (DuplicateKeyException e) {
      return false;
    }
  }

  private record Counted(int attempts, Instant lastAt) {}

  private List<Counted> counted(String subject) {
    return jdbc.query(
        "select attempts, last_at from credential_attempt where subject = ?",
        (row, _) -> new Counted(row.getInt(1), row.getObject(2, OffsetDateTime.class).toInstant()),
        subject);
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT5M")
  void forgetOld() {
    Instant before = clock.instant().minus(settings.duration()).minus(Duration.ofDays(1));
    jdbc.update("delete from credential_attempt where last_at < ?", at(before));
  }

  private static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  /** A digest, since people type passwords into the username field. */
  private static String subject(Credential credential, String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return credential.name()
          + "/"
          + Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }
}
