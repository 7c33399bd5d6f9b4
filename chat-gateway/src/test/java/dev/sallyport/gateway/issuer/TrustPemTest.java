package dev.sallyport.gateway.issuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sallyport.gateway.testing.MovableClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code sallyport.trust-pem}: an auth-server whose certificate only that file vouches for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrustPemTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private Path folder;
  private HttpsServer server;
  private Path own;
  private Path others;

  @BeforeAll
  void listen(@TempDir Path made) throws Exception {
    folder = made;
    var keys = keys("own");
    own = pem("own", keys);
    others = pem("others", keys("others"));
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD);
    var tls = SSLContext.getInstance("TLS");
    tls.init(factory.getKeyManagers(), null, null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(204, -1);
          }
        });
    server.start();
  }

  @AfterAll
  void stop() {
    server.stop(0);
  }

  /** A key with a certificate of its own, by the JDK's keytool. */
  private KeyStore keys(String name) throws Exception {
    var file = folder.resolve(name + ".p12");
    var made =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "tls",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(made.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return KeyStore.getInstance(file.toFile(), PASSWORD);
  }

  private Path pem(String name, KeyStore keys) throws Exception {
    var file = folder.resolve(name + ".pem");
    var encoded = keys.getCertificate("tls").getEncoded();
    Files.writeString(
        file,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded)
            + "\n-----END CERTIFICATE-----\n",
        StandardCharsets.US_ASCII);
    return file;
  }

  private AuthServer authServer(@Nullable Path trustPem) throws Exception {
    var settings =
        new IssuerSettings(
            URI.create("http://gateway.test"),
            URI.create("https://127.0.0.1:" + server.getAddress().getPort()),
            null,
            folder.resolve("data"),
            trustPem);
    return new AuthServer(settings, new MovableClock(), new SecureRandom());
  }

  @Test
  void certificateInTheFile_isTrusted() throws Exception {
    assertThat(authServer(own).get("/x", 100).status()).isEqualTo(204);
  }

  @Test
  void withoutTheFileOrWithAnother_isNot() throws Exception {
    for (var trusted : new Path[] {null, others}) {
      assertThatThrownBy(() -> authServer(trusted).get("/x", 100)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void fileThatIsNone_refusedByName() throws Exception {
    for (var content :
        new String[] {"", "not a certificate", Files.readString(own).replace('M', '?')}) {
      var bad = Files.writeString(folder.resolve("bad.pem"), content);
      assertThatThrownBy(() -> authServer(bad))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("bad.pem")
          .hasMessageContaining("not a PEM file of certificates");
    }
    assertThatThrownBy(() -> authServer(folder.resolve("absent.pem")))
        .isInstanceOf(IOException.class);
  }
}
