/** The stream of signals that gateways read: order, gaps, waiting; on both databases. */
@NullMarked
package dev.sallyport.auth.signal.stream;

import org.jspecify.annotations.NullMarked;
