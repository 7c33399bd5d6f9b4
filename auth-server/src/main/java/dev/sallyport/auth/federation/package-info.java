/**
 * Sign-in through third-party identity providers: OpenID Providers, and plain OAuth 2 with an API
 * that says who someone is. Start with {@link dev.sallyport.auth.federation.Federation}: what a
 * provider has shown, whose account that is, and what comes of it; {@link
 * dev.sallyport.auth.federation.Providers} are the providers themselves, of the settings and of the
 * admin API; {@link dev.sallyport.auth.federation.ProviderLogouts} hears of sign-outs there.
 *
 * <p>Spring's OAuth login carries the dance: state, nonce, PKCE and the exchange of the code. Ours
 * are the registrations (Spring has them fixed at start), the check of ID tokens (with our clock,
 * our way out, {@code azp} and {@code at_hash}), RFC 9207, and everything after the identity is
 * known.
 *
 * <p>An identity reaches an account by a link that the account's owner made while signed in, or by
 * an account that was made for it. It must never match by e-mail or name, and a provider's word
 * counts as a second factor, gives roles, or makes an account, only as far as an admin said so of
 * that provider. Everything fetched from a provider goes through {@code fetch}. May use {@code
 * fetch}, {@code account}, {@code session}, {@code token}, {@code vault}, {@code signal} and {@code
 * installation}.
 */
@NullMarked
package dev.sallyport.auth.federation;

import org.jspecify.annotations.NullMarked;
