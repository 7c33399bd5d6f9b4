/**
 * A person's devices and the credentials by which MLS members know them: the auth-server as MLS
 * <i>Authentication Service</i> (RFC 9750 §4). Start with {@link
 * dev.sallyport.auth.device.Devices}.
 *
 * <p>May use {@code token}, {@code vault}, {@code signal} and {@code installation}. It must never
 * sign a key that its owner has not proved to hold.
 */
@NullMarked
package dev.sallyport.auth.device;

import org.jspecify.annotations.NullMarked;
