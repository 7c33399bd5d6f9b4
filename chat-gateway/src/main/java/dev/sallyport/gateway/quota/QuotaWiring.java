package dev.sallyport.gateway.quota;

import dev.sallyport.gateway.log.DatabaseThreads;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class QuotaWiring {
  @Bean
  SharedQuota sharedQuota(
      DatabaseThreads threads, DataSource dataSource, Clock clock, MeterRegistry meters) {
    return new SharedQuota(threads, dataSource, clock, meters);
  }
}
