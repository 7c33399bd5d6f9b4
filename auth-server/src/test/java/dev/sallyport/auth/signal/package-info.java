/** Stand-ins for what records security events. */
@NullMarked
package dev.sallyport.auth.signal;

import org.jspecify.annotations.NullMarked;
