package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** For someone who wants to be gone. */
@Controller
class ClosePage {

  private static final String PATH = "/account/close";
  private static final String ADMIN = "admin";

  private final Accounts accounts;
  private final StepUp stepUp;

  ClosePage(Accounts accounts, StepUp stepUp) {
    this.accounts = accounts;
    this.stepUp = stepUp;
  }

  @GetMapping(PATH)
  String page(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    return stepUp.fresh(owner, request) ? form(own(owner), model) : stepUp.ask(PATH, request);
  }

  private String form(Account account, Model model) {
    model.addAttribute("account", account);
    return "close";
  }

  @PostMapping(PATH)
  String close(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String username,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask(PATH, request);
    }
    Account account = own(owner);
    if (account.roles().contains(ADMIN)) {
      // otherwise the last one could leave an installation that nobody can administer
      SignInPages.refuse(
          response,
          model,
          HttpStatus.CONFLICT,
          "You are an administrator. Ask another one to close your account.");
      return form(account, model);
    }
    if (!username.strip().toLowerCase(Locale.ROOT).equals(account.username())) {
      SignInPages.refuse(
          response, model, HttpStatus.UNPROCESSABLE_CONTENT, "That is not your username.");
      return form(account, model);
    }
    accounts.close(account.id(), Actor.user(account.id()));
    request.getSession().invalidate();
    return "redirect:/signed-out";
  }

  private Account own(SignedIn owner) {
    return accounts
        .byId(owner.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a session is gone"));
  }
}
