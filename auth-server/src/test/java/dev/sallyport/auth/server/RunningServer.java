package dev.sallyport.auth.server;

import dev.sallyport.auth.AuthServer;
import dev.sallyport.auth.database.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.FileSystemUtils;

/** One node. Several may share a database and a data folder. */
public final class RunningServer implements AutoCloseable {

  /** The gateways' audience. */
  public static final String AUDIENCE = "https://gateway.example";

  private final ConfigurableApplicationContext context;
  private final URI url;

  private RunningServer(ConfigurableApplicationContext context, URI url) {
    this.context = context;
    this.url = url;
  }

  /** A folder for one test's servers; {@link #deleteFolder} removes it. */
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

  public static RunningServer start(
      TestDatabase database, Path folder, Class<?> configuration, String... more) {
    int port = freePort();
    URI url = URI.create("http://localhost:" + port);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--server.port=" + port,
                "--sallyport.issuer=" + url,
                "--sallyport.data=" + folder,
                "--sallyport.gateway.audience=" + AUDIENCE,
                "--sallyport.gateway.jwks-file=" + folder.resolve("client-jwks.json"),
                "--spring.datasource.url=" + database.dataSource().getJdbcUrl(),
                "--spring.datasource.username=" + database.dataSource().getUsername(),
                "--spring.datasource.password=",
                "--spring.profiles.active=demo",
                "--sallyport.password.memory-kib=1024",
                "--server.shutdown=immediate",
                "--logging.level.root=warn"));
    arguments.addAll(List.of(more));
    return new RunningServer(
        new SpringApplicationBuilder(AuthServer.class, configuration)
            .run(arguments.toArray(String[]::new)),
        url);
  }

  public <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  public <T> T bean(String name, Class<T> type) {
    return context.getBean(name, type);
  }

  public URI url(String path) {
    return URI.create(url + path);
  }

  @Override
  public void close() {
    context.close();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
