/**
 * People who make an account themselves, where the settings let them: off unless domains of e-mail
 * addresses are named. Start with {@link dev.sallyport.auth.signup.SignUp}.
 *
 * <p>An address comes first, and nothing else: the answer is the same whether or not it has an
 * account here, and comes before anyone has looked. What is true is said by mail, to whoever reads
 * that address. The account begins to exist when the link in that mail was followed and a password
 * chosen; its username is the address, so that nobody can find out by choosing names which are
 * taken. May use {@code account}, {@code password}, {@code recovery} for someone whom an admin has
 * invited, {@code mail}, {@code vault}, {@code signal}, {@code limit} and {@code installation}. It
 * must never answer differently for an address that is known.
 */
@NullMarked
package dev.sallyport.auth.signup;

import org.jspecify.annotations.NullMarked;
