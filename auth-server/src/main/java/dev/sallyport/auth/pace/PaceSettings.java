package dev.sallyport.auth.pace;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * @param httpHeadTimeout from a request's first byte to the end of its headers
 * @param httpBodyTimeout from there to the end of its body
 */
@ConfigurationProperties("sallyport")
record PaceSettings(
    @DefaultValue("10s") Duration httpHeadTimeout, @DefaultValue("30s") Duration httpBodyTimeout) {

  PaceSettings {
    if (!httpHeadTimeout.isPositive() || !httpBodyTimeout.isPositive()) {
      throw new IllegalArgumentException(
          "`sallyport.http-head-timeout` and `sallyport.http-body-timeout` must be positive");
    }
  }
}
