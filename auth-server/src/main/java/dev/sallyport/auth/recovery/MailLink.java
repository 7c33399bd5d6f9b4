package dev.sallyport.auth.recovery;

/**
 * A link that was sent, as long as it is good.
 *
 * @param email to which it was sent
 * @param passwordVersion of the account's password when it was made
 */
public record MailLink(Purpose purpose, String accountId, String email, long passwordVersion) {

  /** What it is good for. */
  public enum Purpose {
    /** A new password for a forgotten one. */
    PASSWORD,
    /** The first password of someone invited. */
    INVITATION,
    /** That its owner reads an address. */
    EMAIL
  }
}
