package dev.sallyport.policy.explain;

import dev.sallyport.policy.diagnostic.ProblemCode;
import dev.sallyport.policy.syntax.At;
import org.jspecify.annotations.Nullable;

/** An expression has no value. Never leaves this module. */
public final class EvaluationException extends Exception {
  private static final long serialVersionUID = 1;

  private final ProblemCode code;
  private final transient At at;
  private final @Nullable String help;

  EvaluationException(ProblemCode code, At at, String message, @Nullable String help) {
    super(message, null, false, false);
    this.code = code;
    this.at = at;
    this.help = help;
  }

  public ProblemCode code() {
    return code;
  }

  /** The part that failed. */
  public At at() {
    return at;
  }

  /** One lower-case sentence. */
  public String message() {
    String message = getMessage();
    return message == null ? code.text() : message;
  }

  public @Nullable String help() {
    return help;
  }
}
