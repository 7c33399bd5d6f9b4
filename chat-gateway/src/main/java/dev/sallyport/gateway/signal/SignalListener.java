package dev.sallyport.gateway.signal;

import dev.sallyport.policy.value.Value;
import java.time.Instant;
import java.util.Map;
import java.util.Set;

/**
 * Is told of each security event once the gateway's own revocation state holds it. A bean of this
 * type is called on the one signal thread, in the order of the stream; it must return at once and
 * may see an event again after a restart.
 */
public interface SignalListener {
  /** That sign-in session ended: its tokens are worth nothing. */
  default void sessionRevoked(String userId, String sid) {}

  /** That authorization was ended, with its family of tokens: those are worth nothing. */
  default void grantRevoked(String userId, String grantId) {}

  /**
   * All of the user's tokens issued up to that second are worth nothing (sign-out everywhere,
   * suspension).
   */
  default void userRevoked(String userId, Instant issuedUpTo) {}

  /** That device is gone, and its credential with it. */
  default void deviceRevoked(String userId, String deviceId) {}

  /** That account is closed for good: what is kept of its owner is to be erased. */
  default void accountClosed(String userId) {}

  /** These claims replace, each whole, those in tokens of the user issued up to that second. */
  default void claimsChanged(
      String userId,
      Set<String> roles,
      Set<String> groups,
      Map<String, Value> attributes,
      Instant issuedUpTo) {}

  /** The stream is heard again, or for the first time: other news may have been missed too. */
  default void hearingAgain() {}

  /** Policy of that version was activated. */
  default void policyActivated(long version) {}
}
