/**
 * Why a decision came out as it did. {@link Reference} evaluates expressions in the plainest way,
 * one case for each kind, remembering nothing; it is the yardstick for the fast nodes of {@code
 * plan}, tells why a policy failed, and is what explanations are made of. Uses {@code syntax},
 * {@code entity}, {@code value}, {@code diagnostic}.
 */
@NullMarked
package dev.sallyport.policy.explain;

import org.jspecify.annotations.NullMarked;
