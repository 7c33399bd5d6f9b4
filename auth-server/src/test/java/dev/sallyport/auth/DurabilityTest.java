package dev.sallyport.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The default database under {@code kill -9}. */
class DurabilityTest {

  /** With H2's default of half a second's delay, nearly all of these would be gone. */
  private static final int COMMITS = 200;

  @Test
  @Timeout(120)
  void kill_afterAcknowledgedCommits_losesNone(@TempDir Path data) throws Exception {
    String url = defaultUrl(data);
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                CommitLoop.class.getName(),
                url)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int acknowledged = 0;
    try (BufferedReader lines = child.inputReader(UTF_8)) {
      while (acknowledged < COMMITS) {
        acknowledged = Integer.parseInt(Objects.requireNonNull(lines.readLine(), "child ended"));
      }
      // by its handle: Process.destroyForcibly would close the stream that is still to be read
      child.toHandle().destroyForcibly();
      // what it had said before it died counts as well
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // the last line may be cut short, and is then smaller than the truth
        acknowledged =
            line.isEmpty() ? acknowledged : Math.max(acknowledged, Integer.parseInt(line));
      }
    }
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();

    try (Connection connection = DriverManager.getConnection(url);
        Statement select = connection.createStatement();
        ResultSet rows = select.executeQuery("select count(*) from acknowledged")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getInt(1)).isGreaterThanOrEqualTo(acknowledged);
    }
  }

  /** As a server without settings would open it. */
  private static String defaultUrl(Path data) throws Exception {
    Properties properties = new Properties();
    try (InputStream in =
        Objects.requireNonNull(
            DurabilityTest.class.getResourceAsStream("/application.properties"))) {
      properties.load(new InputStreamReader(in, UTF_8));
    }
    return properties
        .getProperty("spring.datasource.url")
        .replace("${sallyport.data}", data.toString());
  }
}
