package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.Sessions;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Whether the sign-in behind a token still holds. */
@Component
final class SignIns {

  private final Sessions sessions;
  private final Accounts accounts;

  SignIns(Sessions sessions, Accounts accounts) {
    this.sessions = sessions;
    this.accounts = accounts;
  }

  /** The account, if it may act: its session is live and it is not suspended. */
  Optional<Account> live(String accountId, String sid) {
    return sessions
        .live(sid)
        .filter(session -> session.accountId().equals(accountId))
        .flatMap(session -> accounts.byId(accountId))
        .filter(account -> !account.suspended());
  }

  /** The account that is signed in by this live session. */
  Optional<String> accountOf(String sid) {
    return sessions.live(sid).map(session -> session.accountId());
  }

  /**
   * As {@link #live}; and nothing of it changes before the caller's transaction ends. So whoever
   * ends the session, suspends the account or changes its claims does it before, and is seen, or
   * after, and the signal of it is younger than what the caller signs.
   */
  Optional<Account> hold(String accountId, String sid) {
    return accounts
        .lock(accountId)
        .filter(account -> !account.suspended())
        .filter(
            account ->
                sessions
                    .lock(sid)
                    .filter(session -> session.accountId().equals(accountId))
                    .isPresent());
  }
}
