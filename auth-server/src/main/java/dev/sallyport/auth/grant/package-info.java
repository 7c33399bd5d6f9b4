/**
 * Grants: how an authorization request becomes tokens, and what tokens open. The OAuth endpoints
 * ({@code /oauth2/**}), discovery, UserInfo, and the door of {@code /v1/**}.
 *
 * <p>Start at {@link dev.sallyport.auth.grant.TokenEndpoint} for what comes out, at {@link
 * dev.sallyport.auth.grant.ApiDoor} for what gets in. Never stores or logs a token, a code or a
 * secret in the clear. Stands above {@code client}, {@code token} and {@code device}; nothing
 * depends on it.
 */
@NullMarked
package dev.sallyport.auth.grant;

import org.jspecify.annotations.NullMarked;
