package dev.sallyport.auth.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;

/** A fresh, migrated database: H2 in memory, or one of a PostgreSQL server started for this JVM. */
public final class TestDatabase implements AutoCloseable {

  private static @Nullable EmbeddedPostgres server;

  private final HikariDataSource dataSource;

  private TestDatabase(String url, String user, String vendor) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword("");
    config.setMaximumPoolSize(24);
    config.setConnectionTimeout(20_000);
    dataSource = new HikariDataSource(config);
    Flyway.configure()
        .dataSource(dataSource)
        .locations("classpath:db/migration", "classpath:db/vendor/" + vendor)
        .failOnMissingLocations(false)
        .load()
        .migrate();
  }

  public static TestDatabase h2() {
    return new TestDatabase("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "h2");
  }

  public static TestDatabase postgres() {
    try {
      EmbeddedPostgres running = server();
      String name = "t" + UUID.randomUUID().toString().replace("-", "");
      try (Connection connection = running.getPostgresDatabase().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("create database " + name);
      }
      return new TestDatabase(running.getJdbcUrl("postgres", name), "postgres", "postgresql");
    } catch (IOException | SQLException e) {
      throw new IllegalStateException("PostgreSQL does not start", e);
    }
  }

  public HikariDataSource dataSource() {
    return dataSource;
  }

  @Override
  public void close() {
    dataSource.close();
  }

  private static synchronized EmbeddedPostgres server() throws IOException {
    if (server == null) {
      EmbeddedPostgres started = EmbeddedPostgres.builder().start();
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    try {
                      started.close();
                    } catch (IOException e) {
                      // the JVM ends; a server that will not stop is the machine's to end
                    }
                  }));
      server = started;
    }
    return server;
  }
}
