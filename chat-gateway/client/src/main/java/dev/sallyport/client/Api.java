package dev.sallyport.client;

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
import java.util.List;
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
    var uri = URI.create(address.connectTo() + path);
    var htu = URI.create(address.publicUrl() + path);
    for (int attempt = 0; ; attempt++) {
      var token = accessToken.get();
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(REQUEST_MAX)
              .header("Accept", "application/json, application/problem+json")
              .header("Authorization", "DPoP " + token)
              .header("DPoP", dpop.proof(method, htu, token, nonce));
      headers.forEach(request::header);
      if (body == null) {
        request.method(method, BodyPublishers.noBody());
      } else {
        request
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(JSONObjectUtils.toJSONString(body)));
      }
      HttpResponse<String> response = send(http, request.build());
      var challenge = String.join(", ", response.headers().allValues("WWW-Authenticate"));
      nonce = response.headers().firstValue("DPoP-Nonce").orElse(nonce);
      if (attempt > 0 || response.statusCode() != 401 || !challenge.contains("use_dpop_nonce")) {
        return new Answer(
            response.statusCode(),
            challenge,
            response.body(),
            seconds(response.headers().firstValue("Retry-After")));
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
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
