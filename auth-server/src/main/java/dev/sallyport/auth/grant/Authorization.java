package dev.sallyport.auth.grant;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a person granted to a client once: from the authorization code to the family of tokens it
 * became.
 *
 * @param jkt the DPoP key that the family is bound to, once it is redeemed
 * @param keptUntil it may be forgotten from then on
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
    @Nullable String jkt,
    Instant keptUntil) {

  /** What its tokens are for: all but the scopes that stand for single claims. */
  Set<String> tokenScopes() {
    Set<String> tokens = new HashSet<>(scopes);
    tokens.removeAll(request.claimedScopes());
    return tokens;
  }

  /** Those of the claims asked for by name that the person consented to. */
  Set<String> granted(Set<String> claims) {
    return claims.stream()
        .filter(claim -> scopes.contains(PersonClaims.scopeOf(claim)))
        .collect(Collectors.toSet());
  }

  boolean redeemed() {
    return redeemedAt != null;
  }

  boolean revoked() {
    return revokedAt != null;
  }
}
