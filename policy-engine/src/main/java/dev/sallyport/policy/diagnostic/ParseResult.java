package dev.sallyport.policy.diagnostic;

import java.util.List;
import java.util.stream.Collectors;

/** What a reader returns: the value, or why there is none. */
public sealed interface ParseResult<T> {

  /** The text was well formed. */
  record Parsed<T>(T value) implements ParseResult<T> {}

  /** The text was refused; at least one problem. */
  record Rejected<T>(List<Problem> problems) implements ParseResult<T> {
    public Rejected {
      problems = List.copyOf(problems);
    }

    public Rejected(Problem problem) {
      this(List.of(problem));
    }
  }

  /**
   * The value, for texts that ship with the program and cannot be wrong.
   *
   * @throws IllegalArgumentException naming the problems if the text was refused
   */
  default T orElseThrow() {
    return switch (this) {
      case Parsed<T>(T value) -> value;
      case Rejected<T>(List<Problem> problems) ->
          throw new IllegalArgumentException(
              problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    };
  }

  /** The problems; empty if parsed. */
  default List<Problem> problems() {
    return switch (this) {
      case Parsed<T> ignored -> List.of();
      case Rejected<T>(List<Problem> problems) -> problems;
    };
  }
}
