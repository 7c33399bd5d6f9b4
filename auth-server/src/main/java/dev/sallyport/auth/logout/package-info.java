/**
 * Signing out at the wish of a client, and telling clients that someone has: OpenID Connect
 * RP-Initiated Logout 1.0 and Back-Channel Logout 1.0. Start at {@link
 * dev.sallyport.auth.logout.LogoutEndpoint} for the first, at {@link
 * dev.sallyport.auth.logout.LogoutSubscriptions} for the second, whose letters {@code
 * LogoutCourier} carries.
 *
 * <p>It must never send a browser anywhere that the client did not register, nor sign someone out
 * whom nobody named without asking them. May use {@code client}, {@code token}, {@code session},
 * {@code signal}, {@code fetch} and {@code vault}.
 */
@NullMarked
package dev.sallyport.auth.logout;

import org.jspecify.annotations.NullMarked;
