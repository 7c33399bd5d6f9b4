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
}
