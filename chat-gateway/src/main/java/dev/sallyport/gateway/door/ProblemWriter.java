package dev.sallyport.gateway.door;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Writes problems, and the challenges that go with refusals of the first door. */
public final class ProblemWriter {
  private ProblemWriter() {}

  /** Answers with the problem; the response must not be committed. */
  public static Mono<Void> write(ServerWebExchange exchange, ProblemDetail problem) {
    ServerHttpResponse response = exchange.getResponse();
    response.setStatusCode(HttpStatusCode.valueOf(problem.getStatus()));
    response.getHeaders().setContentType(MediaType.APPLICATION_PROBLEM_JSON);
    response.getHeaders().setCacheControl("no-store");
    String retryAfter = Problems.retryAfter(problem);
    if (retryAfter != null) {
      response.getHeaders().set("Retry-After", retryAfter);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", String.valueOf(problem.getType()));
    json.put("title", Objects.requireNonNullElse(problem.getTitle(), ""));
    json.put("status", problem.getStatus());
    json.put("detail", Objects.requireNonNullElse(problem.getDetail(), ""));
    if (problem.getProperties() != null) {
      json.putAll(problem.getProperties());
    }
    byte[] body = JSONObjectUtils.toJSONString(json).getBytes(StandardCharsets.UTF_8);
    response.getHeaders().setContentLength(body.length);
    return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
  }

  /**
   * Answers with the refusal, and with {@code WWW-Authenticate} (RFC 9449 §7.1) where it belongs.
   */
  public static Mono<Void> write(
      ServerWebExchange exchange, TokenRefusal why, ServerNonces nonces) {
    ServerHttpResponse response = exchange.getResponse();
    if (why.status() == 401 || why.status() == 403) {
      response.getHeaders().set("WWW-Authenticate", challenge(why));
    }
    if (why == TokenRefusal.NONCE_NEEDED) {
      response.getHeaders().set("DPoP-Nonce", nonces.fresh());
    }
    if (why.retryable()) {
      response.getHeaders().set("Retry-After", "5");
    }
    return write(
        exchange,
        Problems.of(
            Objects.requireNonNull(org.springframework.http.HttpStatus.resolve(why.status())),
            why.code(),
            why.text()));
  }

  private static String challenge(TokenRefusal why) {
    StringBuilder challenge = new StringBuilder("DPoP ");
    if (why.oauthError() != null) {
      challenge
          .append("error=\"")
          .append(why.oauthError())
          .append("\", error_description=\"")
          .append(why.text().replace('`', '\''))
          .append("\", ");
    }
    if (why == TokenRefusal.SCOPE_MISSING) {
      challenge.append("scope=\"chat.read chat.write\", ");
    }
    return challenge.append("algs=\"").append(DpopProofs.ALGORITHMS).append('"').toString();
  }
}
