package dev.sallyport.acceptance;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server of this test's own, as durable as Debian's: the library that starts it would
 * otherwise switch {@code synchronous_commit} off. It can be killed, and started again on what it
 * left.
 */
public final class Postgres implements AutoCloseable {

  private static final Duration END_MAX = Duration.ofSeconds(30);

  private final Path data;
  public final int port = Sallyport.freePort();
  private @Nullable EmbeddedPostgres server;

  public Postgres(Path folder) {
    data = folder.resolve("postgres");
    start();
  }

  public void start() {
    try {
      server =
          EmbeddedPostgres.builder()
              .setPort(port)
              .setDataDirectory(data)
              .setCleanDataDirectory(false)
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("fsync", "on")
              .setPGStartupWait(Duration.ofMinutes(2))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL does not start", e);
    }
  }

  public String url() {
    return "jdbc:postgresql://localhost:" + port + "/postgres";
  }

  /** What a server is told of it. */
  List<String> arguments() {
    return List.of(
        "--spring.datasource.url=" + url(),
        "--spring.datasource.username=postgres",
        "--spring.datasource.password=");
  }

  /** SIGKILL to all of its processes. */
  public void kill() {
    ProcessHandle postmaster = ProcessHandle.of(pid()).orElseThrow();
    // first the one that would start the others again
    List<ProcessHandle> all =
        Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    Wait.until("PostgreSQL is dead", END_MAX, () -> all.stream().noneMatch(ProcessHandle::isAlive));
    // gives its locks back; there is nothing left to stop
    release();
  }

  private long pid() {
    try (Stream<String> lines = Files.lines(data.resolve("postmaster.pid"))) {
      return Long.parseLong(lines.findFirst().orElseThrow().strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void release() {
    try {
      Objects.requireNonNull(server).close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server = null;
  }

  @Override
  public void close() {
    if (server != null) {
      release();
    }
  }
}
