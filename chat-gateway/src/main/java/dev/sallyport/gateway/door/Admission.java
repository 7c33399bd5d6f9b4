package dev.sallyport.gateway.door;

/** What the second door says to one action. */
public sealed interface Admission {
  Admitted ADMITTED = new Admitted();

  /** The code of a refusal that a sign-in with two factors would turn (RFC 9470 §3). */
  String SECOND_FACTOR_MISSING = "insufficient_user_authentication";

  /** Policy permits it. */
  record Admitted() implements Admission {}

  /**
   * It is refused; the socket or connection stays.
   *
   * @param code stable: {@code policy_denied}, {@code insufficient_scope}, {@code
   *     policy_unavailable}, {@link #SECOND_FACTOR_MISSING} or {@code invalid_token}
   * @param message for people: the {@code @message} of the policy that forbade, or a plain default
   * @param decisionId by which an admin finds the recorded decision; empty when policy was not
   *     asked
   * @param retryable whether the same action may succeed later without anyone changing anything
   */
  record Refused(String code, String message, String decisionId, boolean retryable)
      implements Admission {}
}
