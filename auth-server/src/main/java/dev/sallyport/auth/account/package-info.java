/**
 * Accounts: who someone is, and what admins say about them (roles, groups, attributes). Start with
 * {@link dev.sallyport.auth.account.Accounts}, the public door; {@link
 * dev.sallyport.auth.account.Account} is the value that leaves the package, the entity never does.
 *
 * <p>Knows no credentials: those are {@code password}, {@code totp} and {@code federation}. May use
 * {@code vault}, {@code session}, {@code signal} and {@code installation}. Every change here
 * records its security event in the same transaction.
 */
@NullMarked
package dev.sallyport.auth.account;

import org.jspecify.annotations.NullMarked;
