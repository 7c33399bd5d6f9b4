/**
 * What people let applications do, as their owners see it and take it back: the door through which
 * {@code web} asks {@code grant}, which nothing may depend on. Uses no other feature.
 */
@NullMarked
package dev.sallyport.auth.consent;

import org.jspecify.annotations.NullMarked;
