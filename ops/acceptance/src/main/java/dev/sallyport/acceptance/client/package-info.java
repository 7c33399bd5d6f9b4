/**
 * A chat client in Java that seals and opens: Sallyport's own client library ({@code
 * dev.sallyport.client}) with Bouncy Castle's {@code bcmls}.
 *
 * <p>Start at {@link dev.sallyport.acceptance.client.ChatClient}. For tests and load generators:
 * group state lives in memory only, since the MLS library cannot store it.
 *
 * <p>Never: uses a class of the servers.
 */
@NullMarked
package dev.sallyport.acceptance.client;

import org.jspecify.annotations.NullMarked;
