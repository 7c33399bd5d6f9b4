/**
 * What tokens are made and checked with: signing keys and their publication, DPoP proofs and
 * nonces, what may be used once; and the words in which features say who may call them.
 *
 * <p>Start at {@link dev.sallyport.auth.token.SigningKeys}, {@link
 * dev.sallyport.auth.token.DpopProofs} and {@link dev.sallyport.auth.token.ApiCaller}. May use
 * {@code client}, {@code vault}, and {@code signal} to record that a key was made; sessions and
 * policies stand on it. Never stores or logs a token in the clear.
 */
@NullMarked
package dev.sallyport.auth.token;

import org.jspecify.annotations.NullMarked;
