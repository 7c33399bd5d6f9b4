package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.totp.Enrolment;
import dev.sallyport.auth.totp.EnrolmentOffer;
import dev.sallyport.auth.totp.SecondFactor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.Serial;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * A first authenticator, or another one, for someone who is signed in. The one before goes on
 * working until the new one has shown a code.
 */
@Controller
class AuthenticatorPage {

  /** A secret on offer to the one who signed in with {@code sid}. */
  private record Offered(String sid, EnrolmentOffer offer) implements Serializable {
    @Serial private static final long serialVersionUID = 1;
  }

  private static final String PATH = "/account/authenticator";
  private static final String OFFERED = "sallyport.authenticator-offer";

  private final Accounts accounts;
  private final SecondFactor secondFactor;
  private final Sessions sessions;
  private final StepUp stepUp;
  private final UnkeptCodes unkeptCodes;
  private final Factors factors;

  AuthenticatorPage(
      Accounts accounts,
      SecondFactor secondFactor,
      Sessions sessions,
      StepUp stepUp,
      UnkeptCodes unkeptCodes,
      Factors factors) {
    this.accounts = accounts;
    this.secondFactor = secondFactor;
    this.sessions = sessions;
    this.stepUp = stepUp;
    this.unkeptCodes = unkeptCodes;
    this.factors = factors;
  }

  @GetMapping(PATH)
  String page(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    return stepUp.fresh(owner, request) ? form(owner, request, model) : stepUp.ask(PATH, request);
  }

  private String form(SignedIn owner, HttpServletRequest request, Model model) {
    Account account = own(owner);
    EnrolmentOffer offer;
    if (request.getSession().getAttribute(OFFERED) instanceof Offered offered
        && offered.sid().equals(owner.sid())) {
      offer = offered.offer();
    } else {
      offer = secondFactor.offer(account);
      request.getSession().setAttribute(OFFERED, new Offered(owner.sid(), offer));
    }
    SignInPages.offered(secondFactor, account, offer, model);
    model.addAttribute("replacing", secondFactor.enrolled(account.id()));
    return "authenticator";
  }

  @PostMapping(PATH)
  String confirm(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!stepUp.fresh(owner, request)
        || !(request.getSession().getAttribute(OFFERED) instanceof Offered offered)
        || !offered.sid().equals(owner.sid())) {
      return stepUp.fresh(owner, request) ? "redirect:" + PATH : stepUp.ask(PATH, request);
    }
    Account account = own(owner);
    switch (secondFactor.replace(
        account,
        offered.offer(),
        code,
        () -> sessions.revokeOthers(account.id(), owner.sid(), Actor.user(account.id())))) {
      case Enrolment.Enrolled(List<String> recoveryCodes) -> {
        request.getSession().removeAttribute(OFFERED);
        unkeptCodes.show(account.id(), recoveryCodes, request);
        Notice.AUTHENTICATOR_REPLACED.leave(request);
        return "redirect:/account/recovery-codes";
      }
      case Enrolment.WrongCode() ->
          SignInPages.refuse(
              response,
              model,
              HttpStatus.FORBIDDEN,
              "Wrong code. Use the one that the new app shows now.");
      case Enrolment.LockedOut(Duration remaining) ->
          SignInPages.lockedOut(response, model, "Too many wrong codes.", remaining);
      case Enrolment.AlreadyEnrolled() -> {
        return "redirect:/account";
      }
    }
    return form(owner, request, model);
  }

  @PostMapping(PATH + "/remove")
  String remove(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request) {
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask("/account", request);
    }
    Notice said =
        factors.removeAuthenticator(owner.accountId())
            ? Notice.AUTHENTICATOR_REMOVED
            : Notice.LAST_FACTOR;
    said.leave(request);
    return "redirect:/account";
  }

  private Account own(SignedIn owner) {
    return accounts
        .byId(owner.accountId())
        .orElseThrow(() -> new IllegalStateException("the account of a session is gone"));
  }
}
