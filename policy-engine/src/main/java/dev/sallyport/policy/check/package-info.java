/**
 * Policies, requests and entities against the {@link dev.sallyport.policy.schema.Vocabulary}.
 * {@link PolicyChecker} asks for which environments (principal type, action, resource type) a
 * policy can apply and lets {@link Typing} type its conditions in each; {@link DataChecker} checks
 * values. Strict mode only: whatever passes cannot fail at run time, except by overflow or by
 * entities that do not conform. Uses {@code schema}, {@code syntax}, {@code entity}, {@code value},
 * {@code diagnostic}, and the paths of {@code json} for where a value stood.
 */
@NullMarked
package dev.sallyport.policy.check;

import org.jspecify.annotations.NullMarked;
