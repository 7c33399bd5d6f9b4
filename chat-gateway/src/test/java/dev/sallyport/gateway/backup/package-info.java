@NullMarked
package dev.sallyport.gateway.backup;

import org.jspecify.annotations.NullMarked;
