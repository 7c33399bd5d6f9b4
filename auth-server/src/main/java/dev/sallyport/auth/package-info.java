/**
 * The auth-server: application class and wiring only. Every feature is a package beside this one;
 * start with {@code web} for the pages and filter chains, {@code token} for what is issued, {@code
 * policy} for what admins govern.
 *
 * <p>Nothing in here may be used by a feature package: wiring points inward.
 */
@NullMarked
package dev.sallyport.auth;

import org.jspecify.annotations.NullMarked;
