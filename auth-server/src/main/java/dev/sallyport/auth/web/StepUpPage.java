package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.password.PasswordCheck;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.totp.CodeCheck;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Asks someone who is signed in for a factor once more: the second where there is one, else the
 * password.
 */
@Controller
class StepUpPage {

  private final StepUp stepUp;
  private final Accounts accounts;
  private final Passwords passwords;
  private final SecondFactor secondFactor;
  private final Passkeys passkeys;
  private final Factors factors;
  private final KnownBrowsers knownBrowsers;

  StepUpPage(
      StepUp stepUp,
      Accounts accounts,
      Passwords passwords,
      SecondFactor secondFactor,
      Passkeys passkeys,
      Factors factors,
      KnownBrowsers knownBrowsers) {
    this.stepUp = stepUp;
    this.accounts = accounts;
    this.passwords = passwords;
    this.secondFactor = secondFactor;
    this.passkeys = passkeys;
    this.factors = factors;
    this.knownBrowsers = knownBrowsers;
  }

  @GetMapping("/account/confirm")
  String ask(@AuthenticationPrincipal SignedIn owner, Model model) {
    model.addAttribute("account", own(owner));
    boolean passkey = passkeys.any(owner.accountId());
    model.addAttribute("passkey", passkey);
    boolean sent = !factors.sendable(owner.accountId()).isEmpty();
    String way = passkey ? "passkey" : "none";
    if (secondFactor.enrolled(owner.accountId())) {
      way = "code";
    } else if (!passkey && sent) {
      way = "sent";
    } else if (!passkey && passwords.version(owner.accountId()) > 0) {
      way = "password";
    }
    model.addAttribute("way", way);
    model.addAttribute("sendable", sent);
    model.addAttribute("recovery", secondFactor.recoveryCodesLeft(owner.accountId()) > 0);
    return "confirm";
  }

  @PostMapping("/account/confirm")
  String confirm(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String code,
      @RequestParam(defaultValue = "") String password,
      @RequestParam(name = "recovery-code") Optional<String> recoveryCode,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    boolean shown;
    if (recoveryCode.isPresent()) {
      model.addAttribute("recovering", true);
      shown =
          right(secondFactor.checkRecovery(owner.accountId(), recoveryCode.get()), response, model);
    } else if (secondFactor.enrolled(owner.accountId())) {
      shown = right(secondFactor.check(owner.accountId(), code), response, model);
    } else if (passkeys.any(owner.accountId())) {
      // a password is not enough where there is a second factor
      return "redirect:/account/confirm/passkey";
    } else if (!factors.sendable(owner.accountId()).isEmpty()) {
      return "redirect:" + SentCodePages.CONFIRM;
    } else {
      shown =
          right(
              passwords.check(own(owner).username(), password, knownBrowsers.attempt(request)),
              response,
              model);
    }
    return shown ? stepUp.done(owner, request) : ask(owner, model);
  }

  /** Whether it was the right code; else the page says what is wrong. */
  static boolean right(CodeCheck check, HttpServletResponse response, Model model) {
    switch (check) {
      case CodeCheck.Right() -> {
        return true;
      }
      case CodeCheck.NotEnrolled(), CodeCheck.Wrong() ->
          SignInPages.refuse(response, model, HttpStatus.FORBIDDEN, "Wrong code.");
      case CodeCheck.UsedBefore() ->
          SignInPages.refuse(
              response,
              model,
              HttpStatus.FORBIDDEN,
              "This code was used already. Wait for the next one.");
      case CodeCheck.LockedOut(Duration remaining) ->
          SignInPages.lockedOut(response, model, "Too many wrong codes.", remaining);
    }
    return false;
  }

  /** Whether it was the right password; else the page says what is wrong. */
  static boolean right(PasswordCheck check, HttpServletResponse response, Model model) {
    switch (check) {
      case PasswordCheck.Right _ -> {
        return true;
      }
      case PasswordCheck.Wrong(), PasswordCheck.Suspended(_) ->
          SignInPages.refuse(
              response, model, HttpStatus.FORBIDDEN, "That is not the password you have now.");
      case PasswordCheck.LockedOut(Duration remaining) ->
          SignInPages.lockedOut(response, model, "Too many wrong attempts.", remaining);
      case PasswordCheck.Busy() -> SignInPages.busy(response, model);
    }
    return false;
  }

  private Account own(SignedIn owner) {
    return accounts
        .byId(owner.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a session is gone"));
  }
}
