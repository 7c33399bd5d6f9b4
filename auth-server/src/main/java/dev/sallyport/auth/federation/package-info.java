/**
 * Sign-in through third-party OpenID Providers. Start with {@link
 * dev.sallyport.auth.federation.Federation}: which providers there are, and which of their
 * identities belong to which account.
 *
 * <p>An identity reaches an account only by a link that the account's owner made while signed in.
 * It must never make an account, never match by e-mail or name, and never count as a second factor.
 * Everything fetched from a provider goes through {@code fetch}. May use {@code fetch}, {@code
 * account}, {@code vault}, {@code signal} and {@code installation}.
 */
@NullMarked
package dev.sallyport.auth.federation;

import org.jspecify.annotations.NullMarked;
