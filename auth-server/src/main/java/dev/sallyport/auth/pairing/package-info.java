/**
 * Pairing: a device without a browser, or with a poor keyboard, is let in from another on which its
 * owner is signed in (RFC 8628). It shows a short code, its owner types that code on the page, sees
 * who asks for what from where, and answers. Start at {@link dev.sallyport.auth.pairing.Pairings};
 * the endpoints for clients are in {@code grant}, the page is in {@code web}.
 *
 * <p>What a request leads to is decided by its row alone, each step by one conditional statement,
 * so that any node may take any step. A code is never stored in the clear, never accepted after it
 * was answered, and never tried without being counted. May use {@code detail}, {@code client},
 * {@code account}, {@code session}, {@code signal}, {@code vault}, {@code limit} and {@code
 * installation}.
 */
@NullMarked
package dev.sallyport.auth.pairing;

import org.jspecify.annotations.NullMarked;
