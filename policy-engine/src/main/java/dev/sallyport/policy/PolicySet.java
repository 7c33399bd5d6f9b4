package dev.sallyport.policy;

import dev.sallyport.policy.diagnostic.ParseResult;
import dev.sallyport.policy.diagnostic.Problem;
import java.util.List;

/** Policies in order, each with an id. Immutable. */
public final class PolicySet {
  private PolicySet() {}

  /** Reads Cedar text; a policy's id is its {@code @id} annotation. */
  public static ParseResult<PolicySet> parse(String text) {
    return parse(text, PolicyIds.FROM_ANNOTATION);
  }

  /** Reads Cedar text. All problems that can be told apart are reported, not only the first. */
  public static ParseResult<PolicySet> parse(String text, PolicyIds ids) {
    throw new UnsupportedOperationException(text + ids);
  }

  /** The policies and templates, in the order of the text. */
  public List<Policy> policies() {
    throw new UnsupportedOperationException();
  }

  /**
   * Validates in strict mode: what is returned would let a policy fail, or never apply. Warnings
   * ({@link Problem#isError()} false) are among them. In the order of the text.
   */
  public List<Problem> validate(Schema schema) {
    throw new UnsupportedOperationException(schema.toString());
  }
}
