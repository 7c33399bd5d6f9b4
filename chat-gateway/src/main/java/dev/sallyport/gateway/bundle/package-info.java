/**
 * The policy in force: signed bundles from the auth-server, verified, kept on disk, swapped
 * atomically.
 *
 * <p>Start reading at {@code PolicyBundles}. Must never put a bundle in force that is unsigned,
 * older, for someone else, or does not parse and validate; nor keep one in force that nobody
 * confirmed for {@code sallyport.bundle-age-max}. Uses {@code .issuer} and {@code .signal}.
 */
@NullMarked
package dev.sallyport.gateway.bundle;

import org.jspecify.annotations.NullMarked;
