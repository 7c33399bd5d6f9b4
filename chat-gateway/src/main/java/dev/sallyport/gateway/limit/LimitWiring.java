package dev.sallyport.gateway.limit;

import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** One set of buckets for this node, by a clock that nobody sets. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LimitSettings.class)
class LimitWiring {
  @Bean
  Limits limits(LimitSettings settings, MeterRegistry meters) {
    return new Limits(settings, meters, System::nanoTime);
  }
}
