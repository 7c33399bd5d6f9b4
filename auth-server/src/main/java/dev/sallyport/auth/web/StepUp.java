package dev.sallyport.auth.web;

import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.io.Serial;
import java.io.Serializable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Whether the one at this browser has just shown to be the owner: by signing in, or by a factor on
 * the page that asks for one. Whatever changes how someone signs in needs it, since a browser that
 * was left open must not be enough.
 */
@Component
class StepUp {

  /** So long does a shown factor count. */
  static final Duration FRESH = Duration.ofMinutes(5);

  static final String PAGE = "redirect:/account/confirm";

  private record Confirmed(String sid, Instant at) implements Serializable {
    @Serial private static final long serialVersionUID = 1;
  }

  private static final String CONFIRMED = "sallyport.confirmed";
  private static final String NEXT = "sallyport.confirm-next";
  private static final String ACCOUNT = "/account";

  private final Clock clock;

  StepUp(Clock clock) {
    this.clock = clock;
  }

  boolean fresh(SignedIn owner, HttpServletRequest request) {
    return recent(owner.authTime())
        || confirmed(request)
            .filter(confirmed -> confirmed.sid().equals(owner.sid()) && recent(confirmed.at()))
            .isPresent();
  }

  private boolean recent(Instant at) {
    return clock.instant().isBefore(at.plus(FRESH));
  }

  private static Optional<Confirmed> confirmed(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    return browser != null && browser.getAttribute(CONFIRMED) instanceof Confirmed confirmed
        ? Optional.of(confirmed)
        : Optional.empty();
  }

  /** Sends the browser to show a factor, and then on to {@code path}, a page of ours. */
  String ask(String path, HttpServletRequest request) {
    request.getSession().setAttribute(NEXT, path);
    return PAGE;
  }

  /** A factor was shown; returns where to go on. */
  String done(SignedIn owner, HttpServletRequest request) {
    HttpSession browser = request.getSession();
    browser.setAttribute(CONFIRMED, new Confirmed(owner.sid(), clock.instant()));
    Object next = browser.getAttribute(NEXT);
    browser.removeAttribute(NEXT);
    return "redirect:" + (next instanceof String path ? path : ACCOUNT);
  }
}
