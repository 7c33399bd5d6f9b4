package dev.sallyport.policy;

import dev.sallyport.policy.entity.Entities;

/**
 * Answers requests by one policy set. Immutable and thread-safe; answers depend on nothing but the
 * arguments.
 */
public final class PolicyEngine {
  private PolicyEngine() {}

  /**
   * Plans a set that speaks the vocabulary of a schema. The schema gives the groups of actions, so
   * that hosts need not provide action entities. The set need not have been validated, but should:
   * see {@link PolicySet#validate}.
   */
  public static PolicyEngine plan(PolicySet policies, Schema schema, ErrorMode mode) {
    throw new UnsupportedOperationException(policies.toString() + schema + mode);
  }

  /** Plans a set without a schema: action entities, if policies need them, come from the host. */
  public static PolicyEngine plan(PolicySet policies, ErrorMode mode) {
    throw new UnsupportedOperationException(policies.toString() + mode);
  }

  /**
   * The bare verdict, as soon as it is certain. Does not check the request against the schema.
   * Never throws for what policies do; an exception of the host's entities passes through.
   */
  public Verdict decide(Request request, Entities entities) {
    throw new UnsupportedOperationException(request.toString() + entities);
  }

  /** The verdict of {@link #decide}, with all determining policies and failures. */
  public Decision authorize(Request request, Entities entities) {
    throw new UnsupportedOperationException(request.toString() + entities);
  }
}
