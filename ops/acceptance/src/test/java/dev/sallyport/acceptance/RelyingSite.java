package dev.sallyport.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The site of a relying party, on loopback: documents that may change, and what is posted. */
final class RelyingSite implements AutoCloseable {

  private static final Duration POSTED_MAX = Duration.ofSeconds(30);

  private final HttpServer server;
  private final Map<String, String> documents = new ConcurrentHashMap<>();
  private final Map<String, Map<String, String>> posted = new ConcurrentHashMap<>();

  RelyingSite() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/",
        exchange -> {
          var path = exchange.getRequestURI().getPath();
          var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          if ("POST".equals(exchange.getRequestMethod())) {
            posted.put(path, Http.decode(body));
          }
          var document = documents.get(path);
          var bytes = (document == null ? "" : document).getBytes(UTF_8);
          exchange.sendResponseHeaders(document == null ? 404 : 200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  /** From now on that is there; returns where. */
  String put(String path, String document) {
    documents.put(path, document);
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** The form that is posted there, sooner or later. */
  Map<String, String> awaitPosted(String path) {
    return Wait.forValue(
            "a post to " + path, POSTED_MAX, () -> Optional.ofNullable(posted.get(path)))
        .value();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
