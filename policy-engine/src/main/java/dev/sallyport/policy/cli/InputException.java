package dev.sallyport.policy.cli;

import dev.sallyport.policy.diagnostic.Problem;
import java.util.List;

/** Something is wrong with what was given; says what, and where. */
final class InputException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<Located> problems;

  /** A problem and the file it is in; {@code <stdin>} for standard input. */
  record Located(String file, Problem problem) {}

  InputException(String message) {
    super(message, null, false, false);
    this.problems = List.of();
  }

  InputException(List<Located> problems) {
    super("", null, false, false);
    this.problems = List.copyOf(problems);
  }

  InputException(String file, List<Problem> problems) {
    this(problems.stream().map(problem -> new Located(file, problem)).toList());
  }

  /** What is wrong in files; empty if the message says it all. */
  List<Located> problems() {
    return problems;
  }
}
