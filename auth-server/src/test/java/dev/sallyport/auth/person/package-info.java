/** Tests of {@code dev.sallyport.auth.person}. */
@NullMarked
package dev.sallyport.auth.person;

import org.jspecify.annotations.NullMarked;
