package dev.sallyport.auth.recovery;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.recovery.MailLink.Purpose;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.vault.RandomIds;
import dev.sallyport.auth.vault.Vault;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Optional;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** The links that are out, as rows that only check them. */
@Component
class MailLinks {

  private static final int TOKEN_BYTES = 32;
  private static final int TOKEN_LENGTH = 43;
  private static final String PURPOSE = "mail-link";

  private final JdbcTemplate jdbc;
  private final Vault vault;
  private final RandomIds ids;
  private final Clock clock;

  MailLinks(JdbcTemplate jdbc, Vault vault, RandomIds ids, Clock clock) {
    this.jdbc = jdbc;
    this.vault = vault;
    this.ids = ids;
    this.clock = clock;
  }

  /** Makes a link; what is returned goes into the mail and nowhere else. */
  @Transactional(propagation = Propagation.MANDATORY)
  public String make(MailLink link, Duration life) {
    String token = ids.base64url(TOKEN_BYTES);
    Instant now = clock.instant();
    jdbc.update(
        "insert into mail_link (token_hash, purpose, account_id, email, password_version, made_at,"
            + " expires_at) values (?, ?, ?, ?, ?, ?, ?)",
        hash(token),
        link.purpose().name(),
        link.accountId(),
        link.email(),
        link.passwordVersion(),
        at(now),
        at(now.plus(life)));
    return token;
  }

  /** The link of this token, if it is good. */
  @Transactional(readOnly = true)
  public Optional<MailLink> find(String token) {
    if (token.length() != TOKEN_LENGTH) {
      return Optional.empty();
    }
    return jdbc
        .query(
            "select purpose, account_id, email, password_version from mail_link"
                + " where token_hash = ? and expires_at > ?",
            (row, _) ->
                new MailLink(
                    Purpose.valueOf(row.getString(1)),
                    row.getString(2),
                    row.getString(3),
                    row.getLong(4)),
            hash(token),
            at(clock.instant()))
        .stream()
        .findFirst();
  }

  /** Spends it: of two at the same time, on whichever nodes, one gets true. */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean spend(String token) {
    return jdbc.update(
            "delete from mail_link where token_hash = ? and expires_at > ?",
            hash(token),
            at(clock.instant()))
        == 1;
  }

  /** How many were made for this account since then. */
  @Transactional(readOnly = true)
  public int madeSince(String accountId, Instant since) {
    Integer made =
        jdbc.queryForObject(
            "select count(*) from mail_link where account_id = ? and made_at > ?",
            Integer.class,
            accountId,
            at(since));
    return made == null ? 0 : made;
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT5M")
  @Transactional
  public void forgetExpired() {
    jdbc.update("delete from mail_link where expires_at < ?", at(clock.instant()));
  }

  @EventListener
  public void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed closed) {
      jdbc.update("delete from mail_link where account_id = ?", closed.accountId());
    }
  }

  private String hash(String token) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(vault.mac(token.getBytes(UTF_8), PURPOSE));
  }

  private static OffsetDateTime at(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
