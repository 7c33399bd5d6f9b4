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

  /** Nothing was changed, for what was typed or for want of room. */
  sealed interface Refused extends PasswordChange {}

  record TooShort(int charactersMin) implements Refused {}

  record TooLong(int charactersMax) implements Refused {}

  record SameAsBefore() implements Refused {}

  /** It is, or contains, the username. */
  record LikeUsername() implements Refused {}

  /** It is one of those that are tried first, or made of them. */
  record TooCommon() implements Refused {}

  /** Nothing was changed: too many are being hashed. HTTP 429. */
  record Busy() implements Refused {}
}
