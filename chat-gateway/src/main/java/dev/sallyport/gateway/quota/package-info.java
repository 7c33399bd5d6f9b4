/**
 * What all gateways of one database count together: things that are rare, that touch the database
 * anyway, and that a client must not get n times of by asking n gateways.
 *
 * <p>Start at {@code SharedQuota}. What is asked for with every frame is counted on each node, in
 * {@code .limit}.
 *
 * <p>Never: stands in the way of a message. Uses {@code .log} for its threads.
 */
@NullMarked
package dev.sallyport.gateway.quota;

import org.jspecify.annotations.NullMarked;
