/** Tests of mail. */
@NullMarked
package dev.sallyport.auth.mail;

import org.jspecify.annotations.NullMarked;
