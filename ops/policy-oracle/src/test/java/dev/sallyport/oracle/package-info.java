/**
 * The policy engine against the reference implementation of Cedar (its WebAssembly package, in one
 * Node process) on inputs from a seed. {@link OracleTest} says what is compared; {@link World}
 * makes schemas, {@link Expressions} policies, {@link Facts} entities and requests; {@link
 * Mutations} spoils texts, so that refusals are compared too.
 */
@NullMarked
package dev.sallyport.oracle;

import org.jspecify.annotations.NullMarked;
