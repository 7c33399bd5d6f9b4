/** Device proofs. */
@NullMarked
package dev.sallyport.auth.device;

import org.jspecify.annotations.NullMarked;
