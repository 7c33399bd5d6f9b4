/** Tests of what guards passwords. */
@NullMarked
package dev.sallyport.auth.password;

import org.jspecify.annotations.NullMarked;
