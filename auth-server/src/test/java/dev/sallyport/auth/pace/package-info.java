/** Requests that come drop by drop. */
@NullMarked
package dev.sallyport.auth.pace;

import org.jspecify.annotations.NullMarked;
