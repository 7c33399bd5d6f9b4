package dev.sallyport.auth.logout;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.session.SessionEnd;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Which clients are to hear of the end of which session (Back-Channel Logout 1.0). They are noted
 * when they are given tokens, and written to when the session ends, in the transaction that ends
 * it: whatever becomes of this process, the letter exists if and only if the session has ended.
 */
@Component
public class LogoutSubscriptions implements SessionEnd {

  private final JdbcClient jdbc;
  private final ObjectProvider<Sessions> sessions;
  private final RandomIds ids;
  private final Clock clock;

  LogoutSubscriptions(
      JdbcClient jdbc, ObjectProvider<Sessions> sessions, RandomIds ids, Clock clock) {
    this.jdbc = jdbc;
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
    for (Member member : members) {
      jdbc.sql(
              """
              INSERT INTO logout_delivery (id, client_id, account_id, sid, created_at_ms, attempts,
                due_at_ms)
              VALUES (?, ?, ?, ?, ?, 0, ?)
              """)
          .params(
              ids.uuid7(),
              member.clientId(),
              accountId,
              member.sid(),
              clock.millis(),
              clock.millis())
          .update();
      jdbc.sql("DELETE FROM session_client WHERE sid = ? AND client_id = ?")
          .params(member.sid(), member.clientId())
          .update();
    }
  }

  /** Sessions that expired by themselves are no logout; their rows are forgotten in the end. */
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
