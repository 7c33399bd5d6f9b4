package dev.sallyport.auth.grant;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a person granted to a client once: from the authorization code to the family of tokens it
 * became.
 *
 * @param jkt the DPoP key that the family is bound to, once it is redeemed
 */
record Authorization(
    String id,
    String clientId,
    Subject subject,
    AuthorizationRequest request,
    Set<String> scopes,
    Instant codeExpiresAt,
    @Nullable Instant redeemedAt,
    @Nullable Instant revokedAt,
    @Nullable String jkt) {

  boolean redeemed() {
    return redeemedAt != null;
  }

  boolean revoked() {
    return revokedAt != null;
  }
}
