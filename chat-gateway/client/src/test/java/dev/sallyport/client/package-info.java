/** What the library does by itself; with a gateway it is tried in the gateway's own tests. */
@NullMarked
package dev.sallyport.client;

import org.jspecify.annotations.NullMarked;
