/**
 * Mail to people. Start with {@link dev.sallyport.auth.mail.Mail}: a letter is a row of the
 * transaction that it tells of, and leaves when that has committed, however often the mail server
 * has to be asked. {@code Notices} writes those that tell an owner what happened to the account.
 *
 * <p>Off unless configured: by SMTP, or into a folder for whoever tries this out. Only addresses
 * that their owner has confirmed are written to, but for the letter that asks for that. May use
 * {@code account}, {@code signal}, {@code vault} and {@code installation}. A letter's text must
 * never reach a log: it may hold a link that opens an account, so it lies sealed.
 */
@NullMarked
package dev.sallyport.auth.mail;

import org.jspecify.annotations.NullMarked;
