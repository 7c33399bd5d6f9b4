/**
 * What an identity server does in a second: ours and its peers, one after the other, by one client
 * on the same machine. Start at {@link Main}; a {@link Peer} is a server and knows how each {@link
 * Phase} is asked of it; {@link Load} asks, over {@link Connection}s that cost next to nothing, so
 * that what is measured is the server.
 *
 * <p>Talks to loopback only, and ends every process that it started.
 */
@NullMarked
package dev.sallyport.benchmarks.identity;

import org.jspecify.annotations.NullMarked;
