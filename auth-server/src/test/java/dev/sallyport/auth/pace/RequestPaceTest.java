package dev.sallyport.auth.pace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Tomcat as this server has it, and a client that sends a byte now and then. */
class RequestPaceTest {

  private static final Duration MAX = Duration.ofMillis(400);

  /** So often comes a byte: Tomcat's own timeout never strikes. */
  private static final int DRIP_MILLIS = 40;

  /** Drops that no deadline would let through. */
  private static final int DROPS_MAX = 500;

  private static final String ENDED = "(?s)|HTTP/1.1 4.*";

  private final Tomcat tomcat = new Tomcat();
  private int port;

  @BeforeEach
  void start(@TempDir Path folder) throws LifecycleException {
    tomcat.setBaseDir(folder.toString());
    Connector connector = new Connector(TimelyProtocol.class.getName());
    connector.setPort(0);
    connector.setProperty("address", InetAddress.getLoopbackAddress().getHostAddress());
    connector.setProperty("connectionTimeout", "20000");
    ((TimelyProtocol) connector.getProtocolHandler()).headMax(MAX);
    tomcat.setConnector(connector);
    tomcat.getEngine().getPipeline().addValve(new BodyDeadline(MAX));
    Context context = tomcat.addContext("", folder.toString());
    add(context, "form", new Form());
    add(context, "bytes", new Bytes());
    add(context, "deaf", new Deaf());
    tomcat.start();
    port = connector.getLocalPort();
  }

  private static void add(Context context, String name, HttpServlet servlet) {
    Tomcat.addServlet(context, name, servlet);
    context.addServletMappingDecoded("/" + name, name);
  }

  @AfterEach
  void stop() throws LifecycleException {
    tomcat.stop();
    tomcat.destroy();
  }

  /** Tomcat reads its body, for the parameters. */
  private static final class Form extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().print("a=" + request.getParameter("a"));
    }
  }

  private static final class Bytes extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().print(request.getInputStream().readAllBytes().length + " bytes");
    }
  }

  /** Answers without having read. */
  private static final class Deaf extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().print("no matter");
    }
  }

  private Socket connection() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), port);
  }

  private static String post(String path, int length) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + "Content-Length: "
        + length
        + "\r\n\r\n";
  }

  /**
   * Sends a drop whenever nothing has been heard for a moment.
   *
   * @return all that was answered, once the other side has closed; null: it never did
   */
  private String drip(String head, String drop) throws IOException {
    StringBuilder answer = new StringBuilder();
    try (Socket socket = connection()) {
      socket.setSoTimeout(DRIP_MILLIS);
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(ISO_8859_1));
      InputStream in = socket.getInputStream();
      for (int drops = 0; drops < DROPS_MAX; ) {
        try {
          int read = in.read();
          if (read < 0) {
            return answer.toString();
          }
          answer.append((char) read);
        } catch (SocketTimeoutException silence) {
          out.write(drop.getBytes(ISO_8859_1));
          drops++;
        }
      }
    } catch (SocketException closed) {
      return answer.toString();
    }
    return "it was never ended";
  }

  @ParameterizedTest
  @ValueSource(strings = {"/form", "/bytes", "/deaf", "/nowhere"})
  void body_thatDrips_isEnded(String path) throws IOException {
    // an answer may have been on its way, or be lost to the drops that nobody read
    assertThat(drip(post(path, 60_000), "x")).matches(ENDED);
  }

  @Test
  void body_thatDripsBehindAnAnswer_isEndedWith408() throws IOException {
    assertThat(drip(post("/deaf", 60_000), "x")).matches("(?s)|HTTP/1.1 408.*");
  }

  @Test
  void body_inDrippingChunks_isEnded() throws IOException {
    String head = "POST /bytes HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    assertThat(drip(head, "1\r\nx\r\n")).matches(ENDED);
  }

  @Test
  void head_thatDrips_isEnded() throws IOException {
    assertThat(drip("POST /form HTTP/1.1\r\nHost: localhost\r\n", "a: b\r\n")).isEmpty();
    assertThat(drip("P", "O")).doesNotContain("never");
  }

  /** Processors of Tomcat's serve many connections, one after the other. */
  @Test
  void others_areServedBesideAndAfter() throws IOException {
    for (int round = 0; round < 3; round++) {
      drip("GET /form HTTP/1.1\r\nHost: localhost\r\n", "a: b\r\n");
      assertThat(twoOnOneConnection("/form", "a=1")).containsOnlyOnce("a=1a=1");
      assertThat(twoOnOneConnection("/deaf", "a=1")).containsOnlyOnce("no matterno matter");
      assertThat(twoOnOneConnection("/bytes", "")).containsOnlyOnce("0 bytes0 bytes");
    }
  }

  /** The bodies of two answers, the second one asked for once the first is there. */
  private String twoOnOneConnection(String path, String body) throws IOException {
    StringBuilder bodies = new StringBuilder();
    try (Socket socket = connection()) {
      socket.setSoTimeout(20_000);
      for (int request = 0; request < 2; request++) {
        // the head in two parts, as networks do
        socket.getOutputStream().write("PO".getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
        String rest = post(path, body.length()).substring(2) + body;
        socket.getOutputStream().write(rest.getBytes(ISO_8859_1));
        bodies.append(answer(socket.getInputStream()));
      }
    }
    return bodies.toString();
  }

  private static String answer(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int read = in.read();
      if (read < 0) {
        throw new IOException("closed after: " + head);
      }
      head.append((char) read);
    }
    String length = head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
    return new String(in.readNBytes(Integer.parseInt(length)), ISO_8859_1);
  }
}
