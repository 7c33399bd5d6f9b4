package dev.sallyport.auth.password;

/** What came of {@link Passwords#replace}. */
public sealed interface PasswordChange {

  record Changed() implements PasswordChange {}

  record TooShort(int charactersMin) implements PasswordChange {}

  record TooLong(int charactersMax) implements PasswordChange {}

  record SameAsBefore() implements PasswordChange {}

  /** It is, or contains, the username. */
  record LikeUsername() implements PasswordChange {}

  /** Nothing was changed: too many are being hashed. HTTP 429. */
  record Busy() implements PasswordChange {}
}
