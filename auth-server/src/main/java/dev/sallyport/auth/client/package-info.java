/**
 * OAuth clients: their {@link dev.sallyport.auth.client.SecurityProfile security profile}, what it
 * lets them be, and their registration. Start at {@link dev.sallyport.auth.client.Clients}, and at
 * {@code ClientsByConfiguration} for what the settings make of it; the table of the profiles is in
 * {@code auth-server/README.md}. Whoever makes or changes clients does so through {@link
 * dev.sallyport.auth.client.ClientRegistry}, with what {@link
 * dev.sallyport.auth.client.ClientDocument} read.
 *
 * <p>May use {@code certificate}, {@code fetch}, {@code vault}, {@code signal} and {@code
 * installation}. Never holds a client secret in the clear.
 */
@NullMarked
package dev.sallyport.auth.client;

import org.jspecify.annotations.NullMarked;
