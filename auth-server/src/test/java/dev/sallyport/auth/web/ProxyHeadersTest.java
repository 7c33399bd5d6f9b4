package dev.sallyport.auth.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class ProxyHeadersTest {

  /** Self-signed, CN=device-1, ES256, made with openssl. */
  static final String CERTIFICATE =
      ":MIIBfjCCASOgAwIBAgIURuv92hEH5r9uCZLQTMGKcOyZY18wCgYIKoZIzj0EAwIwEzERMA8GA1UE"
          + "AwwIZGV2aWNlLTEwIBcNMjYxMTIzMTEzMTQyWhgPMjEyNjEwMzAxMTMxNDJaMBMxETAPBgNVBAMM"
          + "CGRldmljZS0xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt0EMat8EF9pu/KxtbRF0aUFh+sKP"
          + "GFiR8S2tYDja8LasFT+5pzsz5bewkciMMq/sfajCbTXANJWBaidSsw9+CaNTMFEwHQYDVR0OBBYE"
          + "FA9QOGZ0NIIHvfY+vbdMRdlqTaboMB8GA1UdIwQYMBaAFA9QOGZ0NIIHvfY+vbdMRdlqTaboMA8G"
          + "A1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAImpOwJc+lbJPndUP6fZGoL8GZnEggzo"
          + "bNP0OMD20uk9AiEAzZ37Z+Eb2jebdJEkYy/bpI6Zdnh/oeV9zNuOFJSKLP8=:";

  private static TrustedProxies proxies(String... ranges) {
    return new TrustedProxies(
        new Installation(
            URI.create("http://localhost:9000"), Path.of("data"), null, List.of(ranges), null));
  }

  private record Seen(@Nullable HttpServletRequest request, int status) {

    HttpServletRequest behind() {
      if (request == null) {
        throw new AssertionError("it did not get through: " + status);
      }
      return request;
    }
  }

  private static Seen pass(String from, String... headers) throws Exception {
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/");
    request.setRemoteAddr(from);
    for (int i = 0; i < headers.length; i += 2) {
      request.addHeader(headers[i], headers[i + 1]);
    }
    MockHttpServletResponse response = new MockHttpServletResponse();
    AtomicReference<@Nullable HttpServletRequest> seen = new AtomicReference<>();
    new ProxyHeaders(proxies("10.0.0.0/8", "127.0.0.1", "fd00::/8"))
        .doFilter(request, response, (r, _) -> seen.set((HttpServletRequest) r));
    return new Seen(seen.get(), response.getStatus());
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, true",
    "11.0.0.1, false",
    "127.0.0.1, true",
    "127.0.0.2, false",
    "fd12::1, true",
    "fe80::1, false",
    "localhost, false",
    "'', false",
    "::ffff:10.0.0.1, true",
  })
  void contains_addresses_asNumbersOnly(String address, boolean expected) {
    assertThat(proxies("10.0.0.0/8", "127.0.0.1", "fd00::/8").contains(address))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "10.128.0.0/9, 10.200.0.1, true",
    "10.128.0.0/9, 10.100.0.1, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "192.168.1.4/30, 192.168.1.7, true",
    "192.168.1.4/30, 192.168.1.8, false"
  })
  void contains_rangesBetweenBytes_areExact(String range, String address, boolean expected) {
    assertThat(proxies(range).contains(address)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "proxy.example", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "/8", "::/129"})
  void proxies_notAddresses_areRefusedAtStart(String range) {
    assertThatThrownBy(() -> proxies(range)).isInstanceOf(SettingRefused.class);
  }

  @Test
  void headers_fromAnyoneElse_areStripped() throws Exception {
    HttpServletRequest seen =
        pass(
                "203.0.113.9",
                "X-Forwarded-For",
                "198.51.100.1",
                "X-Forwarded-Proto",
                "https",
                "Forwarded",
                "for=198.51.100.1",
                "Client-Cert",
                CERTIFICATE)
            .behind();
    assertThat(seen.getRemoteAddr()).isEqualTo("203.0.113.9");
    assertThat(seen.isSecure()).isFalse();
    assertThat(seen.getHeader("x-forwarded-for")).isNull();
    assertThat(seen.getHeader("Client-Cert")).isNull();
    assertThat(seen.getHeaders("Forwarded").hasMoreElements()).isFalse();
    assertThat(seen.getHeaderNames().hasMoreElements()).isFalse();
    assertThat(seen.getAttribute(MutualTls.CERTIFICATES)).isNull();
  }

  @Test
  void headers_fromATrustedProxy_areBelievedAsFarAsItsOwnWordGoes() throws Exception {
    HttpServletRequest seen =
        pass(
                "10.0.0.1",
                "X-Forwarded-For",
                "6.6.6.6, 198.51.100.1, 10.0.0.2",
                "X-Forwarded-Proto",
                "https",
                "Client-Cert",
                CERTIFICATE)
            .behind();
    assertThat(seen.getRemoteAddr()).isEqualTo("198.51.100.1");
    assertThat(seen.isSecure()).isTrue();
    assertThat(seen.getScheme()).isEqualTo("https");
    assertThat(seen.getHeader("X-Forwarded-For")).isNull();
    X509Certificate[] certificates = (X509Certificate[]) seen.getAttribute(MutualTls.CERTIFICATES);
    assertThat(certificates).hasSize(1);
    assertThat(certificates[0].getSubjectX500Principal().getName()).isEqualTo("CN=device-1");
  }

  @Test
  void clientCertificate_malformed_isABadRequest() throws Exception {
    assertThat(pass("10.0.0.1", "Client-Cert", ":AAAA:").status()).isEqualTo(400);
    assertThat(pass("10.0.0.1", "Client-Cert", CERTIFICATE, "Client-Cert", CERTIFICATE).status())
        .isEqualTo(400);
  }

  @Test
  void parse_randomChanges_throwNothingButTheirOwn() {
    long seed = 20261123L;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(CERTIFICATE);
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, (char) random.nextInt(256));
          case 1 -> text.deleteCharAt(at);
          default -> text.insert(at, (char) (32 + random.nextInt(96)));
        }
        if (text.isEmpty()) {
          text.append(':');
        }
      }
      try {
        assertThat(ClientCertificate.parse(List.of(text.toString()), List.of())).hasSize(1);
      } catch (CertificateException e) {
        // the one way to refuse
      }
    }
    assertThatThrownBy(
            () -> ClientCertificate.parse(List.of(":" + "A".repeat(100_000) + ":"), List.of()))
        .isInstanceOf(CertificateException.class);
  }
}
