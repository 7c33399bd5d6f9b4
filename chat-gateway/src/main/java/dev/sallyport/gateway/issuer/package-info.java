/**
 * What the gateway knows of its auth-server: how to reach it, how to prove itself to it, its public
 * keys, and the folder {@code trust/} in which all of that survives a restart.
 *
 * <p>Start reading at {@code AuthServer} (the way there), {@code IssuerKeys} and {@code IssuerJws}
 * (what is believed from there). Must never accept a signature by a key of another purpose, hold
 * the private key anywhere but in its 0600 file, or block an event loop. Uses no other package of
 * the gateway.
 */
@NullMarked
package dev.sallyport.gateway.issuer;

import org.jspecify.annotations.NullMarked;
