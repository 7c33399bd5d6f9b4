package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.GrantType;

/** One grant type of the token endpoint. */
interface Grant {

  GrantType type();

  /**
   * Decides and issues. The client is registered for the grant.
   *
   * <p>Whoever {@linkplain #spendsProof spends the proof itself} does so whatever it answers, and
   * before anything that the request brings about, in the same transaction or before.
   */
  GrantOutcome answer(TokenRequest request);

  /** Whether the proof is left to {@link #answer} to spend. */
  default boolean spendsProof() {
    return false;
  }
}
