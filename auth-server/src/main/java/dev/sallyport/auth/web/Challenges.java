package dev.sallyport.auth.web;

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
 * What a browser was asked to sign with a passkey: one challenge at a time, for one answer, for
 * what it was asked for, for five minutes.
 */
@Component
class Challenges {

  /** What an answer is for. */
  enum Use {
    SIGN_IN,
    SECOND_FACTOR,
    CONFIRM,
    ADD
  }

  private record Asked(Use use, String challenge, Instant at) implements Serializable {
    @Serial private static final long serialVersionUID = 1;
  }

  private static final String ATTRIBUTE = "sallyport.passkey-challenge";
  private static final Duration LIFE = Duration.ofMinutes(5);

  private final Clock clock;

  Challenges(Clock clock) {
    this.clock = clock;
  }

  /** Remembers what is asked; what was asked before can no longer be answered. */
  String ask(Use use, String challenge, HttpServletRequest request) {
    request.getSession().setAttribute(ATTRIBUTE, new Asked(use, challenge, clock.instant()));
    return challenge;
  }

  /** Whether this browser was asked for this and has not answered. */
  boolean waiting(Use use, HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    return browser != null
        && browser.getAttribute(ATTRIBUTE) instanceof Asked asked
        && asked.use() == use;
  }

  /** Takes what was asked: it can be answered once. */
  Optional<String> take(Use use, HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    if (browser == null || !(browser.getAttribute(ATTRIBUTE) instanceof Asked asked)) {
      return Optional.empty();
    }
    browser.removeAttribute(ATTRIBUTE);
    return asked.use() == use && clock.instant().isBefore(asked.at().plus(LIFE))
        ? Optional.of(asked.challenge())
        : Optional.empty();
  }
}
