package dev.sallyport.auth.policy;

import java.util.List;

/** What the active policies say to an {@link Inquiry}. */
public sealed interface Ruling {

  /** Given to the one who asked, and found again in the audit trail. */
  String decisionId();

  /** The version of the policies that decided. */
  long policyVersion();

  /** Ids of the policies that determined it; empty: nothing permits it. */
  List<String> policies();

  record Permitted(String decisionId, long policyVersion, List<String> policies) implements Ruling {
    public Permitted {
      policies = List.copyOf(policies);
    }
  }

  /**
   * A policy forbids it, or none permits it.
   *
   * @param message for the one refused: the {@code @message} of the policy that forbids it, or a
   *     general one
   * @param secondFactorMissing with two factors shown it would have been permitted: who asks can
   *     sign in again and then do it (RFC 9470)
   */
  record Refused(
      String decisionId,
      long policyVersion,
      List<String> policies,
      String message,
      boolean secondFactorMissing)
      implements Ruling {
    public Refused {
      policies = List.copyOf(policies);
    }
  }
}
