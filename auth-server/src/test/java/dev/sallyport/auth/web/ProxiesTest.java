package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.RunningServer;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Whom the server takes for the client behind a proxy, over real connections: one comes from an
 * address that is named as a proxy, the other from one that is not.
 */
class ProxiesTest {

  private static final String PROXY = "127.0.0.2";
  private static final String STRANGER = "127.0.0.3";

  @TempDir static Path data;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(data, Probe.class, "--sallyport.trusted-proxies=" + PROXY);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Sends this request from this address. */
  private static HttpResponse<String> send(String from, String... headers) throws Exception {
    try (HttpClient http =
        HttpClient.newBuilder()
            .localAddress(InetAddress.ofLiteral(from))
            .connectTimeout(Duration.ofSeconds(10))
            .build()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/probe"))
              .timeout(Duration.ofSeconds(30));
      if (headers.length > 0) {
        request.headers(headers);
      }
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void forwarded_byANamedProxy_isBelieved() throws Exception {
    assertThat(send(PROXY, "X-Forwarded-For", "198.51.100.1", "X-Forwarded-Proto", "https").body())
        .isEqualTo("198.51.100.1 https true - []");
  }

  @Test
  void forwarded_byAnyoneElse_isStripped() throws Exception {
    assertThat(
            send(
                    STRANGER,
                    "X-Forwarded-For",
                    PROXY,
                    "X-Forwarded-Proto",
                    "https",
                    "Forwarded",
                    "for=127.0.0.1",
                    "X-Real-IP",
                    "127.0.0.1",
                    "Client-Cert",
                    ProxyHeadersTest.CERTIFICATE,
                    "Client-Cert-Chain",
                    ProxyHeadersTest.CERTIFICATE)
                .body())
        .isEqualTo(STRANGER + " http false - []");
  }

  @Test
  void clientCertificate_byANamedProxy_isBelieved() throws Exception {
    assertThat(
            send(
                    PROXY,
                    "X-Forwarded-For",
                    "198.51.100.1",
                    "Client-Cert",
                    ProxyHeadersTest.CERTIFICATE)
                .body())
        .isEqualTo("198.51.100.1 http false CN=device-1 []");
  }

  @Test
  void forwarded_manyEntriesInFront_changeNothing() throws Exception {
    for (int count : new int[] {15, 16, 17, 40, 400}) {
      String lies = String.join(", ", Collections.nCopies(count, "10.0.0.1"));
      assertThat(send(PROXY, "X-Forwarded-For", lies + ", 198.51.100.1").body())
          .as("%d entries", count)
          .startsWith("198.51.100.1 ");
      assertThat(send(PROXY, "X-Forwarded-For", lies, "X-Forwarded-For", "198.51.100.1").body())
          .as("%d entries in a header of their own", count)
          .startsWith("198.51.100.1 ");
      assertThat(send(PROXY, "X-Forwarded-For", "no address," + lies + ",198.51.100.1").body())
          .as("%d entries after garbage", count)
          .startsWith("198.51.100.1 ");
    }
  }

  @Test
  void forwarded_throughMoreProxies_isWhoTheFarthestHeard() throws Exception {
    assertThat(send(PROXY, "X-Forwarded-For", "6.6.6.6, 198.51.100.1, 127.0.0.2").body())
        .startsWith("198.51.100.1 ");
    assertThat(send(PROXY, "X-Forwarded-For", "::ffff:198.51.100.1").body())
        .startsWith("198.51.100.1 ");
    assertThat(send(PROXY, "X-Forwarded-For", "[2001:db8::1]").body())
        .startsWith("2001:db8:0:0:0:0:0:1 ");
    assertThat(send(PROXY, "X-Forwarded-For", PROXY).body()).startsWith(PROXY + " ");
    assertThat(send(PROXY).body()).startsWith(PROXY + " ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "unknown",
        "198.51.100.1,",
        "198.51.100.1, unknown",
        "198.51.100.1:4711",
        "x, 127.0.0.2",
        "127.1",
        "2130706433",
        "localhost",
        "127.0.0.2, ,127.0.0.2"
      })
  void forwarded_aHopThatIsNoAddress_isABadRequestAndNeverTheProxy(String header) throws Exception {
    HttpResponse<String> refused = send(PROXY, "X-Forwarded-For", header);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(refused.body()).contains("\"code\":\"bad_request\"");
  }

  @Test
  void clientCertificate_malformed_isABadRequest() throws Exception {
    assertThat(send(PROXY, "Client-Cert", ":AAAA:").statusCode()).isEqualTo(400);
  }

  /** Answers what everything behind the first filter sees. */
  @Configuration(proxyBeanMethods = false)
  static class Probe {

    @Bean
    OncePerRequestFilter probe() {
      return new Seen();
    }

    @Order(Ordered.HIGHEST_PRECEDENCE + 1)
    private static final class Seen extends OncePerRequestFilter {

      @Override
      protected void doFilterInternal(
          HttpServletRequest request, HttpServletResponse response, FilterChain chain)
          throws ServletException, IOException {
        if (!request.getRequestURI().equals("/probe")) {
          chain.doFilter(request, response);
          return;
        }
        String subject =
            request.getAttribute("jakarta.servlet.request.X509Certificate")
                    instanceof X509Certificate[] certificates
                ? certificates[0].getSubjectX500Principal().getName()
                : "-";
        response
            .getOutputStream()
            .write(
                (request.getRemoteAddr()
                        + " "
                        + request.getScheme()
                        + " "
                        + request.isSecure()
                        + " "
                        + subject
                        + " "
                        + Collections.list(request.getHeaderNames()).stream()
                            .filter(name -> name.matches("(?i).*(forward|client-cert|real-ip).*"))
                            .toList())
                    .getBytes(StandardCharsets.UTF_8));
      }
    }
  }
}
