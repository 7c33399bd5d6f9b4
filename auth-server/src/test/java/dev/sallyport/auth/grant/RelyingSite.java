package dev.sallyport.auth.grant;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The site of a client, on loopback: documents that may change, and how often each was fetched. */
final class RelyingSite implements AutoCloseable {

  private final HttpServer server;
  private final Map<String, String> documents = new ConcurrentHashMap<>();
  private final Map<String, String> posted = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> fetched = new ConcurrentHashMap<>();

  RelyingSite() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          fetched.computeIfAbsent(path, _ -> new AtomicInteger()).incrementAndGet();
          String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          if (!body.isEmpty()) {
            posted.put(path, body);
          }
          String document = documents.get(path);
          byte[] bytes = (document == null ? "" : document).getBytes(UTF_8);
          exchange.sendResponseHeaders(document == null ? 404 : 200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** From now on that is there; returns where. */
  String put(String path, String document) {
    documents.put(path, document);
    return url(path);
  }

  /** The last body that was sent there. */
  Optional<String> posted(String path) {
    return Optional.ofNullable(posted.get(path));
  }

  int fetched(String path) {
    return fetched.getOrDefault(path, new AtomicInteger()).get();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
