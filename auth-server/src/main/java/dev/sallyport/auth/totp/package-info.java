/**
 * The second factor: time-based one-time passwords (RFC 6238) as authenticator apps make them, and
 * recovery codes for the day the phone is lost. Start with {@link
 * dev.sallyport.auth.totp.SecondFactor}; {@code TimeStepCodes} is the one type that knows the TOTP
 * library.
 *
 * <p>May use {@code account}, {@code vault}, {@code signal} and {@code installation}. A secret lies
 * sealed in the database and appears in clear only on the page on which its owner scans it.
 */
@NullMarked
package dev.sallyport.auth.totp;

import org.jspecify.annotations.NullMarked;
