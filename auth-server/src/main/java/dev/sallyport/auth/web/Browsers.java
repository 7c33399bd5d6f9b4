package dev.sallyport.auth.web;

import dev.sallyport.auth.session.SignedIn;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.stereotype.Component;

/** The browsers of an account that are still remembered here. */
@Component
class Browsers {

  private final FindByIndexNameSessionRepository<? extends Session> browsers;

  Browsers(FindByIndexNameSessionRepository<? extends Session> browsers) {
    this.browsers = browsers;
  }

  /** When each sign-in session, by its {@code sid}, last asked for a page. */
  Map<String, Instant> lastSeen(String accountId) {
    Map<String, Instant> seen = new HashMap<>();
    for (Session browser : browsers.findByPrincipalName(accountId).values()) {
      Object context =
          browser.getAttribute(HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY);
      if (context instanceof SecurityContext security
          && security.getAuthentication() != null
          && security.getAuthentication().getPrincipal() instanceof SignedIn signedIn) {
        seen.merge(
            signedIn.sid(),
            browser.getLastAccessedTime(),
            (one, other) -> one.isAfter(other) ? one : other);
      }
    }
    return seen;
  }
}
