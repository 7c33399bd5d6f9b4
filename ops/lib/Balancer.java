import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * One port in front of several nodes of one service on this machine: new connections go to the healthy nodes in turn, and
 * stay where they are. It passes bytes on and reads none, so TLS, WebSockets and forwarded headers are between the two
 * ends; a node sees each client at 127.0.0.1, where all of them are. Run from source, as it needs nothing but a JDK.
 *
 * <p>Usage: {@code java Balancer.java <trust.pem or -> <service>…}, each service as {@code
 * name,port,healthPath,node=port,node=port…}. Says in a line when a node comes and goes.
 */
public class Balancer {

  private static final Duration HEALTH_EVERY = Duration.ofMillis(250);
  private static final Duration HEALTH_ANSWER_MAX = Duration.ofSeconds(2);
  private static final int CONNECT_MILLIS_MAX = 1_000;

  /** Each takes two file descriptors and two buffers. */
  private static final int CONNECTIONS_MAX = 20_000;

  private static final int BACKLOG = 1_024;
  private static final int BUFFER_BYTES = 16 << 10;

  private static final Semaphore PLACES = new Semaphore(CONNECTIONS_MAX);

  public static void main(String[] arguments) throws Exception {
    var http = client(arguments[0]);
    var scheme = arguments[0].equals("-") ? "http" : "https";
    for (int i = 1; i < arguments.length; i++) {
      var parts = arguments[i].split(",");
      var nodes = new ArrayList<Node>();
      for (int n = 3; n < parts.length; n++) {
        var pair = parts[n].split("=", 2);
        nodes.add(new Node(pair[0], Integer.parseInt(pair[1])));
      }
      serve(parts[0], Integer.parseInt(parts[1]), nodes);
      for (var node : nodes) {
        var health = URI.create(scheme + "://localhost:" + node.port + parts[2]);
        Thread.ofPlatform().name(node.name).start(() -> watch(http, node, health));
      }
    }
  }

  private static final class Node {
    final String name;
    final int port;
    volatile boolean healthy;

    Node(String name, int port) {
      this.name = name;
      this.port = port;
    }
  }

  private static void watch(HttpClient http, Node node, URI health) {
    var request = HttpRequest.newBuilder(health).timeout(HEALTH_ANSWER_MAX).build();
    while (true) {
      boolean healthy;
      try {
        healthy = http.send(request, BodyHandlers.discarding()).statusCode() == 200;
      } catch (IOException e) {
        healthy = false;
      } catch (InterruptedException e) {
        return;
      }
      if (healthy != node.healthy) {
        node.healthy = healthy;
        System.out.printf("%s %s takes %s connections%n", java.time.Instant.now(), node.name, healthy ? "new" : "no more");
      }
      try {
        Thread.sleep(HEALTH_EVERY);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void serve(String name, int port, List<Node> nodes) throws IOException {
    var turn = new AtomicInteger();
    // Browsers try both addresses of localhost.
    for (var address : InetAddress.getAllByName("localhost")) {
      ServerSocket server;
      try {
        server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(new InetSocketAddress(address, port), BACKLOG);
      } catch (SocketException e) {
        if (address instanceof java.net.Inet6Address) {
          continue;
        }
        throw new IOException("port " + port + " of the " + name + " cannot be listened on: " + e.getMessage());
      }
      Thread.ofPlatform().name(name).start(() -> accept(server, nodes, turn));
    }
  }

  private static void accept(ServerSocket server, List<Node> nodes, AtomicInteger turn) {
    while (true) {
      try {
        PLACES.acquireUninterruptibly();
        var client = server.accept();
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    pass(client, nodes, turn);
                  } finally {
                    PLACES.release();
                  }
                });
      } catch (IOException e) {
        PLACES.release();
        System.err.println("a connection was not accepted: " + e.getMessage());
        pause();
      }
    }
  }

  /** Out of descriptors, it must not spin. */
  private static void pause() {
    try {
      Thread.sleep(HEALTH_EVERY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pass(Socket client, List<Node> nodes, AtomicInteger turn) {
    try (client) {
      var node = connect(nodes, turn);
      if (node == null) {
        return;
      }
      try (node) {
        client.setTcpNoDelay(true);
        node.setTcpNoDelay(true);
        var back = Thread.ofVirtual().start(() -> copy(node, client));
        copy(client, node);
        back.join();
      }
    } catch (IOException | InterruptedException e) {
      // One of the two is gone, and so is the other.
    }
  }

  /** The next healthy node that takes it; one that just died is passed over, and so no client sees it. */
  private static Socket connect(List<Node> nodes, AtomicInteger turn) {
    for (boolean healthy : new boolean[] {true, false}) {
      int first = turn.getAndIncrement();
      for (int i = 0; i < nodes.size(); i++) {
        var node = nodes.get(Math.floorMod(first + i, nodes.size()));
        // Where none is healthy, one that answers anything says more than none.
        if (node.healthy != healthy) {
          continue;
        }
        var socket = new Socket();
        try {
          socket.connect(new InetSocketAddress("127.0.0.1", node.port), CONNECT_MILLIS_MAX);
          return socket;
        } catch (IOException e) {
          try {
            socket.close();
          } catch (IOException ignored) {
            // It was never open.
          }
        }
      }
    }
    return null;
  }

  /** Until the one ends, then tells the other; where one breaks, both do. */
  private static void copy(Socket from, Socket to) {
    var buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      for (var socket : List.of(from, to)) {
        try {
          socket.close();
        } catch (IOException ignored) {
          // It is closed.
        }
      }
    }
  }

  /** The certificate may be for other names; none but this one is believed. */
  private static HttpClient client(String trustPem) throws Exception {
    var builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(HEALTH_ANSWER_MAX);
    if (!trustPem.equals("-")) {
      var anchors = KeyStore.getInstance(KeyStore.getDefaultType());
      anchors.load(null, null);
      try (var pem = Files.newInputStream(Path.of(trustPem))) {
        int n = 0;
        for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
          anchors.setCertificateEntry("anchor-" + n++, certificate);
        }
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(anchors);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      builder.sslContext(context);
    }
    return builder.build();
  }
}
