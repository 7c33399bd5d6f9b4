/**
 * What this installation is: its public name, its data folder, whom it believes. Start with {@link
 * dev.sallyport.auth.installation.Installation}.
 *
 * <p>Uses no other package; every other may use it. It must never hold a secret: those are files
 * that it names.
 */
@NullMarked
package dev.sallyport.auth.installation;

import org.jspecify.annotations.NullMarked;
