/**
 * Tokens: signing keys, issuing, exchange, refresh, and the door of the resource API ({@code
 * /v1/**}).
 *
 * <p>Start at {@link dev.sallyport.auth.token.SigningKeys} and {@link
 * dev.sallyport.auth.token.ApiCaller}. Never stores or logs a token in the clear.
 */
@NullMarked
package dev.sallyport.auth.token;

import org.jspecify.annotations.NullMarked;
