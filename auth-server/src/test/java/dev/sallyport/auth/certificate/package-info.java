/** Tests of client certificates, and an authority that issues them. */
@NullMarked
package dev.sallyport.auth.certificate;

import org.jspecify.annotations.NullMarked;
