package dev.sallyport.auth;

import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.security.config.observation.SecurityObservationSettings;

/**
 * The auth-server: OpenID Provider, accounts, second factors, federation, policy administration.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
public class AuthServer {
  static {
    NativeCryptography.install();
  }

  public static void main(String[] args) {
    SpringApplication.run(AuthServer.class, args);
  }

  /** Time comes in from outside: tests replace this bean. */
  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  /**
   * Requests are measured; a span and two events for each of the chain's filters cost more than
   * they do.
   */
  @Bean
  SecurityObservationSettings observations() {
    return SecurityObservationSettings.noObservations();
  }

  @Bean
  SecureRandom secureRandom() {
    return new SecureRandom();
  }
}
