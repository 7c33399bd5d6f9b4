package dev.sallyport.auth.account;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Reads an account by one statement, which every token that is issued or checked needs. What {@link
 * Accounts} changes it flushes, so that this sees it.
 */
@Component
class AccountReads {

  private static final String SELECT =
      """
      SELECT id, username, display_name, email, email_verified, suspended, closed_at, created_at,
             version, attributes,
             (SELECT ARRAY_AGG(role_name) FROM account_role WHERE account_id = id) AS role_names,
             (SELECT ARRAY_AGG(group_name) FROM account_group WHERE account_id = id) AS group_names
      FROM account WHERE id = ?
      """;

  private final JdbcClient jdbc;
  private final AttributesColumn attributes = new AttributesColumn();

  AccountReads(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<Account> byId(String id) {
    return jdbc.sql(SELECT).param(id).query(this::read).optional();
  }

  /**
   * As {@link #byId}, under a lock until the end of the caller's transaction. Two statements: one
   * that waits for the lock sees the roles as they were before it waited.
   */
  Optional<Account> lock(String id) {
    return jdbc.sql("SELECT 1 FROM account WHERE id = ? FOR UPDATE")
        .param(id)
        .query(Integer.class)
        .optional()
        .flatMap(_ -> byId(id));
  }

  private Account read(ResultSet row, int n) throws SQLException {
    return new Account(
        row.getString("id"),
        row.getString("username"),
        row.getString("display_name"),
        row.getString("email"),
        row.getBoolean("email_verified"),
        names(row.getArray("role_names")),
        names(row.getArray("group_names")),
        attributes.convertToEntityAttribute(row.getString("attributes")),
        row.getBoolean("suspended"),
        row.getObject("closed_at") != null,
        instant(row, "created_at"),
        row.getLong("version"));
  }

  private static Set<String> names(@Nullable Array array) throws SQLException {
    Set<String> names = new HashSet<>();
    if (array != null) {
      for (Object name : (Object[]) array.getArray()) {
        names.add(name.toString());
      }
    }
    return names;
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
