/**
 * What a delivery service may read of MLS (RFC 9420, RFC 9750): the cleartext headers.
 *
 * <p>Start at {@link dev.sallyport.gateway.mls.MlsHeader}. Parsers here are bounded, never throw on
 * what they are given, and copy nothing they do not return. They must never look into ciphertext
 * and never trust what they read: whether a room, a device or an epoch fits is decided elsewhere.
 * Uses nothing of the gateway.
 */
@NullMarked
package dev.sallyport.gateway.mls;

import org.jspecify.annotations.NullMarked;
