/**
 * Tests of the whole server, in this process or in one of its own: start with {@link
 * dev.sallyport.auth.RunningServer}.
 */
@NullMarked
package dev.sallyport.auth;

import org.jspecify.annotations.NullMarked;
