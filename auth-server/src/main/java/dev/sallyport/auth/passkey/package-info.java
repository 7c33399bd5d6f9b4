/**
 * Passkeys (Web Authentication, level 3). Start with {@link dev.sallyport.auth.passkey.Passkeys}:
 * what an account has, what a browser is asked, and whether its answer is good. The checks are
 * Spring Security's and webauthn4j's; {@code PasskeyRows} is where they keep what they need.
 *
 * <p>A passkey is two factors only where the authenticator says, under its signature, that it
 * verified its user. A challenge is good once, in the browser it was made for: {@code web} sees to
 * that. May use {@code account}, {@code signal}, {@code vault} and {@code installation}.
 */
@NullMarked
package dev.sallyport.auth.passkey;

import org.jspecify.annotations.NullMarked;
