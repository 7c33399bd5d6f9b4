/**
 * How much of what costs something one network, or one client, may ask for. Start with {@link
 * dev.sallyport.auth.limit.RateLimits}.
 *
 * <p>Counts in the database, for all nodes together. It keeps a few from taking what is there for
 * all, and is no protection of a credential; that is {@code account.LockOut}. Uses no other
 * package.
 */
@NullMarked
package dev.sallyport.auth.limit;

import org.jspecify.annotations.NullMarked;
