/**
 * How much one user, device, room or network may ask of this node: token buckets, of which a full
 * one costs nothing and an empty one refuses with the time after which there is more.
 *
 * <p>Start at {@code Limits}, which has one method for each thing that is limited; {@code Bucket}
 * is the algorithm. What is counted here is counted on this node, since what it protects is this
 * node: its processor, its sockets, its lanes to the database.
 *
 * <p>Never: waits, locks what all share, or asks the database; it stands in the way of every frame.
 * Uses no other package of the gateway.
 */
@NullMarked
package dev.sallyport.gateway.limit;

import org.jspecify.annotations.NullMarked;
