package dev.sallyport.auth.fetch;

import dev.sallyport.auth.installation.Installation;
import jakarta.annotation.PreDestroy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.util.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.http.client.HttpComponentsClientHttpRequestFactory;
import org.springframework.http.client.InterceptingClientHttpRequestFactory;
import org.springframework.stereotype.Component;

/**
 * The one way out: https with the trust anchors of {@code sallyport.trust-pem}, {@code
 * sallyport.fetch.trust-pem} and the JDK; http to allowed loopback addresses only; no redirects, no
 * cookies, no proxy, no decompression; seconds in all, and a bound on what is read. Names are
 * resolved by {@link Destinations}. Safe for use by many threads.
 */
@Component
public final class OutgoingHttp implements ClientHttpRequestInterceptor {

  /** Metadata, key sets and token responses are a few KiB. */
  static final int BODY_BYTES_MAX = 256 * 1024;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(5);

  /** From the first look-up to the last byte, however slowly they drip. */
  private static final Duration TOTAL = Duration.ofSeconds(8);

  private static final int HEADER_LINES_MAX = 100;
  private static final int HEADER_LINE_LENGTH_MAX = 16 * 1024;
  private static final int CONNECTIONS_MAX = 64;
  private static final int CONNECTIONS_PER_HOST_MAX = 8;

  private final Destinations destinations;
  private final CloseableHttpClient client;
  private final ClientHttpRequestFactory requests;
  private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();

  private final Duration total;

  @Autowired
  public OutgoingHttp(Installation installation, FetchSettings settings) {
    this(installation, settings, TOTAL);
  }

  OutgoingHttp(Installation installation, FetchSettings settings, Duration total) {
    this.total = total;
    this.destinations = new Destinations(settings.allow());
    Http1Config bounds =
        Http1Config.custom()
            .setMaxHeaderCount(HEADER_LINES_MAX)
            .setMaxLineLength(HEADER_LINE_LENGTH_MAX)
            .build();
    this.client =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setDnsResolver(destinations)
                    .setTlsSocketStrategy(
                        new DefaultClientTlsStrategy(
                            TrustAnchors.context(installation.trustPem(), settings.trustPem())))
                    .setConnectionFactory(
                        ManagedHttpClientConnectionFactory.builder().http1Config(bounds).build())
                    .setDefaultConnectionConfig(
                        ConnectionConfig.custom()
                            .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                            .setSocketTimeout(Timeout.of(READ_TIMEOUT))
                            .build())
                    .setMaxConnTotal(CONNECTIONS_MAX)
                    .setMaxConnPerRoute(CONNECTIONS_PER_HOST_MAX)
                    .build())
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectionRequestTimeout(Timeout.of(CONNECT_TIMEOUT))
                    .setResponseTimeout(Timeout.of(READ_TIMEOUT))
                    .setProtocolUpgradeEnabled(false)
                    .build())
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .setUserAgent("sallyport")
            .build();
    this.requests = new HttpComponentsClientHttpRequestFactory(client);
  }

  @PreDestroy
  void close() throws IOException {
    calls.shutdownNow();
    client.close();
  }

  /** For Spring's clients; {@code this} must be among their interceptors. */
  public ClientHttpRequestFactory requests() {
    return requests;
  }

  /** What came of a call. */
  public sealed interface Answer {
    /**
     * @param status of HTTP; a redirect is an answer like any other
     */
    record Answered(int status, HttpHeaders headers, byte[] body) implements Answer {}

    /**
     * There was none, or it was over the bounds.
     *
     * @param reason for the log: of our own words
     */
    record Failed(String reason) implements Answer {}
  }

  /** Posts a form. */
  public Answer post(URI uri, String form) {
    return post(
        uri,
        MediaType.APPLICATION_FORM_URLENCODED,
        form.getBytes(StandardCharsets.UTF_8),
        Map.of());
  }

  /** Posts a JSON document, with these headers beside. */
  public Answer postJson(URI uri, byte[] json, Map<String, String> headers) {
    return post(uri, MediaType.APPLICATION_JSON, json, headers);
  }

  private Answer post(URI uri, MediaType type, byte[] body, Map<String, String> headers) {
    try {
      var request =
          new InterceptingClientHttpRequestFactory(requests, List.of(this))
              .createRequest(uri, HttpMethod.POST);
      headers.forEach(request.getHeaders()::set);
      request.getHeaders().setContentType(type);
      request.getBody().write(body);
      try (ClientHttpResponse response = request.execute()) {
        return new Answer.Answered(
            response.getStatusCode().value(),
            response.getHeaders(),
            response.getBody().readAllBytes());
      }
    } catch (IOException | RuntimeException failed) {
      return new Answer.Failed(reason(failed));
    }
  }

  /**
   * Fetches what is there.
   *
   * @param accept media types, as the header has them
   */
  public Answer get(URI uri, String accept) {
    try {
      var request =
          new InterceptingClientHttpRequestFactory(requests, List.of(this))
              .createRequest(uri, HttpMethod.GET);
      request.getHeaders().set(HttpHeaders.ACCEPT, accept);
      try (ClientHttpResponse response = request.execute()) {
        return new Answer.Answered(
            response.getStatusCode().value(),
            response.getHeaders(),
            response.getBody().readAllBytes());
      }
    } catch (IOException | RuntimeException failed) {
      return new Answer.Failed(reason(failed));
    }
  }

  private static String reason(Exception failed) {
    return failed instanceof Refusal refusal
        ? refusal.words
        // messages of others may quote what came over the wire
        : failed.getClass().getSimpleName();
  }

  /** A URL that is not called. */
  private static final class Refusal extends IOException {
    private static final long serialVersionUID = 1;
    private final String words;

    Refusal(String words) {
      super(words);
      this.words = words;
    }
  }

  @Override
  public ClientHttpResponse intercept(
      HttpRequest request, byte[] body, ClientHttpRequestExecution execution) throws IOException {
    var fault = destinations.fault(request.getURI());
    if (fault.isPresent()) {
      throw new Refusal(fault.get());
    }
    Future<ClientHttpResponse> call =
        calls.submit(
            () -> {
              try (ClientHttpResponse response = execution.execute(request, body)) {
                return Whole.of(response);
              }
            });
    try {
      return call.get(total.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new Refusal("no whole answer in time");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    } finally {
      // closes the connection of a call that is still under way
      call.cancel(true);
    }
  }

  /** An answer that has been read, up to the bound. */
  private record Whole(HttpStatusCode status, String text, HttpHeaders headers, byte[] bytes)
      implements ClientHttpResponse {

    static Whole of(ClientHttpResponse response) throws IOException {
      byte[] read = response.getBody().readNBytes(BODY_BYTES_MAX + 1);
      if (read.length > BODY_BYTES_MAX) {
        throw new Refusal("the answer is longer than " + BODY_BYTES_MAX + " bytes");
      }
      return new Whole(
          response.getStatusCode(), response.getStatusText(), response.getHeaders(), read);
    }

    @Override
    public InputStream getBody() {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public HttpStatusCode getStatusCode() {
      return status;
    }

    @Override
    public String getStatusText() {
      return text;
    }

    @Override
    public HttpHeaders getHeaders() {
      return headers;
    }

    @Override
    public void close() {}
  }
}
