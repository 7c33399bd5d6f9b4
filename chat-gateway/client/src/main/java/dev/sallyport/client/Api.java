package dev.sallyport.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.text.ParseException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The resource API of one service, with DPoP-bound tokens. Thread-safe. */
public final class Api {

  private static final Duration REQUEST_MAX = Duration.ofSeconds(30);

  private final HttpClient http;
  private final GatewayAddress address;
  private final DpopKey dpop;
  private final Supplier<String> accessToken;
  private volatile @Nullable String nonce;

  public Api(String baseUrl, DpopKey dpop, Supplier<String> accessToken) {
    this(baseUrl, baseUrl, dpop, accessToken);
  }

  /**
   * One of several nodes.
   *
   * @param baseUrl where it is
   * @param publicUrl what it is called, and what proofs are for
   */
  public Api(String baseUrl, String publicUrl, DpopKey dpop, Supplier<String> accessToken) {
    this(HttpClients.shared(), new GatewayAddress(baseUrl, publicUrl), dpop, accessToken);
  }

  /**
   * @param accessToken asked before each request
   */
  public Api(HttpClient http, GatewayAddress address, DpopKey dpop, Supplier<String> accessToken) {
    this.http = http;
    this.address = address;
    this.dpop = dpop;
    this.accessToken = accessToken;
  }

  /**
   * An answer, successful or not.
   *
   * @param challenge the {@code WWW-Authenticate} headers; empty if there is none
   * @param retryAfterSeconds what {@code Retry-After} says (RFC 9110 §10.2.3)
   */
  public record Answer(int status, String challenge, String body, OptionalLong retryAfterSeconds) {

    /** The members of a JSON object; empty for no body. */
    public Map<String, Object> json() {
      try {
        return body.isEmpty() ? Map.of() : JSONObjectUtils.parse(body);
      } catch (ParseException e) {
        throw new IllegalStateException("not a JSON object: " + status, e);
      }
    }

    public String text(String member) {
      return String.valueOf(json().get(member));
    }

    /** An array of objects. */
    @SuppressWarnings("unchecked")
    public List<Map<String, Object>> list(String member) {
      return json().get(member) instanceof List<?> list
          ? (List<Map<String, Object>>) list
          : List.of();
    }

    public boolean ok() {
      return status / 100 == 2;
    }

    /**
     * This answer, if it is a success.
     *
     * @throws ProblemException otherwise
     */
    public Answer orThrow() {
      if (!ok()) {
        throw ProblemException.of(this);
      }
      return this;
    }

    /** No body: it may hold what only its reader may see. */
    @Override
    public String toString() {
      return "Answer[" + status + "]";
    }
  }

  public Answer get(String path) {
    return call("GET", path, null);
  }

  public Answer post(String path, Map<String, ?> body) {
    return call("POST", path, body);
  }

  public Answer call(String method, String path, @Nullable Map<String, ?> body) {
    return call(method, path, body, Map.of());
  }

  /**
   * One request; again with the server's nonce where it asks for one (RFC 9449 §9).
   *
   * @throws UncheckedIOException where there was no answer: whether it was done is not known then
   */
  public Answer call(
      String method, String path, @Nullable Map<String, ?> body, Map<String, String> headers) {
    var given = new LinkedHashMap<>(headers);
    byte[] bytes = null;
    if (body != null) {
      given.putIfAbsent("Content-Type", "application/json");
      bytes = JSONObjectUtils.toJSONString(body).getBytes(UTF_8);
    }
    return exchange(method, path, bytes, given).text();
  }

  /**
   * An answer that need not be JSON.
   *
   * @param headers by their names in lower case
   */
  record BytesAnswer(int status, Map<String, List<String>> headers, byte[] body) {
    Optional<String> header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()).stream().findFirst();
    }

    boolean ok() {
      return status / 100 == 2;
    }

    Answer text() {
      return new Answer(
          status,
          String.join(", ", headers.getOrDefault("www-authenticate", List.of())),
          new String(body, UTF_8),
          seconds(header("Retry-After")));
    }

    @Override
    public String toString() {
      return "BytesAnswer[" + status + "]";
    }
  }

  /** The same with bytes. */
  BytesAnswer exchange(
      String method, String path, byte @Nullable [] body, Map<String, String> headers) {
    var uri = URI.create(address.connectTo() + path);
    var htu = URI.create(address.publicUrl() + path);
    for (int attempt = 0; ; attempt++) {
      var token = accessToken.get();
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(REQUEST_MAX)
              .header("Accept", "application/json, application/problem+json, */*;q=0.1")
              .header("Authorization", "DPoP " + token)
              .header("DPoP", dpop.proof(method, htu, token, nonce));
      headers.forEach(request::header);
      request.method(
          method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
      var response = send(http, request.build(), BodyHandlers.ofByteArray());
      var challenge = String.join(", ", response.headers().allValues("WWW-Authenticate"));
      nonce = response.headers().firstValue("DPoP-Nonce").orElse(nonce);
      if (attempt > 0 || response.statusCode() != 401 || !challenge.contains("use_dpop_nonce")) {
        var lower = new LinkedHashMap<String, List<String>>();
        response
            .headers()
            .map()
            .forEach((name, values) -> lower.put(name.toLowerCase(Locale.ROOT), values));
        return new BytesAnswer(response.statusCode(), lower, response.body());
      }
    }
  }

  /** Seconds alone: a date would ask for a clock that agrees. */
  static OptionalLong seconds(Optional<String> retryAfter) {
    return retryAfter.filter(text -> text.matches("[0-9]{1,9}")).stream()
        .mapToLong(Long::parseLong)
        .findFirst();
  }

  static HttpResponse<String> send(HttpClient http, HttpRequest request) {
    return send(http, request, BodyHandlers.ofString());
  }

  private static <T> HttpResponse<T> send(
      HttpClient http, HttpRequest request, HttpResponse.BodyHandler<T> bodies) {
    try {
      return http.send(request, bodies);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
