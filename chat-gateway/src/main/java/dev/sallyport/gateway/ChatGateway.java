package dev.sallyport.gateway;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** The chat-gateway: relays sealed blobs once the token and the policy have passed. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class ChatGateway {

  public static void main(String[] args) {
    SpringApplication.run(ChatGateway.class, args);
  }
}
