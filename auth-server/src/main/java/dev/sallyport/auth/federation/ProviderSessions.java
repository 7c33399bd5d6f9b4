package dev.sallyport.auth.federation;

import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.signal.Actor;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Which sign-in sessions began with which provider's word. */
@Component
class ProviderSessions {

  /** Longer than any sign-in session; what is older has nothing to end. */
  private static final Duration KEPT = Duration.ofDays(400);

  /** Longer than any sign-in may take. */
  private static final Duration LOGOUT_KEPT = Duration.ofHours(1);

  private final JdbcClient jdbc;
  private final Sessions sessions;
  private final Clock clock;

  ProviderSessions(JdbcClient jdbc, Sessions sessions, Clock clock) {
    this.jdbc = jdbc;
    this.sessions = sessions;
    this.clock = clock;
  }

  /** One of them. */
  record Row(String sid, String accountId) {
    static Row read(ResultSet row, int n) throws SQLException {
      return new Row(row.getString("sid"), row.getString("account_id"));
    }
  }

  /** In the transaction that begins the session, or goes on with it. */
  void begun(String sid, String accountId, ProviderSession from) {
    forget(sid);
    jdbc.sql(
            "INSERT INTO federated_session"
                + " (sid, account_id, idp, issuer, subject, upstream_sid, begun_at_ms)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)")
        .params(
            Arrays.asList(
                sid,
                accountId,
                from.idp(),
                from.issuer(),
                from.subject(),
                from.sid(),
                clock.millis()))
        .update();
  }

  /** Its owner signed in again otherwise: no provider stands behind it any longer. */
  void forget(String sid) {
    jdbc.sql("DELETE FROM federated_session WHERE sid = ?").param(sid).update();
  }

  /** The account is closed: who its owner was elsewhere is not kept. */
  void forgetAccount(String accountId) {
    jdbc.sql("DELETE FROM federated_session WHERE account_id = ?").param(accountId).update();
  }

  /** What a provider's sign-out is about: its session, or all of the subject's. */
  List<Row> of(String idp, String issuer, @Nullable String subject, @Nullable String upstreamSid) {
    StringBuilder sql =
        new StringBuilder(
            "SELECT sid, account_id FROM federated_session WHERE idp = ? AND issuer = ?");
    List<Object> parameters = new ArrayList<>(List.of(idp, issuer));
    if (subject != null) {
      sql.append(" AND subject = ?");
      parameters.add(subject);
    }
    if (upstreamSid != null) {
      sql.append(" AND upstream_sid = ?");
      parameters.add(upstreamSid);
    }
    return jdbc.sql(sql.toString()).params(parameters).query(Row::read).list();
  }

  /** Ends one; false where it had ended before. */
  boolean end(String sid, Actor actor) {
    forget(sid);
    return sessions.revoke(sid, actor);
  }

  /** Ends all that began with this provider's word. */
  void endAll(String idp, Actor actor) {
    jdbc.sql("SELECT sid, account_id FROM federated_session WHERE idp = ?")
        .param(idp)
        .query(Row::read)
        .list()
        .forEach(row -> end(row.sid(), actor));
  }

  /** A sign-out that may concern a sign-in that is still under way. */
  void loggedOut(
      String idp, String issuer, @Nullable String subject, @Nullable String upstreamSid) {
    String sub = subject == null ? "" : subject;
    String sid = upstreamSid == null ? "" : upstreamSid;
    int known =
        jdbc.sql(
                "UPDATE provider_logout SET at_ms = ?"
                    + " WHERE idp = ? AND issuer = ? AND subject = ? AND upstream_sid = ?")
            .params(clock.millis(), idp, issuer, sub, sid)
            .update();
    if (known == 0) {
      jdbc.sql(
              "INSERT INTO provider_logout (idp, issuer, subject, upstream_sid, at_ms)"
                  + " VALUES (?, ?, ?, ?, ?)")
          .params(idp, issuer, sub, sid, clock.millis())
          .update();
    }
  }

  /** Whether the provider has told of a sign-out since it vouched for this. */
  boolean loggedOutSince(ProviderSession from) {
    String upstream = from.sid() == null ? "" : from.sid();
    Optional<Long> latest =
        jdbc.sql(
                "SELECT at_ms FROM provider_logout WHERE idp = ? AND issuer = ?"
                    + " AND ((subject = ? AND upstream_sid IN ('', ?))"
                    + " OR (subject = '' AND upstream_sid = ?))"
                    + " ORDER BY at_ms DESC FETCH FIRST 1 ROWS ONLY")
            .params(from.idp(), from.issuer(), from.subject(), upstream, upstream)
            .query(Long.class)
            .optional();
    return latest.isPresent() && latest.get() >= from.at().toEpochMilli();
  }

  @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT7M")
  void tend() {
    jdbc.sql("DELETE FROM federated_session WHERE begun_at_ms < ?")
        .param(clock.instant().minus(KEPT).toEpochMilli())
        .update();
    jdbc.sql("DELETE FROM provider_logout WHERE at_ms < ?")
        .param(clock.instant().minus(LOGOUT_KEPT).toEpochMilli())
        .update();
  }
}
