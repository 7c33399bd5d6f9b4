/** Tests of what keeps secrets. */
@NullMarked
package dev.sallyport.auth.vault;

import org.jspecify.annotations.NullMarked;
