/**
 * Secrets at rest, and the identifiers and random values that everything else is made of. Start
 * with {@link dev.sallyport.auth.vault.Vault}.
 *
 * <p>The master key is read from a file outside the database, once, at start; it never leaves this
 * package. Uses only {@code installation}.
 */
@NullMarked
package dev.sallyport.auth.vault;

import org.jspecify.annotations.NullMarked;
