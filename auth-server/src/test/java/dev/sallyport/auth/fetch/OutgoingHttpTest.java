package dev.sallyport.auth.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sallyport.auth.fetch.OutgoingHttp.Answer;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutgoingHttpTest {

  private static final Duration SHORT = Duration.ofSeconds(3);
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private static OutgoingHttp http(@Nullable Path trustPem, String... allow) {
    return new OutgoingHttp(
        new Installation(
            URI.create("https://id.example"), Path.of("unused"), null, List.of(), null),
        new FetchSettings(List.of(allow), trustPem),
        SHORT);
  }

  private static HttpServer server() throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
    server.createContext(
        "/ok",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static URI at(HttpServer server, String path) {
    return URI.create("http://localhost:" + server.getAddress().getPort() + path);
  }

  @Test
  void post_toAllowedLoopback_isAnswered() throws Exception {
    HttpServer server = server();
    try {
      assertThat(http(null, "127.0.0.0/8", "::1").post(at(server, "/ok"), "a=b"))
          .isInstanceOfSatisfying(
              Answer.Answered.class,
              answer -> {
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).asString(UTF_8).isEqualTo("a=b");
              });
    } finally {
      server.stop(0);
    }
  }

  @Test
  void post_toLoopbackThatIsNotAllowed_reachesNobody() throws Exception {
    HttpServer server = server();
    AtomicInteger calls = new AtomicInteger();
    server.createContext("/count", exchange -> calls.incrementAndGet());
    try {
      assertThat(http(null, "10.0.0.0/8").post(at(server, "/count"), ""))
          .isInstanceOf(Answer.Failed.class);
      assertThat(calls).hasValue(0);
    } finally {
      server.stop(0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://client.example/",
        "http://10.0.0.1/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "https://user@client.example/",
        "https:/nowhere",
        "https://client.example/#fragment"
      })
  void url_thatIsNotHttps_isNotCalled(String url) {
    assertThat(http(null, "0.0.0.0/0", "::/0").post(URI.create(url), ""))
        .isInstanceOfSatisfying(
            Answer.Failed.class, failed -> assertThat(failed.reason()).startsWith("the URL"));
  }

  @Test
  void redirect_isAnAnswer_andNotFollowed() throws Exception {
    HttpServer server = server();
    AtomicInteger calls = new AtomicInteger();
    server.createContext("/inside", exchange -> calls.incrementAndGet());
    server.createContext(
        "/redirect",
        exchange -> {
          exchange.getResponseHeaders().add("Location", at(server, "/inside").toString());
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    try {
      assertThat(http(null, "127.0.0.1", "::1").post(at(server, "/redirect"), ""))
          .isInstanceOfSatisfying(
              Answer.Answered.class, answer -> assertThat(answer.status()).isEqualTo(302));
      assertThat(calls).hasValue(0);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void answer_overTheBound_isNone() throws Exception {
    HttpServer server = server();
    server.createContext(
        "/large",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (var out = exchange.getResponseBody()) {
            out.write(new byte[OutgoingHttp.BODY_BYTES_MAX + 1]);
          }
        });
    try {
      assertThat(http(null, "127.0.0.1", "::1").post(at(server, "/large"), ""))
          .isInstanceOfSatisfying(
              Answer.Failed.class, failed -> assertThat(failed.reason()).contains("longer"));
    } finally {
      server.stop(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\n\r\n"})
  void answer_thatDripsForever_isGivenUp(String start) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
      Thread drip =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (Socket socket = server.accept()) {
                      socket.getOutputStream().write(start.getBytes(UTF_8));
                      while (socket.isConnected()) {
                        socket.getOutputStream().write('x');
                        socket.getOutputStream().flush();
                        LockSupport.parkNanos(100_000_000L);
                      }
                    } catch (Exception closedByUs) {
                      // that is what this is about
                    }
                  });
      assertThat(
              http(null, "127.0.0.1", "::1")
                  .post(URI.create("http://localhost:" + server.getLocalPort() + "/"), ""))
          .isInstanceOf(Answer.Failed.class);
      assertThat(drip.join(Duration.ofSeconds(30))).isTrue();
    }
  }

  @Test
  void tls_isForTheNameAndByTrustedAnchorsOnly(@TempDir Path folder) throws Exception {
    Path store = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "s",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=test",
                "-ext",
                "san=dns:localhost",
                "-storepass",
                "secret",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "secret".toCharArray());
    }
    Path pem = folder.resolve("anchor.pem");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getCertificate("s").getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, "secret".toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      URI byName = URI.create("https://localhost:" + port + "/");
      assertThat(http(pem, "127.0.0.1", "::1").post(byName, ""))
          .isInstanceOf(Answer.Answered.class);
      assertThat(http(pem, "127.0.0.1").post(URI.create("https://127.0.0.1:" + port + "/"), ""))
          .isInstanceOf(Answer.Failed.class);
      assertThat(http(null, "127.0.0.1", "::1").post(byName, "")).isInstanceOf(Answer.Failed.class);
      assertThat(http(pem).post(byName, "")).isInstanceOf(Answer.Failed.class);
    } finally {
      server.stop(0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.31.255.255",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::a00:1",
        "2001::1",
        "2002:a00:1::",
        "::ffff:10.0.0.1"
      })
  void address_ofTheNetworksAroundUs_isNotPermittedUnlessAllowed(String address) {
    InetAddress there = InetAddress.ofLiteral(address);
    assertThat(new Destinations(List.of()).permitted(there)).isFalse();
    assertThat(new Destinations(List.of(there.getHostAddress())).permitted(there)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"})
  void address_ofThePublicInternet_isPermitted(String address) {
    assertThat(new Destinations(List.of()).permitted(InetAddress.ofLiteral(address))).isTrue();
  }

  @Test
  void allowList_withAName_isRefused() {
    assertThatThrownBy(() -> new Destinations(List.of("localhost")))
        .isInstanceOf(SettingRefused.class)
        .hasMessageContaining("sallyport.fetch.allow");
  }
}
