/**
 * Passwords: hashed with Argon2id behind a gate that bounds how many hashes run at once. Start with
 * {@link dev.sallyport.auth.password.Passwords}. {@code CommonPasswords} knows what nobody may
 * choose.
 *
 * <p>Also here: the accounts of a first start, since what makes them special is their first
 * password. May use {@code account}, {@code vault}, {@code signal}, {@code limit} and {@code
 * installation}. A password must never reach a log, an exception or a {@code toString}.
 */
@NullMarked
package dev.sallyport.auth.password;

import org.jspecify.annotations.NullMarked;
