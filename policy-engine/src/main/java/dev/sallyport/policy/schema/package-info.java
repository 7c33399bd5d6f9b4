/**
 * The vocabulary of policies. {@link SchemaParser} reads Cedar's own syntax into {@link
 * SchemaText}, names as written; {@link Resolver} finds out what each name means and makes the
 * {@link Vocabulary} of resolved {@link Type}s that everything else asks. Uses {@code syntax} for
 * tokens, {@code json}, {@code value} and {@code diagnostic}.
 */
@NullMarked
package dev.sallyport.policy.schema;

import org.jspecify.annotations.NullMarked;
