package dev.sallyport.policy.syntax;

import dev.sallyport.policy.diagnostic.Problem;
import java.util.List;

/**
 * Leaves a parser on the first problem; caught at the parser's own door, never thrown out of it.
 */
public final class SyntaxException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<Problem> problems;

  public SyntaxException(Problem problem) {
    this(List.of(problem));
  }

  /** Several that were found before the parser could go no further; at least one. */
  SyntaxException(List<Problem> problems) {
    super(problems.getFirst().message(), null, false, false);
    this.problems = List.copyOf(problems);
  }

  /** The first of them. */
  public Problem problem() {
    return problems.getFirst();
  }

  public List<Problem> problems() {
    return problems;
  }
}
