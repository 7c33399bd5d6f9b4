/** Rooms, messages and their delivery, on the real policy engine, log and databases. */
@NullMarked
package dev.sallyport.gateway.room;

import org.jspecify.annotations.NullMarked;
