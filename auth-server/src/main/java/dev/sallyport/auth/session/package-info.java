/**
 * Sign-in sessions: one for each time that someone has signed in completely, in one browser. Its id
 * is the {@code sid} of every token that came of it, and ending it ends them all. Start with {@link
 * dev.sallyport.auth.session.Sessions}; {@link dev.sallyport.auth.session.SignedIn} is what the
 * rest of the server sees of a signed-in browser.
 *
 * <p>May use {@code vault} and {@code signal}. It must never hold a half-finished sign-in: those
 * live in {@code web}, and nothing else can see them.
 */
@NullMarked
package dev.sallyport.auth.session;

import org.jspecify.annotations.NullMarked;
