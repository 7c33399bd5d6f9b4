/** The directory of devices and key packages, on both databases. */
@NullMarked
package dev.sallyport.gateway.device;

import org.jspecify.annotations.NullMarked;
