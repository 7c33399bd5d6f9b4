/**
 * What is wrong with a text, and where: {@link Problem} with its {@link ProblemCode} and {@link
 * Span}, and {@link ParseResult}, which every reader of this module returns. Uses no other package.
 */
@NullMarked
package dev.sallyport.policy.diagnostic;

import org.jspecify.annotations.NullMarked;
