package dev.sallyport.auth.signup;

import dev.sallyport.auth.password.PasswordChange;

/** What came of making one's account. */
public sealed interface Making {

  /**
   * There is one.
   *
   * @param username to sign in with
   */
  record Made(String username) implements Making {}

  /** The link was used, is too old, or there is an account of that address meanwhile. */
  record Gone() implements Making {}

  record NameNotPermitted() implements Making {}

  record PasswordRefused(PasswordChange.Refused why) implements Making {}
}
