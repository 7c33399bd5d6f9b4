/**
 * What is known of people beside their accounts: the standard claims of OpenID Connect Core §5.1,
 * which applications may be told with the scopes {@code profile}, {@code address} and {@code
 * phone}. Start with {@link dev.sallyport.auth.person.PersonCards}. Decides about nothing: no
 * policy and no sign-in looks here.
 *
 * <p>May use {@code account}, {@code signal} and {@code installation}. Erased when the account is
 * closed, in the same transaction.
 */
@NullMarked
package dev.sallyport.auth.person;

import org.jspecify.annotations.NullMarked;
