/**
 * Security events, and the stream of signals that gateways read of them.
 *
 * <p>Start with {@link dev.sallyport.auth.signal.SecurityEvents}: whoever changes something that
 * matters records an event in the transaction of the change. Of these, the ones a gateway must act
 * on ({@link dev.sallyport.auth.signal.SecurityEvent.Signal}) get a position in the stream after
 * they are committed, and become security event tokens (RFC 8417) at {@code GET /v1/signals}.
 *
 * <p>An event never holds a secret, a token, or text that someone typed into a password field. May
 * use {@code token} for signing, {@code session} for who began something, {@code vault} and {@code
 * installation}.
 */
@NullMarked
package dev.sallyport.auth.signal;

import org.jspecify.annotations.NullMarked;
