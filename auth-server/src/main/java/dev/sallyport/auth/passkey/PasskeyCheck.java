package dev.sallyport.auth.passkey;

/** What came of showing a passkey. */
public sealed interface PasskeyCheck {

  /**
   * It belongs to this account.
   *
   * @param userVerified its authenticator has checked its user, by PIN, finger or face
   */
  record Right(String accountId, boolean userVerified) implements PasskeyCheck {}

  /** It is none of ours, of another account, for another challenge or site, or not readable. */
  record Wrong() implements PasskeyCheck {}
}
