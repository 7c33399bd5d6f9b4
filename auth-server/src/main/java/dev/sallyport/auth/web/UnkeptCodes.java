package dev.sallyport.auth.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.vault.Vault;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.io.Serial;
import java.io.Serializable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Recovery codes that their owner has not yet said to have kept. The database has only what checks
 * them; until the owner says so, and for ten minutes at most, this browser's session holds them
 * sealed, so that a reload or a moment's absence does not lose them.
 */
@Component
class UnkeptCodes {

  private record Sealed(String accountId, Instant at, String codes) implements Serializable {
    @Serial private static final long serialVersionUID = 1;
  }

  private static final String ATTRIBUTE = "sallyport.unkept-codes";
  private static final String PURPOSE = "unkept-recovery-codes/";
  private static final Duration SHOWN_MAX = Duration.ofMinutes(10);

  private final Vault vault;
  private final Clock clock;

  UnkeptCodes(Vault vault, Clock clock) {
    this.vault = vault;
    this.clock = clock;
  }

  /** New codes for this account, in this browser. */
  void show(String accountId, List<String> codes, HttpServletRequest request) {
    byte[] plain = String.join(" ", codes).getBytes(UTF_8);
    String sealed = Base64.getEncoder().encodeToString(vault.seal(plain, PURPOSE + accountId));
    request.getSession().setAttribute(ATTRIBUTE, new Sealed(accountId, clock.instant(), sealed));
  }

  /** The codes of this account, if they wait in this browser to be kept. */
  Optional<List<String>> of(String accountId, HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    if (browser == null || !(browser.getAttribute(ATTRIBUTE) instanceof Sealed sealed)) {
      return Optional.empty();
    }
    if (!clock.instant().isBefore(sealed.at().plus(SHOWN_MAX))) {
      browser.removeAttribute(ATTRIBUTE);
      return Optional.empty();
    }
    if (!sealed.accountId().equals(accountId)) {
      return Optional.empty();
    }
    byte[] plain = vault.open(Base64.getDecoder().decode(sealed.codes()), PURPOSE + accountId);
    return Optional.of(List.of(new String(plain, UTF_8).split(" ")));
  }

  /** The owner has kept them, or someone else begins here. */
  void forget(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    if (browser != null) {
      browser.removeAttribute(ATTRIBUTE);
    }
  }
}
