package dev.sallyport.auth.password;

import java.time.Duration;

/** What came of {@link Passwords#check}. */
public sealed interface PasswordCheck {

  /**
   * It is the account's password.
   *
   * @param oneTime it must be replaced before anything else
   * @param version of the password: another one has another
   */
  record Right(String accountId, boolean oneTime, long version) implements PasswordCheck {}

  /** Wrong username or wrong password: which of them, nobody is told. */
  record Wrong() implements PasswordCheck {}

  /** The right password of a suspended account. */
  record Suspended(String accountId) implements PasswordCheck {}

  /** It was not looked at: too many wrong ones came before. */
  record LockedOut(Duration remaining) implements PasswordCheck {}

  /** It was not looked at: too many are being checked. HTTP 429. */
  record Busy() implements PasswordCheck {}
}
