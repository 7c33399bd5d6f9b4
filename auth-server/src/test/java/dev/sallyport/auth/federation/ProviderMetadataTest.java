package dev.sallyport.auth.federation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sallyport.auth.fetch.FetchSettings;
import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.installation.Installation;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.security.oauth2.client.registration.ClientRegistration;

/** What a provider's metadata may make this server do. */
class ProviderMetadataTest {

  private static IdentityProvider provider(String issuer) {
    return new ConfiguredProviders.Entry("acme", null, URI.create(issuer), "client", "secret")
        .toProvider();
  }

  @ParameterizedTest
  @CsvSource({
    "https://acme.example,   https://acme.example/token,        true",
    "https://acme.example,   https://login.acme.example/token,  true",
    "https://acme.example,   https://192.0.2.1/token,           true",
    "https://acme.example,   http://acme.example/token,         false",
    "https://acme.example,   http://localhost:8080/token,       false",
    "https://acme.example,   https://localhost/token,           false",
    "https://acme.example,   https://127.0.0.1/token,           false",
    "https://acme.example,   https://169.254.169.254/token,     false",
    "https://acme.example,   https://[::1]/token,               false",
    "https://acme.example,   https://[::ffff:127.0.0.1]/token,  false",
    "https://acme.example,   https://0.0.0.0/token,             false",
    "https://acme.example,   https://user@acme.example/token,   false",
    "https://acme.example,   file:///etc/passwd,                false",
    "https://acme.example,   /token,                            false",
    "https://acme.example,   'https://acme example/token',      false",
    "http://localhost:8080,  http://localhost:8080/token,       true",
    "http://localhost:8080,  http://127.0.0.1:8081/token,       true",
    "http://localhost:8080,  http://192.0.2.1/token,            false",
    "http://localhost:8080,  http://10.0.0.1/token,             false",
  })
  void endpoint_isNamedByTheRuleOfIssuers(String issuer, String endpoint, boolean permitted) {
    assertThat(Places.endpoint(URI.create(issuer), endpoint)).isEqualTo(permitted);
  }

  private static @Nullable ClientRegistration discovered(String endpoint, String value)
      throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String issuer = "http://127.0.0.1:" + server.getAddress().getPort();
    String metadata =
        """
        {"issuer": "%s", "authorization_endpoint": "%s/auth", "token_endpoint": "%s/token",
         "jwks_uri": "%s/jwks", "subject_types_supported": ["public"],
         "response_types_supported": ["code"], "id_token_signing_alg_values_supported": ["RS256"]}
        """
            .replace("%s", issuer)
            .replaceAll("(\"" + endpoint + "\": )\"[^\"]*\"", "$1\"" + value + "\"");
    server.createContext(
        "/.well-known/openid-configuration",
        exchange -> {
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          byte[] body = metadata.getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      Installation installation =
          new Installation(
              URI.create("https://id.example"), Path.of("unused"), null, List.of(), null);
      return new ProviderMetadata(
              installation,
              new OutgoingHttp(
                  installation, new FetchSettings(List.of("127.0.0.0/8", "::1"), null)),
              Clock.systemUTC())
          .learn(provider(issuer))
          .registration();
    } catch (ProviderMetadata.Unusable e) {
      return null;
    } finally {
      server.stop(0);
    }
  }

  @Test
  void metadata_thatKeepsToTheRule_isUsed() throws Exception {
    assertThat(discovered("none", "")).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"authorization_endpoint", "token_endpoint", "jwks_uri"})
  void metadata_namingAnEndpointInTheClear_isNotUsed(String endpoint) throws Exception {
    assertThat(discovered(endpoint, "http://192.0.2.1/stolen")).isNull();
    assertThat(discovered(endpoint, "file:///etc/passwd")).isNull();
  }
}
