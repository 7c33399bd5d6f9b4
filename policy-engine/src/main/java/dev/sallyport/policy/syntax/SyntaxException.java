package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Problem;

/**
 * Leaves a parser on the first problem; caught at the parser's own door, never thrown out of it.
 */
public final class SyntaxException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;

  public SyntaxException(Problem problem) {
    super(problem.message(), null, false, false);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
