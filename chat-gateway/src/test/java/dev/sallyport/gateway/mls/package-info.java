/** The header reader against real messages, and against garbage. */
@NullMarked
package dev.sallyport.gateway.mls;

import org.jspecify.annotations.NullMarked;
