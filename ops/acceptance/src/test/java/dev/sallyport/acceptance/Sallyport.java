package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONArrayUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The servers under test: the packaged jars, started as {@code ops/run} starts them, on free ports
 * and with a new data folder.
 */
public final class Sallyport implements AutoCloseable {

  public static final Path LOGS = Path.of("target", "acceptance").toAbsolutePath();
  public static final String CLIENT_ID = "sallyport-demo";
  static final String OTHER_CLIENT_ID = "other-chat";
  static final String IDP = "acme";
  static final String IDP_CLIENT = "sallyport-acceptance";
  static final String IDP_SECRET = "a-secret-between-two-local-test-processes";

  private final Path data;
  private final Duration gatewayTokenLife;
  private final int authPort = freePort();
  private final int gatewayPort = freePort();
  final int idpPort = freePort();
  private @Nullable ServerProcess authServer;
  private @Nullable ServerProcess gateway;

  Sallyport() {
    // Short, so that a test may see one expire while clients renew it on open sockets; long enough
    // to outlive the minute that a gateway admits them alone.
    this(Duration.ofMinutes(2));
  }

  Sallyport(Duration gatewayTokenLife) {
    this.gatewayTokenLife = gatewayTokenLife;
    try {
      Files.createDirectories(LOGS);
      data = Files.createTempDirectory("sallyport-acceptance-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String issuer() {
    return "http://localhost:" + authPort;
  }

  String gatewayUrl() {
    return "http://localhost:" + gatewayPort;
  }

  Path gatewayData() {
    return data.resolve("gateway");
  }

  /** Where the auth-server writes the mail that it would send. */
  Path mail() {
    return data.resolve("auth").resolve("mail");
  }

  void startAuthServer(String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "--spring.profiles.active=demo",
                "--server.port=" + authPort,
                "--sallyport.issuer=" + issuer(),
                "--sallyport.data=" + data.resolve("auth"),
                "--sallyport.gateway.audience=" + gatewayUrl(),
                "--sallyport.gateway.jwks-file=" + gatewayData().resolve("client-jwks.json"),
                "--sallyport.tokens.gateway=" + gatewayTokenLife.toSeconds() + "s",
                "--sallyport.clients[0].client-id=" + OTHER_CLIENT_ID,
                "--sallyport.clients[0].profile=chat",
                "--sallyport.clients[0].name=Another chat client",
                "--sallyport.clients[0].redirect-uris=http://127.0.0.1/callback",
                "--sallyport.fetch.allow=127.0.0.0/8,::1",
                "--sallyport.idps[0].id=" + IDP,
                "--sallyport.idps[0].name=Acme",
                "--sallyport.idps[0].issuer=http://localhost:" + idpPort,
                "--sallyport.idps[0].client-id=" + IDP_CLIENT,
                "--sallyport.idps[0].client-secret=" + IDP_SECRET));
    arguments.addAll(List.of(more));
    authServer = ServerProcess.start("auth-server", jar("auth-server"), data, arguments);
  }

  void startGateway(String... more) {
    gateway = startGateway("chat-gateway", gatewayPort, gatewayData(), more);
  }

  /** A gateway of this issuer with whatever data folder, under the same public name. */
  ServerProcess startGateway(String name, int port, Path gatewayData, String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "--server.port=" + port,
                "--sallyport.public-url=" + gatewayUrl(),
                "--sallyport.issuer=" + issuer(),
                "--sallyport.data=" + gatewayData));
    arguments.addAll(List.of(more));
    return ServerProcess.start(name, jar("chat-gateway"), data, arguments);
  }

  void awaitHealthy() {
    if (authServer != null) {
      authServer.awaitHealthy(issuer());
    }
    if (gateway != null) {
      gateway.awaitHealthy(gatewayUrl());
    }
  }

  void stopAuthServer() {
    if (authServer != null) {
      authServer.stop();
      authServer = null;
    }
  }

  /** Kills the auth-server as a crash would: it says goodbye to nobody. */
  void killAuthServer() {
    if (authServer != null) {
      authServer.kill();
      authServer = null;
    }
  }

  void stopGateway() {
    if (gateway != null) {
      gateway.stop();
      gateway = null;
    }
  }

  ServerProcess gateway() {
    return java.util.Objects.requireNonNull(gateway, "the gateway is stopped");
  }

  /** A new folder inside this run's data. */
  Path newFolder(String name) {
    try {
      return Files.createDirectories(data.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The password of an account that the demo profile made. */
  String demoPassword(String username) {
    try {
      var file = Files.readString(data.resolve("auth").resolve("demo-accounts.json"));
      for (var account : JSONArrayUtils.parse(file)) {
        if (account instanceof Map<?, ?> map && username.equals(map.get("username"))) {
          return String.valueOf(map.get("password"));
        }
      }
      throw new AssertionError("no demo account `" + username + "`");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ParseException e) {
      throw new AssertionError("demo-accounts.json cannot be read", e);
    }
  }

  public static Path jar(String module) {
    var target = Path.of("..", "..", module, "target").toAbsolutePath().normalize();
    try (var files = Files.list(target)) {
      return files
          .filter(file -> file.getFileName().toString().matches(module + "-[^/]*\\.jar"))
          .findFirst()
          .orElseThrow();
    } catch (IOException | java.util.NoSuchElementException e) {
      throw new AssertionError(
          "no packaged jar in " + module + "/target: run `mvn -DskipTests package` first", e);
    }
  }

  public static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    stopGateway();
    stopAuthServer();
    try (var files = Files.walk(data)) {
      for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
