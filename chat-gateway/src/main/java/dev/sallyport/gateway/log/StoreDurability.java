package dev.sallyport.gateway.log;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/**
 * What a commit of this database survives, by the database's own word.
 *
 * <p>H2 with {@code WRITE_DELAY=0} hands each commit to the operating system before it returns, but
 * issues no fsync: it survives a killed process, not a power loss. With any other delay it survives
 * nothing. PostgreSQL flushes before it answers where both {@code fsync} and {@code
 * synchronous_commit} say so; without the second, a killed server loses what it acknowledged last;
 * without the first alone, only the machine may not fall.
 */
final class StoreDurability {

  private static final Set<String> FLUSHES = Set.of("on", "local", "remote_write", "remote_apply");

  private StoreDurability() {}

  static Durability of(Connection connection) throws SQLException {
    return switch (connection.getMetaData().getDatabaseProductName()) {
      case "H2" -> ofH2(connection);
      case "PostgreSQL" -> ofPostgres(connection);
      default -> Durability.MEMORY;
    };
  }

  private static Durability ofH2(Connection connection) throws SQLException {
    if (connection.getMetaData().getURL().startsWith("jdbc:h2:mem:")) {
      return Durability.MEMORY;
    }
    var delay =
        setting(
            connection,
            "select setting_value from information_schema.settings"
                + " where setting_name = 'WRITE_DELAY'");
    return delay.equals("0") ? Durability.PROCESS : Durability.MEMORY;
  }

  private static Durability ofPostgres(Connection connection) throws SQLException {
    if (!FLUSHES.contains(setting(connection, "show synchronous_commit"))) {
      return Durability.MEMORY;
    }
    return setting(connection, "show fsync").equals("on") ? Durability.FSYNC : Durability.PROCESS;
  }

  private static String setting(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }
}
