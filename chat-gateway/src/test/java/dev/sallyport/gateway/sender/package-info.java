/** Tests of the external sender. */
@NullMarked
package dev.sallyport.gateway.sender;

import org.jspecify.annotations.NullMarked;
