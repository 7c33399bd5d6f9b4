/**
 * A person's devices and the credentials by which MLS members know them: the auth-server as MLS
 * <i>Authentication Service</i> (RFC 9750 §4).
 */
@NullMarked
package dev.sallyport.auth.device;

import org.jspecify.annotations.NullMarked;
