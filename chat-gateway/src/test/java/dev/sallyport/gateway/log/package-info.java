/** The contract that each store of the room log passes, and what is particular to one. */
@NullMarked
package dev.sallyport.gateway.log;

import org.jspecify.annotations.NullMarked;
