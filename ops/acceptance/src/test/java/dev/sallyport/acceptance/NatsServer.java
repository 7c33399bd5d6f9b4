package dev.sallyport.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Debian's nats-server, with a password, which can be killed and started again where it was. */
final class NatsServer implements AutoCloseable {

  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final String USER = "gateway";
  private static final String PASSWORD = "between-two-local-test-processes";

  private final Path config;
  private final Path log;
  private final int port = Sallyport.freePort();
  private final int monitorPort = Sallyport.freePort();
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Process process;

  NatsServer(Path folder) {
    config = folder.resolve("nats.conf");
    log = Sallyport.LOGS.resolve("nats.log");
    start();
  }

  /** What a gateway is told of it. */
  List<String> arguments() {
    return List.of(
        "--sallyport.nats.url=nats://127.0.0.1:" + port,
        "--sallyport.nats.user=" + USER,
        "--sallyport.nats.password=" + PASSWORD);
  }

  void start() {
    try {
      Files.writeString(
          config,
          """
          listen: "127.0.0.1:%d"
          http: "127.0.0.1:%d"
          authorization { user: "%s", password: "%s" }
          """
              .formatted(port, monitorPort, USER, PASSWORD));
      process =
          new ProcessBuilder(program(), "-c", config.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    } catch (IOException e) {
      throw new UncheckedIOException("nats-server does not start", e);
    }
    Wait.until("nats-server listens", START_MAX, this::listens);
  }

  private boolean listens() {
    try (var socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Debian puts servers into sbin, which is not on everyone's PATH. */
  private static String program() {
    return Stream.of("/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server")
        .filter(path -> Files.isExecutable(Path.of(path)))
        .findFirst()
        .orElse("nats-server");
  }

  /** How many messages it has sent to all that are connected. */
  long sent() {
    try {
      var answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + monitorPort + "/varz"))
                  .build(),
              BodyHandlers.ofString());
      Map<String, Object> json = com.nimbusds.jose.util.JSONObjectUtils.parse(answer.body());
      return ((Number) java.util.Objects.requireNonNull(json.get("out_msgs"))).longValue();
    } catch (IOException | java.text.ParseException e) {
      throw new AssertionError("nats-server does not tell", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** SIGKILL. */
  void kill() {
    var running = process;
    if (running != null) {
      try {
        running.destroyForcibly().waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    kill();
    http.close();
  }
}
