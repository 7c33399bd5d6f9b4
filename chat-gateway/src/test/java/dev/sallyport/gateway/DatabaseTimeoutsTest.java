package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.sallyport.gateway.testing.FakeAuthServer;
import dev.sallyport.gateway.testing.MovableClock;
import dev.sallyport.gateway.testing.RunningGateway;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;

/** What {@code StalledDatabaseTest} tries is what a gateway runs with. */
class DatabaseTimeoutsTest {

  @Test
  void gatewayOnPostgres_waitsTenSeconds_andMigratesWithoutALimit(@TempDir Path data)
      throws Exception {
    var clock = new MovableClock();
    try (var server = EmbeddedPostgres.start();
        var auth = new FakeAuthServer(clock, data)) {
      auth.activate(1, FakeAuthServer.defaultPolicies());
      try (var gateway =
          RunningGateway.whole(
              auth,
              clock,
              data,
              "--spring.datasource.url=" + server.getJdbcUrl("postgres", "postgres"),
              "--spring.datasource.username=postgres")) {
        var pool = gateway.bean(HikariDataSource.class);
        assertThat(pool.getDataSourceProperties()).containsEntry("socketTimeout", "10");
        var database = gateway.bean(JdbcTemplate.class);
        assertThat(database.queryForObject("show statement_timeout", String.class))
            .isEqualTo("10s");
        assertThat(
                database.queryForObject("show idle_in_transaction_session_timeout", String.class))
            .isEqualTo("10s");
        var migrated = gateway.bean(org.flywaydb.core.Flyway.class).getConfiguration();
        try (var connection = migrated.getDataSource().getConnection();
            var statement = connection.createStatement();
            var rows = statement.executeQuery("show statement_timeout")) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getString(1)).isEqualTo("0");
          assertThat(connection.getNetworkTimeout()).isZero();
        }
      }
    }
  }
}
