/** What is read from the stream. */
@NullMarked
package dev.sallyport.gateway.signal;

import org.jspecify.annotations.NullMarked;
