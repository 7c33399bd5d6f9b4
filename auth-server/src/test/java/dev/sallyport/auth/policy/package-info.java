/** Versions of the policies and their activation, on both databases. */
@NullMarked
package dev.sallyport.auth.policy;

import org.jspecify.annotations.NullMarked;
