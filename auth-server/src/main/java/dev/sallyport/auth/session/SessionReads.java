package dev.sallyport.auth.session;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads a live session by one statement, which every token that is issued or checked needs. */
@Component
class SessionReads {

  private static final String SELECT =
      """
      SELECT sid, account_id, auth_time, acr, amr, user_agent, address, expires_at
      FROM sign_in_session WHERE sid = ? AND ended_at IS NULL AND expires_at > ?
      """;

  private final JdbcClient jdbc;

  SessionReads(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<SignInSession> live(String sid, Instant now) {
    return select(SELECT, sid, now);
  }

  Optional<SignInSession> lock(String sid, Instant now) {
    return select(SELECT + " FOR UPDATE", sid, now);
  }

  private Optional<SignInSession> select(String sql, String sid, Instant now) {
    return jdbc.sql(sql)
        .params(sid, now.atOffset(ZoneOffset.UTC))
        .query(SessionReads::read)
        .optional();
  }

  private static SignInSession read(ResultSet row, int n) throws SQLException {
    return new SignInSession(
        row.getString("sid"),
        row.getString("account_id"),
        instant(row, "auth_time"),
        row.getString("acr"),
        List.of(row.getString("amr").split(" ")),
        row.getString("user_agent"),
        row.getString("address"),
        instant(row, "expires_at"));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
