/**
 * What policies compute with: the sealed {@link Value} and its ten kinds, all immutable, with
 * Cedar's notion of equality as {@code equals} and Cedar's literal syntax as {@code toString}. Uses
 * no other package.
 */
@NullMarked
package dev.sallyport.policy.value;

import org.jspecify.annotations.NullMarked;
