package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.GrantType;

/** One grant type of the token endpoint. */
interface Grant {

  GrantType type();

  /** Decides and issues. The client is registered for the grant. */
  GrantOutcome answer(TokenRequest request);
}
