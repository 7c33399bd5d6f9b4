package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

class FormTargetsTest {

  private static final RegisteredClient CLIENT =
      RegisteredClient.withId("1")
          .clientId("app")
          .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
          .redirectUri("http://127.0.0.1/callback")
          .redirectUri("https://app.example/cb?x=1")
          .redirectUri("com.example.app:/cb")
          .build();

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1/callback, true",
    "http://127.0.0.1:49152/callback, true",
    "http://127.0.0.1:49152/other, false",
    "https://127.0.0.1:49152/callback, false",
    "http://localhost:49152/callback, false",
    "https://app.example/cb?x=1, true",
    "https://app.example:8443/cb?x=1, false",
    "https://app.example/cb, false",
    "com.example.app:/cb, true",
    "https://evil.example/callback, false",
  })
  void registered_redirects_exactOrLoopbackWithAnyPort(String redirect, boolean expected) {
    assertThat(FormTargets.registered(CLIENT, redirect)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:49152/callback, http://127.0.0.1:49152",
    "https://app.example/cb?x=1, https://app.example",
    "https://[::1]:1/cb, https://[::1]:1",
    "com.example.app:/cb, com.example.app:",
  })
  void source_ofARedirect_isItsOriginOrScheme(String redirect, String expected) {
    assertThat(FormTargets.source(redirect)).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/relative", "https://a b/", "https:///cb", "https://a;script-src *;/"})
  void source_thatCouldEndTheDirective_isNone(String redirect) {
    assertThat(FormTargets.source(redirect)).isEmpty();
  }

  @Test
  void words_duration_neverTellsOneToComeTooEarly() {
    assertThat(Words.duration(Duration.ofMillis(1))).isEqualTo("1 second");
    assertThat(Words.duration(Duration.ofSeconds(61))).isEqualTo("2 minutes");
    assertThat(Words.duration(Duration.ofMinutes(15))).isEqualTo("15 minutes");
    assertThat(Words.duration(Duration.ofMinutes(121))).isEqualTo("3 hours");
  }
}
