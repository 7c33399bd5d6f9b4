package dev.sallyport.acceptance.client;

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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The resource API of one service, with DPoP-bound tokens. */
public final class Api {

  private static final Duration REQUEST_MAX = Duration.ofSeconds(30);

  private final HttpClient http = HttpClient.newHttpClient();
  private final String baseUrl;
  private final String publicUrl;
  private final DpopKey dpop;
  private final Supplier<String> accessToken;
  private @Nullable String nonce;

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
    this.baseUrl = baseUrl;
    this.publicUrl = publicUrl;
    this.dpop = dpop;
    this.accessToken = accessToken;
  }

  /** An answer, successful or not. */
  public record Answer(int status, String challenge, String body) {

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

    /** This answer, if it is a success. */
    public Answer orThrow() {
      if (status / 100 != 2) {
        throw new IllegalStateException(status + " " + challenge + " " + body);
      }
      return this;
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

  /** One request; again with the server's nonce where it asks for one (RFC 9449 §9). */
  public Answer call(
      String method, String path, @Nullable Map<String, ?> body, Map<String, String> headers) {
    var uri = URI.create(baseUrl + path);
    for (int attempt = 0; ; attempt++) {
      var token = accessToken.get();
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(REQUEST_MAX)
              .header("Accept", "application/json, application/problem+json")
              .header("Authorization", "DPoP " + token)
              .header("DPoP", dpop.proof(method, URI.create(publicUrl + path), token, nonce));
      headers.forEach(request::header);
      if (body == null) {
        request.method(method, BodyPublishers.noBody());
      } else {
        request
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(JSONObjectUtils.toJSONString(body)));
      }
      HttpResponse<String> response = send(request.build());
      var challenge = String.join(", ", response.headers().allValues("WWW-Authenticate"));
      nonce = response.headers().firstValue("DPoP-Nonce").orElse(nonce);
      if (attempt > 0 || response.statusCode() != 401 || !challenge.contains("use_dpop_nonce")) {
        return new Answer(response.statusCode(), challenge, response.body());
      }
    }
  }

  private HttpResponse<String> send(HttpRequest request) {
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
