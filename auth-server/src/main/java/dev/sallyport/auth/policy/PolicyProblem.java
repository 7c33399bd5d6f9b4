package dev.sallyport.auth.policy;

import dev.sallyport.policy.diagnostic.Problem;
import dev.sallyport.policy.diagnostic.Span;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a content is refused, or a warning about it.
 *
 * @param source in which text: {@code policies}, {@code schema}, {@code entities}; {@code
 *     activation} where the content is sound but must not become active
 * @param code stable
 * @param policy the id of the policy it is about, if it is about one
 * @param policyLine the line on which that policy begins, since one without {@code @id} is named by
 *     its place only
 * @param place null where the problem is in no one place
 * @param warning whether the content may be used nevertheless
 */
public record PolicyProblem(
    String source,
    String code,
    String message,
    @Nullable String policy,
    @Nullable Integer policyLine,
    @Nullable Place place,
    @Nullable String help,
    boolean warning) {

  /** Counted from 1; columns in UTF-16 units, as editors do. The end is exclusive. */
  public record Place(int line, int column, int endLine, int endColumn) {}

  static PolicyProblem of(String source, Problem problem) {
    return of(source, problem, Map.of());
  }

  /**
   * @param policyLines where each policy begins, by its id
   */
  static PolicyProblem of(String source, Problem problem, Map<String, Integer> policyLines) {
    @Nullable String policy = problem.policyId();
    @Nullable Span span = problem.span();
    return new PolicyProblem(
        source,
        problem.code().text(),
        problem.message(),
        policy,
        policy == null ? null : policyLines.get(policy),
        span == null
            ? null
            : new Place(span.line(), span.column(), span.endLine(), span.endColumn()),
        problem.help(),
        !problem.isError());
  }

  static PolicyProblem of(String source, String code, String message, @Nullable String help) {
    return new PolicyProblem(source, code, message, null, null, null, help, false);
  }
}
