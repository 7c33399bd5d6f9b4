/**
 * OAuth clients: their {@link dev.sallyport.auth.client.SecurityProfile security profile}, their
 * registration, how they prove who they are.
 *
 * <p>Never holds a client secret in the clear.
 */
@NullMarked
package dev.sallyport.auth.client;

import org.jspecify.annotations.NullMarked;
