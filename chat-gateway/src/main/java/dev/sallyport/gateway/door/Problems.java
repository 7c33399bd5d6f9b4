package dev.sallyport.gateway.door;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;

/**
 * Errors over HTTP: {@code application/problem+json} (RFC 9457) with a stable {@code code} member
 * and the type {@code https://sallyport.dev/problems/<code>}.
 */
public final class Problems {
  /** The member that says which sign-in would do (RFC 9470). */
  public static final String ACR_VALUES = "acr_values";

  /** The {@code acr} of a sign-in with two factors. */
  public static final String SECOND_FACTOR = "urn:sallyport:acr:2fa";

  /** The member that says when to come back; {@code Retry-After} has it in whole seconds. */
  public static final String RETRY_AFTER_MILLIS = "retry_after_ms";

  private static final String TYPE = "https://sallyport.dev/problems/";

  private Problems() {}

  /**
   * A problem as RFC 9457 has it.
   *
   * @param code stable, from the catalogue in the module's README
   * @param detail one lower-case sentence for people
   */
  public static ProblemDetail of(HttpStatus status, String code, String detail) {
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
    problem.setType(URI.create(TYPE + code));
    problem.setProperty("code", code);
    return problem;
  }

  /** Too much was asked for; there is more after that time. */
  public static ProblemDetail limited(long waitMillis) {
    ProblemDetail problem =
        of(HttpStatus.TOO_MANY_REQUESTS, "rate_limited", "this is asked for too often: wait");
    problem.setProperty(RETRY_AFTER_MILLIS, waitMillis);
    return problem;
  }

  /** What {@code Retry-After} is to say (RFC 9110 §10.2.3); null where it says nothing. */
  static @Nullable String retryAfter(ProblemDetail problem) {
    return problem.getProperties() != null
            && problem.getProperties().get(RETRY_AFTER_MILLIS) instanceof Number millis
        ? Long.toString(Math.max(1, Math.ceilDiv(millis.longValue(), 1_000)))
        : null;
  }

  /** A refusal of the second door: 403, or 503 where trying again may help. */
  public static ProblemDetail of(Admission.Refused refused) {
    HttpStatus status =
        switch (refused.code()) {
          case "invalid_token", Admission.SECOND_FACTOR_MISSING -> HttpStatus.UNAUTHORIZED;
          default -> refused.retryable() ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.FORBIDDEN;
        };
    ProblemDetail problem = of(status, refused.code(), refused.message());
    if (refused.code().equals(Admission.SECOND_FACTOR_MISSING)) {
      problem.setProperty(ACR_VALUES, SECOND_FACTOR);
    }
    if (!refused.decisionId().isEmpty()) {
      problem.setProperty("decision_id", refused.decisionId());
    }
    return problem;
  }

  /** The answer; with a challenge where it asks for another sign-in (RFC 9470 §3). */
  public static ResponseEntity<Object> answer(ProblemDetail problem) {
    ResponseEntity.BodyBuilder answer = ResponseEntity.status(problem.getStatus());
    String retryAfter = retryAfter(problem);
    if (retryAfter != null) {
      answer.header(HttpHeaders.RETRY_AFTER, retryAfter);
    }
    if (problem.getProperties() != null
        && Admission.SECOND_FACTOR_MISSING.equals(problem.getProperties().get("code"))) {
      answer.header(
          HttpHeaders.WWW_AUTHENTICATE,
          "DPoP error=\""
              + Admission.SECOND_FACTOR_MISSING
              + "\", acr_values=\""
              + SECOND_FACTOR
              + "\", algs=\""
              + DpopProofs.ALGORITHMS
              + '"');
    }
    return answer.body(problem);
  }
}
