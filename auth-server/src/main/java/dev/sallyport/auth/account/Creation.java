package dev.sallyport.auth.account;

/** What came of {@link Accounts#create}. */
public sealed interface Creation {

  record Created(Account account) implements Creation {}

  record UsernameTaken() implements Creation {}

  /**
   * The username, a name or the attributes are not of the permitted form; the message says which
   * and why.
   */
  record NotPermitted(String message) implements Creation {}
}
