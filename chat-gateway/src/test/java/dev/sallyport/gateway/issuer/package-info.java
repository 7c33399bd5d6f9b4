/** What the issuer signed, and the way to it. */
@NullMarked
package dev.sallyport.gateway.issuer;

import org.jspecify.annotations.NullMarked;
