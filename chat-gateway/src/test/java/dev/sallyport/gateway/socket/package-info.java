@NullMarked
package dev.sallyport.gateway.socket;

import org.jspecify.annotations.NullMarked;
