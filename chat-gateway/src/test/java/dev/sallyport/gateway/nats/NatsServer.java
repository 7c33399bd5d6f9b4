package dev.sallyport.gateway.nats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Debian's nats-server, on a free port, which can be killed and started again where it was. */
public final class NatsServer implements AutoCloseable {

  private static final long START_NANOS_MAX = 30_000_000_000L;

  private final String settings;
  private final int port = freePort();
  private @Nullable Process process;

  /**
   * @param settings in NATS's own language
   */
  public NatsServer(String settings) {
    this.settings = settings;
  }

  public static NatsServer started() {
    var server = new NatsServer("authorization { user: gateway, password: secret }");
    server.start();
    return server;
  }

  public String url() {
    return url("nats", "127.0.0.1");
  }

  String url(String scheme, String host) {
    return scheme + "://" + host + ":" + port;
  }

  public void start() {
    try {
      var folder = Files.createTempDirectory("nats");
      var config =
          Files.writeString(
              folder.resolve("nats.conf"),
              "listen: \"127.0.0.1:" + port + "\"\n" + settings + "\n");
      process =
          new ProcessBuilder(program(), "-c", config.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log").toFile())
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long deadline = System.nanoTime() + START_NANOS_MAX;
    while (!listens()) {
      if (System.nanoTime() > deadline || !process.isAlive()) {
        throw new AssertionError("nats-server does not start");
      }
      Thread.onSpinWait();
    }
  }

  private boolean listens() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String program() {
    return Stream.of("/usr/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
        .map(folder -> Path.of(folder, "nats-server"))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Path::toString)
        .orElse("nats-server");
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL. */
  public void kill() {
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
