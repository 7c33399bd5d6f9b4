package dev.sallyport.client;

import java.util.Map;

/**
 * The HTTP API refused: {@code application/problem+json} (RFC 9457). The message has the status,
 * the code and the sentence for people.
 */
public final class ProblemException extends RuntimeException {

  private static final long serialVersionUID = 1;
  private final int status;
  private final String code;
  private final transient Api.Answer answer;

  private ProblemException(int status, String code, String detail, Api.Answer answer) {
    super(status + " " + code + ": " + detail);
    this.status = status;
    this.code = code;
    this.answer = answer;
  }

  static ProblemException of(Api.Answer answer) {
    Map<String, Object> problem;
    try {
      problem = answer.json();
    } catch (IllegalStateException proxy) {
      // A proxy's page, not an answer of the gateway.
      problem = Map.of();
    }
    return new ProblemException(
        answer.status(),
        String.valueOf(problem.getOrDefault("code", "")),
        String.valueOf(problem.getOrDefault("detail", "")),
        answer);
  }

  public int status() {
    return status;
  }

  /**
   * From the catalogue in {@code chat-gateway/README.md}; empty where it was no problem of ours.
   */
  public String code() {
    return code;
  }

  /** With all members, such as {@code decision_id}, {@code winner} or {@code removals}. */
  public Api.Answer answer() {
    return answer;
  }
}
