/**
 * From the log to the sockets that follow it: backlog, then live, without gap or duplicate.
 *
 * <p>Start at {@code Fanout} and the comment at its head. A stream is a room's log or a device's
 * inbox; each is served by one thread, so its order needs no lock. Every queue has a bound; what
 * does not fit is read again from the log. Must never deliver what is sequenced after the kick of
 * its receiver, and never block. Uses {@code .log}, {@code .door} and the outbox of {@code
 * .socket}.
 */
@NullMarked
package dev.sallyport.gateway.fanout;

import org.jspecify.annotations.NullMarked;
