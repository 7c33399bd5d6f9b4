package dev.sallyport.auth.mail;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.auth.RunningServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Letters on their way through a mail server (RFC 5321). */
class SmtpTest {

  /** Takes mail, or does not; says nothing of extensions, so that clients use none. */
  private static final class MailServer implements AutoCloseable {

    private final ServerSocket socket;
    final Queue<String> taken = new ConcurrentLinkedQueue<>();
    final Queue<String> refused = new ConcurrentLinkedQueue<>();
    volatile boolean full;

    MailServer() throws IOException {
      socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(this::serve);
    }

    int port() {
      return socket.getLocalPort();
    }

    private void serve() {
      try {
        while (true) {
          Socket client = socket.accept();
          Thread.ofVirtual().start(() -> talk(client));
        }
      } catch (IOException e) {
        // closed: the test is over
      }
    }

    private void talk(Socket client) {
      try (client;
          BufferedReader in =
              new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8));
          OutputStream out = client.getOutputStream()) {
        say(out, "220 here");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          if (line.startsWith("RCPT") && full) {
            refused.add(line);
            say(out, "452 no room");
          } else if (line.equals("DATA")) {
            say(out, "354 go on");
            StringBuilder text = new StringBuilder();
            for (String part = in.readLine(); !part.equals("."); part = in.readLine()) {
              text.append(part).append('\n');
            }
            taken.add(text.toString());
            say(out, "250 taken");
          } else if (line.equals("QUIT")) {
            say(out, "221 bye");
            return;
          } else {
            say(out, "250 fine");
          }
        }
      } catch (IOException e) {
        // the client went away
      }
    }

    private static void say(OutputStream out, String line) throws IOException {
      out.write((line + "\r\n").getBytes(UTF_8));
      out.flush();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @TempDir Path data;

  @Test
  void send_whileTheMailServerIsFull_isTriedAgainAndSentOnce() throws Exception {
    try (MailServer mailServer = new MailServer();
        RunningServer server =
            RunningServer.start(
                data,
                "--spring.mail.host=127.0.0.1",
                "--spring.mail.port=" + mailServer.port(),
                "--sallyport.mail.from=door@sallyport.example")) {
      Mail mail = server.bean(Mail.class);
      mailServer.full = true;
      TransactionTemplate transaction =
          new TransactionTemplate(server.bean(PlatformTransactionManager.class));
      transaction.executeWithoutResult(
          _ -> mail.send(new Letter("eve@sallyport.example", "Grüße", "the-secret-text\n")));
      transaction.executeWithoutResult(
          status -> {
            mail.send(new Letter("eve@sallyport.example", "never", "rolled back\n"));
            status.setRollbackOnly();
          });
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !mailServer.refused.isEmpty());
      assertThat(
              new String(
                  server.jdbc().queryForObject("select sealed from outgoing_mail", byte[].class),
                  UTF_8))
          .doesNotContain("secret");

      mailServer.full = false;
      server.clock().pass(Duration.ofMinutes(3));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                mail.deliverDue();
                return server
                    .jdbc()
                    .queryForList("select id from outgoing_mail", String.class)
                    .isEmpty();
              });
      assertThat(mailServer.taken)
          .singleElement()
          .asString()
          .contains("From: door@sallyport.example", "To: eve@sallyport.example", "=?UTF-8?")
          .contains("the-secret-text")
          .doesNotContain("rolled back");
    }
  }
}
