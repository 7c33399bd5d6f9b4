/**
 * Rich authorization requests (RFC 9396): "this room, these actions". Start at {@link
 * dev.sallyport.auth.detail.AuthorizationDetails}.
 *
 * <p>What cannot be read whole is refused whole; nothing here ever widens. Uses no other package.
 */
@NullMarked
package dev.sallyport.auth.detail;

import org.jspecify.annotations.NullMarked;
