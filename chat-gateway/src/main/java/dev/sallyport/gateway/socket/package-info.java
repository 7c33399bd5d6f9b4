/**
 * The WebSocket {@code /v1/socket}: handshake, frames, close codes, back-pressure.
 *
 * <p>Start reading at {@code SocketEndpoint} (before 101) and {@code Socket} (after). {@code
 * CloseCode} is the catalogue that clients see.
 *
 * <p>Everything here runs on event loops: it must never block and never touch JDBC. Every queue and
 * every wait has a bound. No frame, token or payload is logged. Uses {@code .door} to decide, and
 * hands frames to a {@code Relay}, without knowing which; only {@code .room}, which is one, and
 * {@code .fanout} may use it, and of it only {@code Relay}, {@code Outbox} and {@code
 * EncodedFrame}.
 */
@NullMarked
package dev.sallyport.gateway.socket;

import org.jspecify.annotations.NullMarked;
