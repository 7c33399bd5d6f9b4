package dev.sallyport.gateway.backup;

import dev.sallyport.gateway.log.DatabaseThreads;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
class BackupWiring {

  @Bean
  Backups backups(
      DatabaseThreads threads,
      PlatformTransactionManager transactions,
      JdbcClient jdbc,
      Clock clock,
      BackupSettings settings) {
    return new Backups(threads, new TransactionTemplate(transactions), jdbc, clock, settings);
  }
}
