package dev.sallyport.auth.signal.stream;

import dev.sallyport.auth.token.ApiRule;
import dev.sallyport.auth.token.ApiRules;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;

@Configuration(proxyBeanMethods = false)
class StreamConfiguration {

  @Bean
  StreamEnd streamEnd() {
    return new StreamEnd();
  }

  /** Gateways alone, by a token of their own. */
  @Bean
  ApiRules signalRules() {
    return () -> List.of(ApiRule.client(HttpMethod.GET, "/v1/signals", "gateway"));
  }
}
