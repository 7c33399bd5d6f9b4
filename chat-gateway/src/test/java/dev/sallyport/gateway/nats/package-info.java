@NullMarked
package dev.sallyport.gateway.nats;

import org.jspecify.annotations.NullMarked;
