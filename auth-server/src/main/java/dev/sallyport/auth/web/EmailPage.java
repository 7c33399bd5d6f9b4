package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.recovery.Recovery;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The address of an account: another one counts once a link that was sent there was followed. */
@Controller
class EmailPage {

  private static final String PATH = "/account/email";

  private final Accounts accounts;
  private final Recovery recovery;
  private final StepUp stepUp;

  EmailPage(Accounts accounts, Recovery recovery, StepUp stepUp) {
    this.accounts = accounts;
    this.recovery = recovery;
    this.stepUp = stepUp;
  }

  @GetMapping(PATH)
  String page(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    if (!recovery.on()) {
      return "redirect:/account";
    }
    return stepUp.fresh(owner, request) ? form(own(owner), model) : stepUp.ask(PATH, request);
  }

  private String form(Account account, Model model) {
    model.addAttribute("account", account);
    return "email";
  }

  @PostMapping(PATH)
  String send(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String email,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!recovery.on()) {
      return "redirect:/account";
    }
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask(PATH, request);
    }
    Account account = own(owner);
    return switch (recovery.confirmEmail(account, email)) {
      case SENT -> {
        Notice.LINK_SENT.leave(request);
        yield "redirect:/account";
      }
      case NOT_PERMITTED -> {
        SignInPages.refuse(
            response, model, HttpStatus.UNPROCESSABLE_CONTENT, "That is no e-mail address.");
        yield form(account, model);
      }
      case TOO_MANY -> {
        SignInPages.refuse(
            response,
            model,
            HttpStatus.TOO_MANY_REQUESTS,
            "Several links were sent already. Please look for them, or try again in half an hour.");
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
