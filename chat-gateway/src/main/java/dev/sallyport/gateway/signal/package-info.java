/**
 * What the gateway hears from the auth-server: the resumable stream of security event tokens (RFC
 * 8417), and what is revoked.
 *
 * <p>Start reading at {@code SignalStream} (listening) and {@code Revocations} (what was heard).
 * {@code Hearing} says how fresh that is. An event that cannot be verified is never skipped: the
 * gateway then counts as not hearing, which shuts it. Uses {@code .issuer}.
 */
@NullMarked
package dev.sallyport.gateway.signal;

import org.jspecify.annotations.NullMarked;
