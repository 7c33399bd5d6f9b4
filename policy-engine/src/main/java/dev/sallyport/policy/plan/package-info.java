/**
 * Policies made fast: {@link Planner} turns an expression into {@link Node}s, small final objects
 * that know their operands; {@link Plan} indexes the policies of a set by their heads and runs
 * those that can apply. No node allocates to reach a verdict, except where a policy itself makes a
 * new value (a sum that is compared as a value, a set of live elements). A failure is a null, with
 * its story left in the {@link Frame}, not an exception. Uses {@code syntax}, {@code entity},
 * {@code value}, {@code diagnostic}.
 */
@NullMarked
package dev.sallyport.policy.plan;

import org.jspecify.annotations.NullMarked;
