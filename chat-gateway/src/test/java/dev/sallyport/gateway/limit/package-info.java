@NullMarked
package dev.sallyport.gateway.limit;

import org.jspecify.annotations.NullMarked;
