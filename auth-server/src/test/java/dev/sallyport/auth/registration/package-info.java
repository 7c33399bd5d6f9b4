/** Tests of what clients register themselves by. */
@NullMarked
package dev.sallyport.auth.registration;

import org.jspecify.annotations.NullMarked;
