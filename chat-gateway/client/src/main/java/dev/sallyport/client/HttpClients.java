package dev.sallyport.client;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.Executors;

/**
 * The JDK's HTTP client as this library uses it. One carries any number of sockets: one thread
 * waits for all of them, and what arrives is handled on virtual threads, so that a slow listener
 * holds up its own socket alone.
 */
public final class HttpClients {

  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

  private HttpClients() {}

  /** For whoever brings none. */
  private static final class Shared {
    static final HttpClient CLIENT = create();
  }

  /** The one of this process. */
  public static HttpClient shared() {
    return Shared.CLIENT;
  }

  /** One of one's own; to be closed by whoever made it. */
  public static HttpClient create() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(CONNECT_MAX)
        .followRedirects(HttpClient.Redirect.NEVER)
        .executor(
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("gateway-client").factory()))
        .build();
  }
}
