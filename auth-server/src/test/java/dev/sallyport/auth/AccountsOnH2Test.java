package dev.sallyport.auth;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class AccountsOnH2Test extends AccountsContract {

  @TempDir static Path data;
  private static RunningServer server;

  @BeforeAll
  static void start() {
    server = RunningServer.start(data, SETTINGS);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  RunningServer server() {
    return server;
  }

  @Override
  Mailbox mails() {
    return new Mailbox(data);
  }
}
