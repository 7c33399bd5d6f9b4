/** Devices that are let in from another. */
@NullMarked
package dev.sallyport.auth.pairing;

import org.jspecify.annotations.NullMarked;
