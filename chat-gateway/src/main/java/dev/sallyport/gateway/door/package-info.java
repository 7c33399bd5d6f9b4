/**
 * The two doors: everything that can refuse a caller.
 *
 * <p>Start reading at {@code TokenDoor} (who are you: token, DPoP proof, revocation) and {@code
 * PolicyDoor} (may you: one policy decision per action). {@code HttpDoor} puts the first before
 * every {@code /v1/**} request; the socket asks the same type. What comes out of the first door is
 * a {@code Caller}.
 *
 * <p>Denies by default. Must never log, return or keep a token or a proof, never block an event
 * loop, and never answer on stale trust: what {@code .signal} and {@code .bundle} no longer vouch
 * for is refused. Uses {@code .issuer}, {@code .signal} and {@code .bundle}; knows nothing of rooms
 * or sockets.
 */
@NullMarked
package dev.sallyport.gateway.door;

import org.jspecify.annotations.NullMarked;
