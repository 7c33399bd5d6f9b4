package dev.sallyport.auth.server;

import dev.sallyport.auth.RunningServer;
import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.database.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.util.FileSystemUtils;

/** One node behind a {@link StandInDoor}. Several may share a database and a data folder. */
public final class Node implements AutoCloseable {

  /** The gateways' audience. */
  public static final String AUDIENCE = "https://gateway.example";

  public static final String ISSUER = "https://id.example";

  private final RunningServer server;

  private Node(RunningServer server) {
    this.server = server;
  }

  /** A folder for one test's nodes; {@link #deleteFolder} removes it. */
  public static Path newFolder() {
    try {
      return Files.createTempDirectory("auth-server-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static void deleteFolder(Path folder) {
    try {
      FileSystemUtils.deleteRecursively(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Node start(TestDatabase database, Path folder) {
    return new Node(
        RunningServer.start(
            folder,
            "--spring.main.sources=" + StandInDoor.class.getName(),
            "--sallyport.issuer=" + ISSUER,
            "--sallyport.gateway.audience=" + AUDIENCE,
            "--sallyport.gateway.jwks-file=" + folder.resolve("client-jwks.json"),
            "--spring.datasource.url=" + database.dataSource().getJdbcUrl(),
            "--spring.datasource.username=" + database.dataSource().getUsername(),
            "--spring.datasource.password=",
            "--server.shutdown=immediate"));
  }

  public <T> T bean(Class<T> type) {
    return server.bean(type);
  }

  public <T> T bean(String name, Class<T> type) {
    return server.bean(StandInDoor.Beans.class).factory().getBean(name, type);
  }

  public SettableClock clock() {
    return server.clock();
  }

  public URI url(String path) {
    return URI.create("http://localhost:" + server.port() + path);
  }

  @Override
  public void close() {
    server.close();
  }
}
