package dev.sallyport.policy;

/** What a {@code forbid} whose evaluation fails does. */
public enum ErrorMode {
  /** Cedar's own: a policy that fails is skipped, whatever its effect. */
  CEDAR,
  /**
   * Fail closed: a {@code forbid} that fails refuses, and the decision says so. The mode of the
   * gateway and of every simulation and policy test.
   */
  FAIL_CLOSED
}
