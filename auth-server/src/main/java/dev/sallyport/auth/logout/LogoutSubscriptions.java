package dev.sallyport.auth.logout;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.session.SessionEnd;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Which clients are to hear of the end of which session (Back-Channel Logout 1.0). They are noted
 * when they are given tokens, and written to when the session ends, in the transaction that ends
 * it: whatever becomes of this process, the letter exists if and only if the session has ended.
 */
@Component
public class LogoutSubscriptions implements SessionEnd {

  /** In one transaction. */
  private static final int EXPIRED_AT_ONCE_MAX = 200;

  /** In one run; the next comes within a minute. */
  private static final int ROUNDS_MAX = 100;

  private final JdbcClient jdbc;
  private final ObjectProvider<Sessions> sessions;
  private final TransactionTemplate transaction;
  private final RandomIds ids;
  private final Clock clock;

  LogoutSubscriptions(
      JdbcClient jdbc,
      ObjectProvider<Sessions> sessions,
      PlatformTransactionManager transactions,
      RandomIds ids,
      Clock clock) {
    this.jdbc = jdbc;
    this.transaction = new TransactionTemplate(transactions);
    this.sessions = sessions;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Notes that a client was given tokens in this session; call in the transaction that gives them.
   *
   * @return false where the session has ended meanwhile: then nothing is to be given
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean joined(Client client, String accountId, String sid) {
    if (client.logout().backchannelUri() == null) {
      return true;
    }
    // whoever ends the session does so before, and is seen, or after, and finds the row
    if (sessions.getObject().lock(sid).isEmpty()) {
      return false;
    }
    int known =
        jdbc.sql("UPDATE session_client SET since_ms = ? WHERE sid = ? AND client_id = ?")
            .params(clock.millis(), sid, client.clientId())
            .update();
    if (known == 0) {
      jdbc.sql(
              "INSERT INTO session_client (sid, client_id, account_id, since_ms) VALUES (?, ?, ?,"
                  + " ?)")
          .params(sid, client.clientId(), accountId, clock.millis())
          .update();
    }
    return true;
  }

  private record Member(String sid, String clientId) {}

  @Override
  public void ended(String accountId, @Nullable String sid) {
    List<Member> members =
        jdbc.sql(
                """
                SELECT sid, client_id FROM session_client
                WHERE account_id = ? AND (sid = ? OR CAST(? AS VARCHAR(22)) IS NULL)
                """)
            .param(accountId)
            .param(sid)
            .param(sid)
            .query((row, n) -> new Member(row.getString("sid"), row.getString("client_id")))
            .list();
    members.forEach(member -> write(member, accountId));
  }

  private void write(Member member, String accountId) {
    // whoever takes the row away writes the letter: of several nodes, one
    int taken =
        jdbc.sql("DELETE FROM session_client WHERE sid = ? AND client_id = ?")
            .params(member.sid(), member.clientId())
            .update();
    if (taken == 0) {
      return;
    }
    jdbc.sql(
            """
            INSERT INTO logout_delivery (id, client_id, account_id, sid, created_at_ms, attempts,
              due_at_ms)
            VALUES (?, ?, ?, ?, ?, 0, ?)
            """)
        .params(
            ids.uuid7(), member.clientId(), accountId, member.sid(), clock.millis(), clock.millis())
        .update();
  }

  private record Expired(Member member, String accountId) {}

  /**
   * A session that came to its end by itself has ended, too (Back-Channel Logout 1.0 §2.5 leaves it
   * to the provider): its clients hear of it. It never lives again, so nothing needs to be locked.
   */
  @Scheduled(fixedDelayString = "PT1M", initialDelayString = "PT1M")
  void tellOfExpired() {
    int told = EXPIRED_AT_ONCE_MAX;
    for (int round = 0; round < ROUNDS_MAX && told == EXPIRED_AT_ONCE_MAX; round++) {
      List<Expired> expired =
          jdbc.sql(
                  """
                  SELECT c.sid, c.client_id, c.account_id FROM session_client c
                  JOIN sign_in_session s ON s.sid = c.sid
                  WHERE s.ended_at IS NULL AND s.expires_at <= ?
                  ORDER BY s.expires_at FETCH FIRST %d ROWS ONLY
                  """
                      .formatted(EXPIRED_AT_ONCE_MAX))
              .param(clock.instant().atOffset(ZoneOffset.UTC))
              .query(
                  (row, n) ->
                      new Expired(
                          new Member(row.getString("sid"), row.getString("client_id")),
                          row.getString("account_id")))
              .list();
      transaction.executeWithoutResult(
          _ -> expired.forEach(one -> write(one.member(), one.accountId())));
      told = expired.size();
    }
  }

  /** Of sessions that are forgotten. */
  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT10M")
  void forget() {
    jdbc.sql(
            """
            DELETE FROM session_client WHERE NOT EXISTS (
              SELECT 1 FROM sign_in_session WHERE sign_in_session.sid = session_client.sid)
            """)
        .update();
  }
}
