package dev.sallyport.acceptance;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Plain HTTP: no redirects are followed and no cookies are kept. */
final class Http {

  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(10))
          .build();

  private Http() {}

  /** What came back. */
  record Answer(int status, HttpHeaders headers, String body) {

    Map<String, Object> json() {
      try {
        return JSONObjectUtils.parse(body);
      } catch (ParseException e) {
        throw new AssertionError(status + " " + body, e);
      }
    }

    String text(String member) {
      return Objects.requireNonNull(json().get(member), () -> member + " in " + body).toString();
    }

    @Nullable String header(String name) {
      return headers.firstValue(name).orElse(null);
    }

    /** Status and error code, for refusals in JSON. */
    String refusal() {
      return status + " " + json().get("error");
    }

    /** The JSON, which must have come with status 200. */
    Map<String, Object> ok() {
      if (status != 200) {
        throw new AssertionError(status + " " + body);
      }
      return json();
    }
  }

  static HttpRequest.Builder request(URI uri) {
    return HttpRequest.newBuilder(uri).timeout(ANSWER_MAX);
  }

  static Answer send(HttpRequest.Builder request) {
    try {
      var response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.headers(), response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static Answer get(URI uri) {
    return send(request(uri));
  }

  /** A member that must be there. */
  static String text(Map<String, Object> json, String member) {
    return Objects.requireNonNull(json.get(member), () -> member + " in " + json).toString();
  }

  /** With an access token, by the scheme that it goes by. */
  static Answer get(URI uri, String token) {
    return send(request(uri).header("Authorization", "Bearer " + token));
  }

  static HttpRequest.Builder form(URI uri, Map<String, String> form) {
    return request(uri)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(encode(form)));
  }

  static Answer post(URI uri, Map<String, String> form) {
    return send(form(uri, form));
  }

  static String encode(Map<String, String> form) {
    return form.entrySet().stream()
        .map(entry -> encode(entry.getKey()) + "=" + encode(entry.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  static Map<String, String> decode(@Nullable String form) {
    var parameters = new LinkedHashMap<String, String>();
    if (form == null || form.isEmpty()) {
      return parameters;
    }
    for (var pair : form.split("&", -1)) {
      var parts = pair.split("=", 2);
      var before =
          parameters.put(
              URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
              parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      if (before != null) {
        throw new AssertionError("`" + parts[0] + "` twice in " + form);
      }
    }
    return parameters;
  }

  /** RFC 6749 §2.3.1: form-encoded first. */
  static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString(
                (encode(user) + ":" + encode(password)).getBytes(StandardCharsets.UTF_8));
  }
}
