package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.GrantType;

/** One grant type of the token endpoint. */
interface Grant {

  GrantType type();

  /**
   * Decides and issues. The client is registered for the grant.
   *
   * <p>Whoever {@linkplain #spendsProof spends the proof itself} does so before anything that the
   * request brings about, in the same transaction or before; a request that is refused without
   * effect need not spend it.
   */
  GrantOutcome answer(TokenRequest request);

  /** Whether the proof is left to {@link #answer} to spend. */
  default boolean spendsProof() {
    return false;
  }
}
