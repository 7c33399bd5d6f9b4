package dev.sallyport.auth.password;

/** What came of {@link Passwords#replace}. */
public sealed interface PasswordChange {

  /**
   * Done.
   *
   * @param version of the new password
   */
  record Changed(long version) implements PasswordChange {}

  /** Nothing was changed: the password was replaced meanwhile, by an admin for instance. */
  record Superseded() implements PasswordChange {}

  record TooShort(int charactersMin) implements PasswordChange {}

  record TooLong(int charactersMax) implements PasswordChange {}

  record SameAsBefore() implements PasswordChange {}

  /** It is, or contains, the username. */
  record LikeUsername() implements PasswordChange {}

  /** Nothing was changed: too many are being hashed. HTTP 429. */
  record Busy() implements PasswordChange {}
}
