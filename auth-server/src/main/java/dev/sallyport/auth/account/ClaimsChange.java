package dev.sallyport.auth.account;

/** What came of {@link Accounts#changeClaims}. */
public sealed interface ClaimsChange {

  record Changed(Account account) implements ClaimsChange {}

  /** They were so already; no event was recorded. */
  record Unchanged(Account account) implements ClaimsChange {}

  record NoSuchAccount() implements ClaimsChange {}

  /** Names or attributes are not of the permitted form; the message says which and why. */
  record NotPermitted(String message) implements ClaimsChange {}
}
