package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.passkey.PasskeyCheck;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.web.Challenges.Use;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The passkeys of someone who is signed in: added, named, removed, and shown once more. */
@Controller
class PasskeyPages {

  private static final String ADD = "/account/passkeys";
  private static final String CONFIRM = "/account/confirm/passkey";

  private final Accounts accounts;
  private final Passkeys passkeys;
  private final Challenges challenges;
  private final Factors factors;
  private final StepUp stepUp;

  PasskeyPages(
      Accounts accounts, Passkeys passkeys, Challenges challenges, Factors factors, StepUp stepUp) {
    this.accounts = accounts;
    this.passkeys = passkeys;
    this.challenges = challenges;
    this.factors = factors;
    this.stepUp = stepUp;
  }

  @GetMapping(ADD)
  String page(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    return stepUp.fresh(owner, request) ? form(owner, request, model) : stepUp.ask(ADD, request);
  }

  private String form(SignedIn owner, HttpServletRequest request, Model model) {
    String challenge = challenges.ask(Use.ADD, passkeys.challenge(), request);
    model.addAttribute("options", passkeys.creationOptions(own(owner), challenge));
    PageHeaders.allowOwnScript(request);
    return "passkey-add";
  }

  @PostMapping(ADD)
  String add(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String answer,
      @RequestParam(defaultValue = "") String name,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask(ADD, request);
    }
    Optional<String> challenge = challenges.take(Use.ADD, request);
    if (challenge.isPresent() && passkeys.register(own(owner), challenge.get(), answer, name)) {
      Notice.PASSKEY_ADDED.leave(request);
      return factors.recoveryCodesToKeep(owner.accountId(), request);
    }
    SignInPages.refuse(
        response, model, HttpStatus.FORBIDDEN, "That passkey was not accepted. Please try again.");
    return form(owner, request, model);
  }

  /** Of anyone else's, nothing happens. */
  @PostMapping(ADD + "/name")
  String rename(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam String id,
      @RequestParam(defaultValue = "") String name,
      HttpServletRequest request) {
    passkeys.rename(owner.accountId(), id, name);
    Notice.PASSKEY_NAMED.leave(request);
    return "redirect:/account";
  }

  @PostMapping(ADD + "/remove")
  String remove(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam String id,
      HttpServletRequest request) {
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask("/account", request);
    }
    Notice said =
        switch (factors.removePasskey(owner.accountId(), id)) {
          case REMOVED -> Notice.PASSKEY_REMOVED;
          case ONLY_SECOND_FACTOR -> Notice.LAST_FACTOR;
          case ONLY_WAY_IN -> Notice.LAST_WAY;
        };
    said.leave(request);
    return "redirect:/account";
  }

  @GetMapping(CONFIRM)
  String confirm(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    if (!passkeys.any(owner.accountId())) {
      return StepUp.PAGE;
    }
    String challenge = challenges.ask(Use.CONFIRM, passkeys.challenge(), request);
    model.addAttribute("options", passkeys.requestOptions(owner.accountId(), challenge));
    model.addAttribute("target", CONFIRM);
    model.addAttribute("back", "/account/confirm");
    PageHeaders.allowOwnScript(request);
    return "passkey-use";
  }

  @PostMapping(CONFIRM)
  String confirmed(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String answer,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<String> challenge = challenges.take(Use.CONFIRM, request);
    if (challenge.isPresent()
        && passkeys.check(owner.accountId(), challenge.get(), answer)
            instanceof PasskeyCheck.Right) {
      return stepUp.done(owner, request);
    }
    SignInPages.refuse(
        response, model, HttpStatus.FORBIDDEN, "That passkey was not accepted. Please try again.");
    return confirm(owner, request, model);
  }

  private Account own(SignedIn owner) {
    return accounts
        .byId(owner.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a session is gone"));
  }
}
