/** The registry of clients, and what the configuration makes of it. */
@NullMarked
package dev.sallyport.auth.client;

import org.jspecify.annotations.NullMarked;
