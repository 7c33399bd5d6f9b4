package dev.sallyport.gateway.device;

import dev.sallyport.gateway.issuer.DeviceKeys;
import dev.sallyport.gateway.log.DatabaseThreads;
import dev.sallyport.gateway.log.RoomLog;
import java.time.Clock;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
class DeviceWiring {

  @Bean
  Directory directory(DatabaseThreads threads, PlatformTransactionManager transactions) {
    return new Directory(threads, new TransactionTemplate(transactions));
  }

  @Bean
  Devices devices(
      Directory directory,
      DeviceRows rows,
      DeviceKeys keys,
      JdbcClient jdbc,
      RoomLog log,
      Clock clock,
      @Value("${sallyport.issuer}") String issuer) {
    return new Devices(
        directory, rows, new DeviceCredentials(keys, issuer, clock), jdbc, log, clock);
  }

  @Bean
  KeyPackages keyPackages(
      Directory directory, DeviceRows rows, JdbcClient jdbc, RoomLog log, Clock clock) {
    return new KeyPackages(
        directory,
        rows,
        jdbc,
        log,
        clock,
        new ClaimQuota(clock, ClaimQuota.OF_DEVICE_MAX),
        new ClaimQuota(clock, ClaimQuota.OF_INVITED_DEVICE_MAX));
  }
}
