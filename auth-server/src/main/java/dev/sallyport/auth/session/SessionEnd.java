package dev.sallyport.auth.session;

import org.jspecify.annotations.Nullable;

/** Told when a session ends, in the transaction that ends it. */
public interface SessionEnd {

  /**
   * @param sid the session; null: all of the account
   */
  void ended(String accountId, @Nullable String sid);
}
