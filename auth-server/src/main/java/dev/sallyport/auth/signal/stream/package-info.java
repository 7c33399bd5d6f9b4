/**
 * The stream of signals: security event tokens (RFC 8417) in the order of commits, for gateways.
 *
 * <p>Start with {@link dev.sallyport.auth.signal.stream.SignalSequencer}, which gives out the
 * positions, and {@link dev.sallyport.auth.signal.stream.SignalEndpoint}, which serves them. The
 * contract is {@code ops/decisions/0002-formats-between-modules.md}.
 *
 * <p>An answer must never say "nothing new" while a committed signal has no position: gateways take
 * an answer as proof that nothing was revoked. Uses {@code signal} and {@code token}; nothing uses
 * this package.
 */
@NullMarked
package dev.sallyport.auth.signal.stream;

import org.jspecify.annotations.NullMarked;
