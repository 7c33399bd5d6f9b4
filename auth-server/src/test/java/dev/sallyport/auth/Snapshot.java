package dev.sallyport.auth;

import java.util.List;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The rows of a server's H2 database at a moment, to which each test can go back: a start costs
 * more than all that most tests do. What a server remembers by itself stays: where a test depends
 * on that, time has to pass.
 */
public final class Snapshot {

  private final List<String> tables;
  private final List<String> inserts;

  private Snapshot(List<String> tables, List<String> inserts) {
    this.tables = tables;
    this.inserts = inserts;
  }

  public static Snapshot of(RunningServer server) {
    JdbcClient jdbc = JdbcClient.create(server.jdbc());
    return new Snapshot(
        texts(
            jdbc,
            "select table_name from information_schema.tables where table_schema = 'PUBLIC'"
                + " and table_type = 'BASE TABLE' and table_name <> 'flyway_schema_history'"),
        texts(jdbc, "script").stream()
            .filter(statement -> statement.startsWith("INSERT INTO"))
            .filter(statement -> !statement.contains("flyway_schema_history"))
            .toList());
  }

  private static List<String> texts(JdbcClient jdbc, String sql) {
    return jdbc.sql(sql).query((row, n) -> row.getString(1)).list();
  }

  /** In one transaction: what runs beside sees the rows of before, or these. */
  public void restore(RunningServer server) {
    server
        .jdbc()
        .execute(
            (ConnectionCallback<Boolean>)
                connection -> {
                  try (var statement = connection.createStatement()) {
                    statement.execute("set referential_integrity false");
                    connection.setAutoCommit(false);
                    // in the order of the sequencer, which may be numbering just now
                    statement.execute("select * from signal_stream for update");
                    for (String table : tables) {
                      statement.execute("delete from \"" + table + "\"");
                    }
                    for (String insert : inserts) {
                      statement.execute(insert);
                    }
                    connection.commit();
                    connection.setAutoCommit(true);
                    statement.execute("set referential_integrity true");
                  }
                  return true;
                });
  }
}
