@NullMarked
package dev.sallyport.gateway.door;

import org.jspecify.annotations.NullMarked;
