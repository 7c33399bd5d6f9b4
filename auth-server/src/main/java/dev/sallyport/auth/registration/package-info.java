/**
 * Clients that register themselves: RFC 7591, RFC 7592 and OpenID Connect Dynamic Client
 * Registration 1.0, behind an initial access token unless {@code sallyport.registration.open}.
 * Start at {@link dev.sallyport.auth.registration.RegistrationEndpoint}; what a client may be is
 * said by {@code client}, whatever its way in.
 *
 * <p>Spring's registration endpoint is not switched on: it stores its initial tokens as
 * authorizations in the clear, knows no security profiles, and neither changes nor removes.
 *
 * <p>Never keeps a token but as its hash, never calls a client's URL but through {@code fetch}. May
 * use {@code client}, {@code fetch}, {@code limit}, {@code token}, {@code signal}, {@code vault}
 * and {@code installation}.
 */
@NullMarked
package dev.sallyport.auth.registration;

import org.jspecify.annotations.NullMarked;
