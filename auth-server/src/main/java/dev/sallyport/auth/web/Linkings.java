package dev.sallyport.auth.web;

import dev.sallyport.auth.federation.ProviderIdentity;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.io.Serial;
import java.io.Serializable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * A link being made, from the button on the account page to the confirmation after the return from
 * the provider. It counts for the sign-in session that began it, and for ten minutes.
 */
@Component
class Linkings {

  private record Intent(String sid, String idp, Instant at, @Nullable ProviderIdentity identity)
      implements Serializable {
    @Serial private static final long serialVersionUID = 1;
  }

  private static final String INTENT = "sallyport.linking";
  private static final Duration INTENT_MAX = Duration.ofMinutes(10);

  private final Clock clock;

  Linkings(Clock clock) {
    this.clock = clock;
  }

  /** The owner of an account wants to link an identity at this provider. */
  void begin(SignedIn owner, String idp, HttpServletRequest request) {
    request.getSession().setAttribute(INTENT, new Intent(owner.sid(), idp, clock.instant(), null));
  }

  /** The provider named the identity; false when no link to it was wanted by this owner. */
  boolean proven(SignedIn owner, ProviderIdentity identity, HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    Optional<Intent> intent =
        intent(owner, request)
            .filter(found -> found.identity() == null && found.idp().equals(identity.idp()));
    if (browser == null || intent.isEmpty()) {
      return false;
    }
    browser.setAttribute(
        INTENT, new Intent(owner.sid(), identity.idp(), intent.get().at(), identity));
    return true;
  }

  /** The identity that waits for its owner's confirmation. */
  Optional<ProviderIdentity> waiting(SignedIn owner, HttpServletRequest request) {
    return intent(owner, request).flatMap(intent -> Optional.ofNullable(intent.identity()));
  }

  /** Forgets the link being made; returns whether there was one. */
  boolean abandon(HttpSession browser) {
    boolean was = browser.getAttribute(INTENT) != null;
    browser.removeAttribute(INTENT);
    return was;
  }

  private Optional<Intent> intent(SignedIn owner, HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    if (browser == null || !(browser.getAttribute(INTENT) instanceof Intent intent)) {
      return Optional.empty();
    }
    boolean good =
        intent.sid().equals(owner.sid()) && clock.instant().isBefore(intent.at().plus(INTENT_MAX));
    return good ? Optional.of(intent) : Optional.empty();
  }
}
