/**
 * How this server calls a URL that a client, an identity provider or an administrator gave it: the
 * one way out. Start at {@link dev.sallyport.auth.fetch.OutgoingHttp}; {@code Destinations} says
 * which addresses may be called.
 *
 * <p>It must never follow a redirect, send a cookie, or let a name lead into the networks around
 * this server that {@code sallyport.fetch.allow} does not name. May use {@code installation} and
 * {@code limit}.
 */
@NullMarked
package dev.sallyport.auth.fetch;

import org.jspecify.annotations.NullMarked;
