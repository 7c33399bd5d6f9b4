package dev.sallyport.auth.grant;

import com.nimbusds.jose.util.JSONObjectUtils;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;

/** OAuth errors as exceptions, which Spring's filters carry, and as answers (RFC 6749 §5.2). */
final class OAuthErrors {

  /** Of an authorization server that gives nonces (RFC 9449 §8). */
  static final String DPOP_NONCE = "DPoP-Nonce";

  private OAuthErrors() {}

  /** An error with members of its own. */
  static final class Refused extends OAuth2AuthenticationException {
    private static final long serialVersionUID = 1;
    private final transient Map<String, Object> extra;

    Refused(String error, @Nullable String description, Map<String, Object> extra) {
      super(new OAuth2Error(error, description, null));
      this.extra = extra;
    }

    Map<String, Object> extra() {
      return extra;
    }
  }

  /** Too many requests (RFC 9126 section 2.3). */
  static final class TooMany extends OAuth2AuthenticationException {
    private static final long serialVersionUID = 1;
    private final Duration wait;

    TooMany(Duration wait) {
      super(new OAuth2Error("temporarily_unavailable", "too many requests", null));
      this.wait = wait;
    }
  }

  static OAuth2AuthenticationException refused(String error, @Nullable String description) {
    return new Refused(error, description, Map.of());
  }

  /** Answers with the error; 401 where the client did not authenticate, else 400. */
  static void write(HttpServletResponse response, OAuth2AuthenticationException refusal)
      throws IOException {
    if (refusal instanceof TooMany tooMany) {
      write(response, tooMany);
      return;
    }
    OAuth2Error error = refusal.getError();
    write(
        response,
        error.getErrorCode(),
        error.getDescription(),
        refusal instanceof Refused refused ? refused.extra() : Map.of());
  }

  private static void write(HttpServletResponse response, TooMany refusal) throws IOException {
    response.setStatus(HttpStatus.TOO_MANY_REQUESTS.value());
    response.setHeader(
        HttpHeaders.RETRY_AFTER, Long.toString(refusal.wait.plusMillis(999).toSeconds()));
    OAuth2Error error = refusal.getError();
    json(response, Map.of("error", error.getErrorCode(), "error_description", "too many requests"));
  }

  static void write(
      HttpServletResponse response,
      String error,
      @Nullable String description,
      Map<String, Object> extra)
      throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", error);
    if (description != null) {
      body.put("error_description", description);
    }
    body.putAll(extra);
    boolean client = "invalid_client".equals(error);
    if (client) {
      response.setHeader("WWW-Authenticate", "Basic realm=\"sallyport\"");
    }
    response.setStatus(
        client ? HttpServletResponse.SC_UNAUTHORIZED : HttpServletResponse.SC_BAD_REQUEST);
    json(response, body);
  }

  static void json(HttpServletResponse response, Map<String, Object> body) throws IOException {
    response.setHeader("Cache-Control", "no-store");
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    response
        .getOutputStream()
        .write(JSONObjectUtils.toJSONString(body).getBytes(StandardCharsets.UTF_8));
  }
}
