/** Tests of the second factor's parts. */
@NullMarked
package dev.sallyport.auth.totp;

import org.jspecify.annotations.NullMarked;
