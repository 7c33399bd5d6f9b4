package dev.sallyport.gateway.door;

import java.net.URI;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;

/**
 * Errors over HTTP: {@code application/problem+json} (RFC 9457) with a stable {@code code} member
 * and the type {@code https://sallyport.dev/problems/<code>}.
 */
public final class Problems {
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

  /** A refusal of the second door: 403, or 503 where trying again may help. */
  public static ProblemDetail of(Admission.Refused refused) {
    HttpStatus status =
        switch (refused.code()) {
          case "invalid_token" -> HttpStatus.UNAUTHORIZED;
          default -> refused.retryable() ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.FORBIDDEN;
        };
    ProblemDetail problem = of(status, refused.code(), refused.message());
    if (!refused.decisionId().isEmpty()) {
      problem.setProperty("decision_id", refused.decisionId());
    }
    return problem;
  }
}
