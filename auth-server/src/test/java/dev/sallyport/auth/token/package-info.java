/** Keys and proofs. */
@NullMarked
package dev.sallyport.auth.token;

import org.jspecify.annotations.NullMarked;
