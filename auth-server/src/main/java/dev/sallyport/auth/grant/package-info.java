/**
 * Grants: how an authorization request becomes tokens, and what tokens open. The OAuth endpoints
 * ({@code /oauth2/**}), discovery, UserInfo, and the door of {@code /v1/**}.
 *
 * <p>Start at {@link dev.sallyport.auth.grant.TokenEndpoint} for what comes out, at {@link
 * dev.sallyport.auth.grant.ApiDoor} for what gets in. Never stores or logs a token, a code or a
 * secret in the clear. May use {@code certificate}, {@code client}, {@code consent}, {@code token},
 * {@code device}, {@code policy}, {@code account}, {@code person}, {@code pairing}, {@code detail},
 * {@code federation}, {@code logout}, {@code session}, {@code signal}, {@code limit}, {@code
 * vault}, {@code fetch} and {@code installation}; nothing depends on it.
 */
@NullMarked
package dev.sallyport.auth.grant;

import org.jspecify.annotations.NullMarked;
