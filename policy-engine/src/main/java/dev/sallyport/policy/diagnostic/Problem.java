package dev.sallyport.policy.diagnostic;

import org.jspecify.annotations.Nullable;

/**
 * Something wrong with an input, told so that its author can mend it.
 *
 * @param code stable, closed set
 * @param message one lower-case sentence; input stands in backticks
 * @param span where in the text, if the input is a text
 * @param policyId the policy it is about, if it is about one
 * @param help what to do; never empty: where nothing particular can be said, the advice of the code
 */
public record Problem(
    ProblemCode code,
    String message,
    @Nullable Span span,
    @Nullable String policyId,
    @Nullable String help) {
  public Problem {
    help = help == null ? code.advice() : help;
  }

  public Problem(ProblemCode code, String message, @Nullable Span span) {
    this(code, message, span, null, null);
  }

  public Problem withPolicyId(@Nullable String id) {
    return new Problem(code, message, span, id, help);
  }

  public Problem withSpan(@Nullable Span place) {
    return new Problem(code, message, place, policyId, help);
  }

  public Problem withHelp(@Nullable String text) {
    return new Problem(code, message, span, policyId, text);
  }

  /** True if this forbids use; false for a warning. */
  public boolean isError() {
    return code.severity() == ProblemCode.Severity.ERROR;
  }

  /** {@code line:column: code: message (help)}, leaving out what is not known. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    if (span != null) {
      out.append(span).append(": ");
    }
    out.append(code.text()).append(": ").append(message);
    if (policyId != null) {
      out.append(" (policy `").append(policyId).append("`)");
    }
    if (help != null) {
      out.append("; ").append(help);
    }
    return out.toString();
  }
}
