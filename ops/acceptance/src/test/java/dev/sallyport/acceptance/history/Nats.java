package dev.sallyport.acceptance.history;

import dev.sallyport.acceptance.Sallyport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Debian's {@code nats-server}, which can be killed, and started again where it was. */
final class Nats implements AutoCloseable {

  static final String USER = "gateway";

  private static final Duration START_MAX = Duration.ofSeconds(60);

  final int port = Sallyport.freePort();
  final String password = UUID.randomUUID().toString();
  private final Path config;
  private @Nullable Process process;

  Nats(Path folder) {
    try {
      config =
          Files.writeString(
              folder.resolve("nats.conf"),
              """
              listen: "127.0.0.1:%d"
              authorization { user: %s, password: "%s" }
              """
                  .formatted(port, USER, password));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void start() {
    try {
      process =
          new ProcessBuilder(List.of(program(), "-c", config.toString()))
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(
                      Sallyport.LOGS.resolve("history-nats.log").toFile()))
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
    } catch (IOException e) {
      throw new UncheckedIOException("`nats-server` cannot be run (Debian package nats-server)", e);
    }
    Awaited.until("nats-server listens", START_MAX, this::listens);
  }

  private boolean listens() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Debian puts it where not everyone's PATH leads. */
  private static String program() {
    return Stream.of("/usr/sbin", "/usr/bin", "/usr/local/bin")
        .map(folder -> Path.of(folder, "nats-server"))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Path::toString)
        .orElse("nats-server");
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
  }
}
