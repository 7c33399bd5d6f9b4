package dev.sallyport.gateway.log;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Properties;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** A real, empty database with the gateway's schema. */
public final class TestDatabase implements AutoCloseable {

  private final HikariDataSource dataSource;
  private final Closeable server;

  private TestDatabase(String url, String user, Closeable server) {
    var config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword("");
    config.setMaximumPoolSize(16);
    config.setConnectionTimeout(2_000);
    this.dataSource = new HikariDataSource(config);
    this.server = server;
    flyway(dataSource).load().migrate();
  }

  static FluentConfiguration flyway(DataSource dataSource) {
    return Flyway.configure()
        .dataSource(dataSource)
        .locations("classpath:db/migration")
        .javaMigrations(new LeavesFromHistory());
  }

  /** As the service has it by default: by the URL that is packaged. */
  public static TestDatabase h2(Path folder) {
    return new TestDatabase(
        packaged()
            .getProperty("spring.datasource.url")
            .replace("${sallyport.data}", folder.toAbsolutePath().toString()),
        "sa",
        () -> {});
  }

  private static Properties packaged() {
    try (var in = TestDatabase.class.getResourceAsStream("/application.properties")) {
      var properties = new Properties();
      properties.load(in);
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As packaged: {@code fsync} and {@code synchronous_commit} are on. */
  public static TestDatabase postgres() {
    try {
      var server =
          EmbeddedPostgres.builder()
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .start();
      return new TestDatabase(server.getJdbcUrl("postgres", "postgres"), "postgres", server);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public HikariDataSource dataSource() {
    return dataSource;
  }

  /** Takes the database away. */
  public void stopServer() throws IOException {
    server.close();
  }

  @Override
  public void close() throws IOException {
    dataSource.close();
    server.close();
  }
}
