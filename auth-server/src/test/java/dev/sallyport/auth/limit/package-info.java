@NullMarked
package dev.sallyport.auth.limit;

import org.jspecify.annotations.NullMarked;
