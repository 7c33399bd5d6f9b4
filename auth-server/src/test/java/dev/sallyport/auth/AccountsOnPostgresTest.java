package dev.sallyport.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountsOnPostgresTest extends AccountsContract {

  @TempDir static Path data;
  private static EmbeddedPostgres postgres;
  private static RunningServer server;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
    server = RunningServer.start(data, settings());
  }

  private static String[] settings() {
    return new String[] {
      "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
      "--spring.datasource.username=postgres",
      SETTINGS[0],
      SETTINGS[1]
    };
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
    postgres.close();
  }

  @Override
  RunningServer server() {
    return server;
  }

  @Override
  Mailbox mails() {
    return new Mailbox(data);
  }

  /** Two nodes with one database and one master key: what one has signed in, the other knows. */
  @Test
  void secondNode_browserSignedInAtTheFirst_isSignedIn() throws Exception {
    try (RunningServer second = RunningServer.start(data, server.clock(), settings())) {
      Browser browser = new Browser(server.port());
      browser.signInAsDemoPerson("alice", data, server.clock());
      assertThat(browser.get("/account").body()).contains("Alice Adler");
      Browser elsewhere = browser.at(second.port());
      assertThat(elsewhere.get("/account").body()).contains("Alice Adler");
      elsewhere.press("/account", "sign-out");
      assertThat(browser.get("/account").uri().getPath()).isEqualTo("/login");
    }
  }
}
