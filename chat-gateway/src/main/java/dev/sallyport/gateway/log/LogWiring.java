package dev.sallyport.gateway.log;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
class LogWiring {

  /** Static: made before the pool that it works on. */
  @Bean
  static PostgresTimeouts postgresTimeouts(Environment environment) {
    return new PostgresTimeouts(
        Binder.get(environment)
            .bind("sallyport.database-answer-max", Duration.class)
            .orElse(Duration.ofSeconds(10)));
  }

  /** Migrations may take their time: an index on a large log is one long statement. */
  @Bean
  FlywayConfigurationCustomizer unhurriedMigrations(DataSource dataSource) {
    return migrations -> {
      if (dataSource instanceof HikariDataSource pool && PostgresTimeouts.concern(pool)) {
        var _ = migrations.dataSource(pool.getJdbcUrl(), pool.getUsername(), pool.getPassword());
      }
    };
  }

  @Bean
  DatabaseThreads databaseThreads() {
    return new DatabaseThreads();
  }

  @Bean
  LogListeners logListeners() {
    return new LogListeners();
  }

  @Bean
  LeavesFromHistory leavesFromHistory() {
    return new LeavesFromHistory();
  }

  @Bean
  LeafIndexesFromHistory leafIndexesFromHistory() {
    return new LeafIndexesFromHistory();
  }

  @Bean(initMethod = "start")
  @DependsOnDatabaseInitialization
  Erasure erasure(DataSource dataSource, Clock clock) {
    return new Erasure(dataSource, clock);
  }

  @Bean
  @DependsOnDatabaseInitialization
  JdbcRoomLog roomLog(
      DataSource dataSource,
      Clock clock,
      DatabaseThreads threads,
      LogListeners listeners,
      RemoveProposals proposals)
      throws SQLException {
    return new JdbcRoomLog(dataSource, clock, threads, listeners, proposals);
  }
}
