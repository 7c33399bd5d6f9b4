package dev.sallyport.gateway.log;

import java.sql.SQLException;
import java.time.Clock;
import javax.sql.DataSource;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class LogWiring {

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
