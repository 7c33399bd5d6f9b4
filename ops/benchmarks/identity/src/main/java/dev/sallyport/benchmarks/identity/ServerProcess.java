package dev.sallyport.benchmarks.identity;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** A server in its own process, with what {@code /proc} says of it. */
final class ServerProcess implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofMinutes(3);
  private static final Duration STOP_MAX = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final Path log;
  private final long startedNanos;

  private ServerProcess(Process process, Path log, long startedNanos) {
    this.process = process;
    this.log = log;
    this.startedNanos = startedNanos;
  }

  /**
   * A server that runs.
   *
   * @param readyIn how long it took from the start of the process until it answered, with nothing
   *     there yet
   * @param readyAgainIn the same at its second start, which it runs since
   */
  record Started(ServerProcess process, Duration readyIn, Duration readyAgainIn) {}

  /** Starts it, stops it when {@code url} says 200, and starts it again. */
  static Started twice(
      String name, Path folder, List<String> command, Map<String, String> environment, URI url)
      throws IOException, InterruptedException {
    Duration readyIn;
    try (ServerProcess first = start(name, folder, command, environment)) {
      readyIn = first.awaitReady(url);
    }
    ServerProcess second = start(name, folder, command, environment);
    return new Started(second, readyIn, second.awaitReady(url));
  }

  private static ServerProcess start(
      String name, Path folder, List<String> command, Map<String, String> environment)
      throws IOException {
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(new File("/dev/null"));
    builder.environment().putAll(environment);
    long now = System.nanoTime();
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    return new ServerProcess(process, log, now);
  }

  /** How long it took from the start of the process until {@code url} said 200. */
  private Duration awaitReady(URI url) throws IOException, InterruptedException {
    long deadline = startedNanos + START_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      if (!process.isAlive()) {
        throw new IOException(
            "the server ended with status " + process.exitValue() + ", see " + log);
      }
      try {
        if (HTTP.send(HttpRequest.newBuilder(url).build(), BodyHandlers.discarding()).statusCode()
            == 200) {
          return Duration.ofNanos(System.nanoTime() - startedNanos);
        }
      } catch (IOException notYet) {
        // Nobody listens so far.
      }
      Thread.sleep(POLL);
    }
    throw new IOException("the server is not ready after " + START_MAX + ", see " + log);
  }

  /** Processor time so far, of all its threads and of what it started. */
  Duration cpu() throws IOException {
    long ticks = 0;
    for (long pid : pids()) {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
    return Duration.ofMillis(ticks * 10);
  }

  /** Resident memory in bytes, of it and of what it started. */
  long resident() throws IOException {
    long bytes = 0;
    for (long pid : pids()) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          bytes += Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
    }
    return bytes;
  }

  /** A start script may stay and have the server as its child. */
  private long[] pids() {
    return LongStream.concat(
            LongStream.of(process.pid()), process.descendants().mapToLong(ProcessHandle::pid))
        .toArray();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() throws InterruptedException {
    List<ProcessHandle> started = process.descendants().toList();
    started.forEach(ProcessHandle::destroy);
    process.destroy();
    if (!process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly().waitFor();
    }
    started.forEach(ProcessHandle::destroyForcibly);
  }
}
