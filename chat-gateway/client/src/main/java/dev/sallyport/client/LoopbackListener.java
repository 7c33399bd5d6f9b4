package dev.sallyport.client;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Receives one redirect on a free port of 127.0.0.1 (RFC 8252 §7.3). */
final class LoopbackListener implements AutoCloseable {

  private static final byte[] PAGE =
      "<!doctype html><title>Signed in</title><p id=\"done\">You can close this window.</p>"
          .getBytes(StandardCharsets.UTF_8);

  private final HttpServer server;
  private final CompletableFuture<URI> callback = new CompletableFuture<>();

  private LoopbackListener(HttpServer server) {
    this.server = server;
  }

  static LoopbackListener open() {
    try {
      var address = new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
      var listener = new LoopbackListener(HttpServer.create(address, 0));
      listener.server.createContext(
          "/callback",
          exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, PAGE.length);
            try (var body = exchange.getResponseBody()) {
              body.write(PAGE);
            }
            listener.callback.complete(listener.base().resolve(exchange.getRequestURI()));
          });
      listener.server.start();
      return listener;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private URI base() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  URI redirectUri() {
    return base().resolve("/callback");
  }

  URI await(Duration within) {
    try {
      return callback.get(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("nobody signed in within " + within, e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
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
