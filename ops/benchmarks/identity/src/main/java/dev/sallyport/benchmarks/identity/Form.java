package dev.sallyport.benchmarks.identity;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** A POST of form parameters, as bytes. */
final class Form {
  private final URI url;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final Map<String, String> parameters = new LinkedHashMap<>();

  Form(URI url) {
    this.url = url;
    headers.put("Host", url.getAuthority());
    headers.put("Content-Type", "application/x-www-form-urlencoded");
    headers.put("Accept", "application/json");
  }

  Form header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  Form basic(String clientId, String secret) {
    byte[] credentials = (clientId + ':' + secret).getBytes(StandardCharsets.UTF_8);
    return header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
  }

  Form with(String name, String value) {
    parameters.put(name, value);
    return this;
  }

  byte[] bytes() {
    String body =
        parameters.entrySet().stream()
            .map(
                one ->
                    one.getKey() + '=' + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    StringBuilder request = new StringBuilder("POST " + url.getRawPath() + " HTTP/1.1\r\n");
    headers.forEach((name, value) -> request.append(name + ": " + value + "\r\n"));
    request.append("Content-Length: " + body.length() + "\r\n\r\n").append(body);
    return request.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The error of an answer, for people: tokens stay out of what is printed. */
  static String withoutSecrets(String body) {
    return body.contains("token\"") ? "(an answer with a token)" : body.strip();
  }
}
