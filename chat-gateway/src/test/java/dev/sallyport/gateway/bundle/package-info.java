/** Bundles, good and bad. */
@NullMarked
package dev.sallyport.gateway.bundle;

import org.jspecify.annotations.NullMarked;
