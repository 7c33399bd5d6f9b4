/**
 * Codes that are sent, by e-mail or through a webhook by SMS, as a second factor: off unless the
 * settings turn them on. Start with {@link dev.sallyport.auth.sentcode.SentCodes}.
 *
 * <p>They are worth less than an authenticator app or a passkey: a code can be read on its way, and
 * typed into a page that only looks like ours. So {@code acr} says that the factor was sent ({@code
 * session.Assurance}), which is not enough where two factors are demanded, the admin API among it,
 * unless the settings say so; and whoever has a stronger factor is not asked for one.
 *
 * <p>A code has six digits and is good for five minutes, for three tries, once, for what it was
 * sent for and in the browser that asked. Only a keyed hash is stored. A phone number counts once a
 * code that was sent there was typed. May use {@code account}, {@code mail}, {@code fetch}, {@code
 * vault}, {@code signal}, {@code session} for the value of {@code acr}, and {@code installation}. A
 * code or a phone number must never reach a log or an event.
 */
@NullMarked
package dev.sallyport.auth.sentcode;

import org.jspecify.annotations.NullMarked;
