@NullMarked
package dev.sallyport.gateway.quota;

import org.jspecify.annotations.NullMarked;
