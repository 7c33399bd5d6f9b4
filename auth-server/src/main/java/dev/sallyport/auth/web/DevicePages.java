package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.pairing.Entry;
import dev.sallyport.auth.pairing.PairingRequest;
import dev.sallyport.auth.pairing.Pairings;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.Serial;
import java.io.Serializable;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Where the owner of a device enters the code that it shows, sees who asks for what from where, and
 * answers (RFC 8628 §3.3). A link that carries the code fills it in and no more (§5.4): whoever
 * sent it may have sent it to someone else's account.
 *
 * <p>What may be answered is what this browser entered the right code for; its id alone opens
 * nothing.
 */
@Controller
class DevicePages {

  private static final String ENTER = "/device";

  private static final String CONFIRM = "/device/confirm";

  private static final String ENTERED = "sallyport.pairing";

  private static final String OUTCOME = "sallyport.pairing.outcome";

  private static final int SHOWN_CODE_MAX = 20;

  /** As typed, so that it can be compared with the device's; it is spent with the answer. */
  private record Entered(String id, String code) implements Serializable {
    @Serial private static final long serialVersionUID = 1;
  }

  private final Accounts accounts;

  private final Pairings pairings;

  private final FormTargets formTargets;

  private final Clock clock;

  DevicePages(Accounts accounts, Pairings pairings, FormTargets formTargets, Clock clock) {
    this.accounts = accounts;
    this.pairings = pairings;
    this.formTargets = formTargets;
    this.clock = clock;
  }

  @GetMapping(ENTER)
  String enter(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(name = "user_code", defaultValue = "") String code,
      Model model) {
    return form(owner, code, model);
  }

  private String form(SignedIn owner, String code, Model model) {
    model.addAttribute("account", account(owner));
    model.addAttribute("code", code.length() <= SHOWN_CODE_MAX ? code : "");
    return "device";
  }

  @PostMapping(ENTER)
  String entered(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(name = "user_code", defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    return switch (pairings.enter(code, owner.accountId(), request.getRemoteAddr())) {
      case Entry.Found(PairingRequest found) -> {
        request.getSession().setAttribute(ENTERED, new Entered(found.id(), code));
        yield "redirect:" + CONFIRM;
      }
      case Entry.Unknown _ -> {
        SignInPages.refuse(
            response,
            model,
            HttpStatus.UNPROCESSABLE_CONTENT,
            "No device waits with this code. Look at it again; an old one must be renewed on the"
                + " device.");
        yield form(owner, code, model);
      }
      case Entry.TooMany(Duration wait) -> {
        response.setHeader(
            HttpHeaders.RETRY_AFTER, Long.toString(wait.plusMillis(999).toSeconds()));
        SignInPages.refuse(
            response,
            model,
            HttpStatus.TOO_MANY_REQUESTS,
            "Too many wrong codes. Please try again in " + Words.duration(wait) + ".");
        yield form(owner, "", model);
      }
    };
  }

  @GetMapping(CONFIRM)
  String confirm(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    Optional<Entered> entered = entered(request);
    Optional<PairingRequest> waiting = entered.flatMap(one -> pairings.pending(one.id()));
    if (entered.isEmpty() || waiting.isEmpty()) {
      return "redirect:" + ENTER;
    }
    PairingRequest asked = waiting.get();
    Account account = account(owner);
    model.addAttribute("account", account);
    model.addAttribute("request", asked.id());
    model.addAttribute("code", entered.get().code().strip());
    model.addAttribute("client", asked.clientName());
    model.addAttribute(
        "about",
        formTargets
            .client(asked.clientId())
            .flatMap(RegisteredClients::find)
            .map(ConsentPage.About::of)
            .orElse(null));
    model.addAttribute("openid", asked.scopes().contains("openid"));
    model.addAttribute("wishes", ConsentPage.wishes(asked.scopes(), account));
    model.addAttribute("rooms", RoomWish.of(asked.details()));
    model.addAttribute("address", asked.address());
    model.addAttribute("here", asked.address().equals(request.getRemoteAddr()));
    model.addAttribute(
        "device", asked.userAgent().isBlank() ? "It did not say" : asked.userAgent());
    model.addAttribute(
        "ago", Words.duration(Duration.between(asked.requestedAt(), clock.instant())));
    return "device-confirm";
  }

  @PostMapping(CONFIRM)
  String answered(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(name = "request", defaultValue = "") String id,
      @RequestParam(name = "answer", defaultValue = "") String answer,
      @RequestParam(name = "scope", required = false) List<String> scopes,
      HttpServletRequest request) {
    Optional<PairingRequest> asked =
        entered(request)
            .filter(entered -> entered.id().equals(id))
            .flatMap(entered -> pairings.pending(entered.id()));
    request.getSession().removeAttribute(ENTERED);
    Set<String> granted = new HashSet<>(scopes == null ? List.of() : scopes);
    boolean allowed = answer.equals("allow");
    boolean done =
        asked.isPresent()
            && (allowed && !granted.isEmpty()
                ? pairings.approve(id, owner, granted)
                : pairings.deny(id, owner.accountId()));
    request
        .getSession()
        .setAttribute(OUTCOME, !done ? "late" : allowed && !granted.isEmpty() ? "in" : "denied");
    return "redirect:/device/done";
  }

  @GetMapping("/device/done")
  String done(HttpServletRequest request, Model model) {
    HttpSession browser = request.getSession(false);
    if (browser == null || !(browser.getAttribute(OUTCOME) instanceof String outcome)) {
      return "redirect:" + ENTER;
    }
    model.addAttribute("outcome", outcome);
    return "device-done";
  }

  private static Optional<Entered> entered(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    return browser != null && browser.getAttribute(ENTERED) instanceof Entered entered
        ? Optional.of(entered)
        : Optional.empty();
  }

  private Account account(SignedIn owner) {
    return accounts
        .byId(owner.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a session is gone"));
  }
}
