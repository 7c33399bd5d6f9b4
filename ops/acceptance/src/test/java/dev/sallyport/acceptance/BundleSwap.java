package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Someone between gateway and auth-server: passes everything on as it is, but gives another policy
 * bundle when told to.
 */
final class BundleSwap implements AutoCloseable {

  private static final Set<String> OF_ONE_CONNECTION =
      Set.of(
          "connection", "host", "content-length", "transfer-encoding", "upgrade", "http2-settings");

  private final HttpServer server;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String authServer;
  private volatile @Nullable String bundle;
  private final AtomicLong served = new AtomicLong();

  BundleSwap(String authServer) {
    this.authServer = authServer;
    try {
      var loopback = InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
      server = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory()));
    server.createContext("/", this::pass);
    server.start();
  }

  String url() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  void serve(String jws) {
    served.set(0);
    bundle = jws;
  }

  void serveHonestly() {
    bundle = null;
  }

  /** How often the other bundle was given away. */
  long served() {
    return served.get();
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      var given = bundle;
      if (given != null && exchange.getRequestURI().getPath().equals("/v1/policy/bundle")) {
        served.incrementAndGet();
        var bytes = given.getBytes(StandardCharsets.US_ASCII);
        exchange.getResponseHeaders().set("Content-Type", "application/jose");
        exchange.getResponseHeaders().set("ETag", "\"999999\"");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        return;
      }
      var answer = forward(exchange);
      answer
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!name.startsWith(":")
                    && !OF_ONE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                  exchange.getResponseHeaders().put(name, List.copyOf(values));
                }
              });
      var body = answer.body();
      exchange.sendResponseHeaders(answer.statusCode(), body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private HttpResponse<byte[]> forward(HttpExchange exchange) throws IOException {
    var request =
        HttpRequest.newBuilder(URI.create(authServer + exchange.getRequestURI()))
            .timeout(Duration.ofSeconds(60))
            .method(
                exchange.getRequestMethod(),
                BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!OF_ONE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    try {
      return http.send(request.build(), BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** The details of one part of a gateway's health. */
  @SuppressWarnings("unchecked")
  static Map<String, Object> health(String gatewayUrl, String part) {
    try {
      var answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(gatewayUrl + "/actuator/health"))
                      .timeout(Duration.ofSeconds(5))
                      .build(),
                  BodyHandlers.ofString());
      var components = (Map<String, Object>) JSONObjectUtils.parse(answer.body()).get("components");
      return components == null
              || !(components.get(part) instanceof Map<?, ?> component)
              || !(component.get("details") instanceof Map<?, ?> details)
          ? Map.of()
          : (Map<String, Object>) details;
    } catch (IOException | ParseException e) {
      return Map.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
