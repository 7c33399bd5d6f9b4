/** Tests of sign-in at third-party providers. */
@NullMarked
package dev.sallyport.auth.federation;

import org.jspecify.annotations.NullMarked;
