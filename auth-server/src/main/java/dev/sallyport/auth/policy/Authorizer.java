package dev.sallyport.auth.policy;

import dev.sallyport.auth.account.Account;

/**
 * Asks the active policy set whether someone may do something at this server. Roles, groups and
 * attributes are the account's own at the moment of asking. Whatever no policy permits is refused;
 * so is whatever a {@code forbid} errs on, a suspended account and an unknown one.
 *
 * <p>Safe for use by many threads. Reads the database; may be called inside a transaction.
 */
public interface Authorizer {

  Ruling authorize(Inquiry inquiry);

  /** As {@link #authorize(Inquiry)}, for the asking account as the caller has read it. */
  Ruling authorize(Inquiry inquiry, Account account);
}
