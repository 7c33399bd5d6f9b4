@NullMarked
package dev.sallyport.auth;

import org.jspecify.annotations.NullMarked;
