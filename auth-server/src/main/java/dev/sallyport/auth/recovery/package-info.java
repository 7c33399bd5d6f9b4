/**
 * What a link in a mail can do: a new password for one that was forgotten, the first password of
 * someone invited, the proof that an address is one's own. Start with {@link
 * dev.sallyport.auth.recovery.Recovery}.
 *
 * <p>A link is random, kept as a keyed hash, good once, for a time, and for the password that the
 * account had when it was made. It stands in for a first factor at most: the second is asked for as
 * ever. Whoever asks for one must never learn whether the account exists. May use {@code account},
 * {@code password}, {@code mail}, {@code vault}, {@code signal} and {@code installation}.
 */
@NullMarked
package dev.sallyport.auth.recovery;

import org.jspecify.annotations.NullMarked;
