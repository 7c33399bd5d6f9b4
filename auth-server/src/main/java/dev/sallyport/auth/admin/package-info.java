/**
 * The admin API, {@code /v1/admin/**}: policies, accounts, sessions, devices, clients, identity
 * providers, the audit trail.
 *
 * <p>Every request passes three doors: an access token with scope {@code admin}, a sign-in with two
 * factors, and the active policies' permit for the action. Nothing here keeps data of its own: each
 * change is made by the package that owns it. It may use {@code policy}, {@code account}, {@code
 * person}, {@code session}, {@code device}, {@code federation}, {@code password}, {@code totp},
 * {@code passkey}, {@code recovery}, {@code client}, {@code registration}, {@code signal}, {@code
 * token} and {@code vault}. No other package may use this one.
 */
@NullMarked
package dev.sallyport.auth.admin;

import org.jspecify.annotations.NullMarked;
