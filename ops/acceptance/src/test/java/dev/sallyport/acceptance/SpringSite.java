package dev.sallyport.acceptance;

import java.net.URI;
import java.util.Map;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The smallest application of Spring's that people sign in to: its starter, and properties. */
final class SpringSite implements AutoCloseable {

  private final int port = Sallyport.freePort();
  private final ConfigurableApplicationContext context;

  SpringSite(Provider provider) {
    var registered =
        provider.register(
            Map.of(
                "client_name",
                "By Spring's OAuth client",
                "redirect_uris",
                java.util.List.of(url("/login/oauth2/code/sallyport").toString())));
    context =
        new SpringApplicationBuilder(Application.class)
            .run(
                "--server.port=" + port,
                "--server.address=127.0.0.1",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn",
                "--spring.security.oauth2.client.provider.sallyport.issuer-uri="
                    + provider.issuer(),
                "--spring.security.oauth2.client.provider.sallyport.user-name-attribute=preferred_username",
                property("client-id", Http.text(registered, "client_id")),
                property("client-secret", Http.text(registered, "client_secret")),
                property("scope", "openid,profile,email"));
  }

  private static String property(String name, String value) {
    return "--spring.security.oauth2.client.registration.sallyport." + name + "=" + value;
  }

  URI url(String path) {
    return URI.create("http://localhost:" + port + path);
  }

  @Override
  public void close() {
    context.close();
  }

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class Application {

    @Bean
    Who who() {
      return new Who();
    }
  }

  @RestController
  static class Who {

    @GetMapping("/who")
    Map<String, Object> who(@AuthenticationPrincipal OidcUser user) {
      return Map.of("name", user.getName(), "email", String.valueOf(user.getEmail()));
    }
  }
}
