package dev.sallyport.auth;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/**
 * The auth-server: OpenID Provider, accounts, second factors, federation, policy administration.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
public class AuthServer {

  public static void main(String[] args) {
    SpringApplication.run(AuthServer.class, args);
  }
}
