/**
 * A chat client in Java, made of parts that Sallyport did not write: Nimbus' OIDC SDK signs in,
 * Bouncy Castle's {@code bcmls} seals, the JDK's own WebSocket carries. Only the published
 * contract, {@code socket.proto}, is ours.
 *
 * <p>Start at {@link dev.sallyport.acceptance.client.ChatClient}. For tests and load generators:
 * group state lives in memory only, since the MLS library cannot store it.
 *
 * <p>Never: uses a class of the servers.
 */
@NullMarked
package dev.sallyport.acceptance.client;

import org.jspecify.annotations.NullMarked;
