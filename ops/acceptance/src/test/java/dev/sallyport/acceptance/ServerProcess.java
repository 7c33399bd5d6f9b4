package dev.sallyport.acceptance;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One packaged jar in its own process. */
public final class ServerProcess {

  /** Some thirty seconds where nothing else runs. */
  static final Duration START_MAX = Duration.ofMinutes(4);

  private static final Duration STOP_MAX = Duration.ofSeconds(25);

  private final String name;
  private final Process process;
  private final Path log;

  private ServerProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts {@code jar}; what it says is appended to {@code target/acceptance/<name>.log}. */
  public static ServerProcess start(String name, Path jar, Path folder, List<String> arguments) {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var command =
        new ArrayList<>(
            List.of(java, "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED", "-jar"));
    command.add(jar.toString());
    command.addAll(arguments);
    var log = Sallyport.LOGS.resolve(name + ".log");
    try {
      Files.createDirectories(Sallyport.LOGS);
      var process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .redirectInput(new File("/dev/null"))
              .start();
      // Nothing outlives the test, whatever ends it.
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      return new ServerProcess(name, process, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path log() {
    return log;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits until {@code <baseUrl>/actuator/health} says 200. */
  public void awaitHealthy(String baseUrl) {
    awaitHealthy(baseUrl, HttpClient.newHttpClient());
  }

  /** As {@link #awaitHealthy(String)}, asked by this client. */
  void awaitHealthy(String baseUrl, HttpClient http) {
    long deadline = System.nanoTime() + START_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      if (!process.isAlive()) {
        throw new AssertionError(
            "`" + name + "` ended with status " + process.exitValue() + said());
      }
      if (status(baseUrl + "/actuator/health", http) == 200) {
        return;
      }
      Wait.pause();
    }
    throw new AssertionError("`" + name + "` is not healthy after " + START_MAX + said());
  }

  public static int status(String url) {
    return status(url, HttpClient.newHttpClient());
  }

  private static int status(String url, HttpClient http) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).build(),
              BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The last lines of the log. */
  String said() {
    try {
      var lines = Files.readAllLines(log);
      return ":\n" + String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    } catch (IOException e) {
      return "";
    }
  }

  /** Waits for the process to end by itself; its exit status. */
  int awaitEnd(Duration within) {
    try {
      if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("`" + name + "` has not ended within " + within + said());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** SIGKILL. */
  public void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** SIGTERM, and SIGKILL where that does not help. */
  public void stop() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
