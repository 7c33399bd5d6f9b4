package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.PasswordCheck;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * A new password for someone who is signed in: costs the old one and a factor shown just now, and
 * ends every other session.
 */
@Controller
class PasswordPage {

  private static final String PATH = "/account/password";

  private final Accounts accounts;
  private final Passwords passwords;
  private final Sessions sessions;
  private final StepUp stepUp;
  private final KnownBrowsers knownBrowsers;

  PasswordPage(
      Accounts accounts,
      Passwords passwords,
      Sessions sessions,
      StepUp stepUp,
      KnownBrowsers knownBrowsers) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.sessions = sessions;
    this.stepUp = stepUp;
    this.knownBrowsers = knownBrowsers;
  }

  /** Where password managers send people (W3C, A Well-Known URL for Changing Passwords). */
  @GetMapping("/.well-known/change-password")
  String wellKnown() {
    return "redirect:" + PATH;
  }

  @GetMapping(PATH)
  String page(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    return stepUp.fresh(owner, request) ? form(own(owner), model) : stepUp.ask(PATH, request);
  }

  private String form(Account account, Model model) {
    model.addAttribute("account", account);
    model.addAttribute("lengthMin", passwords.lengthMin());
    return "new-password";
  }

  @PostMapping(PATH)
  String change(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(name = "current-password", defaultValue = "") String current,
      @RequestParam(name = "new-password", defaultValue = "") String password,
      @RequestParam(name = "repeat-password", defaultValue = "") String repeated,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask(PATH, request);
    }
    Account account = own(owner);
    if (!password.equals(repeated)) {
      SignInPages.refuse(
          response, model, HttpStatus.UNPROCESSABLE_CONTENT, "The two new passwords differ.");
      return form(account, model);
    }
    PasswordCheck check =
        passwords.check(account.username(), current, knownBrowsers.attempt(request));
    if (!StepUpPage.right(check, response, model)
        || !(check instanceof PasswordCheck.Right right)) {
      return form(account, model);
    }
    return switch (passwords.replace(
        account,
        right.version(),
        password,
        () -> sessions.revokeOthers(account.id(), owner.sid(), Actor.user(account.id())))) {
      case PasswordChange.Changed _ -> {
        Notice.PASSWORD_CHANGED.leave(request);
        yield "redirect:/account";
      }
      case PasswordChange.Superseded() -> {
        Notice.EXPIRED.leave(request);
        yield "redirect:/account";
      }
      case PasswordChange.Refused refused -> {
        SignInPages.refuse(refused, response, model);
        yield form(account, model);
      }
    };
  }

  private Account own(SignedIn owner) {
    return accounts
        .byId(owner.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a session is gone"));
  }
}
