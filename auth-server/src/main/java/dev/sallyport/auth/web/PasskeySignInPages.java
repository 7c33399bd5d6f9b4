package dev.sallyport.auth.web;

import dev.sallyport.auth.passkey.PasskeyCheck;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.totp.SecondFactor;
import dev.sallyport.auth.web.Challenges.Use;
import dev.sallyport.auth.web.SignInFlow.Stage;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Signing in with a passkey: alone, when it verifies its user, or after the password. The form on
 * the sign-in page leads here first, so that a challenge costs a row only where one is wanted.
 */
@Controller
class PasskeySignInPages {

  private static final String ALONE = "/login/passkey";
  private static final String SECOND = "/login/passkey/second";
  private static final String REFUSED = "That passkey was not accepted. Please try again.";

  private final Passkeys passkeys;
  private final Challenges challenges;
  private final SecondFactor secondFactor;
  private final SignInFlow flow;
  private final FormTargets formTargets;

  PasskeySignInPages(
      Passkeys passkeys,
      Challenges challenges,
      SecondFactor secondFactor,
      SignInFlow flow,
      FormTargets formTargets) {
    this.passkeys = passkeys;
    this.challenges = challenges;
    this.secondFactor = secondFactor;
    this.flow = flow;
    this.formTargets = formTargets;
  }

  /** To a page of its own, since the token of its form is another once there is a session. */
  @PostMapping("/login/passkey/begin")
  String begin(HttpServletRequest request) {
    challenges.ask(Use.SIGN_IN, passkeys.challenge(), request);
    return "redirect:" + ALONE;
  }

  @GetMapping(ALONE)
  String page(HttpServletRequest request, HttpServletResponse response, Model model) {
    return challenges.waiting(Use.SIGN_IN, request)
        ? alone(request, response, model)
        : "redirect:/login";
  }

  private String alone(HttpServletRequest request, HttpServletResponse response, Model model) {
    String challenge = challenges.ask(Use.SIGN_IN, passkeys.challenge(), request);
    model.addAttribute("options", passkeys.requestOptions(null, challenge));
    model.addAttribute("target", ALONE);
    model.addAttribute("back", "/login");
    return page(request, response);
  }

  private String page(HttpServletRequest request, HttpServletResponse response) {
    PageHeaders.allowOwnScript(request);
    formTargets.allowWaitingRequest(request, response);
    return "passkey-use";
  }

  @PostMapping(ALONE)
  String signIn(
      @RequestParam(defaultValue = "") String answer,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<String> challenge = challenges.take(Use.SIGN_IN, request);
    if (challenge.isEmpty()) {
      return "redirect:/login?expired";
    }
    // asked for as required; checked all the same, since the flag is what makes it two factors
    if (passkeys.check(null, challenge.get(), answer) instanceof PasskeyCheck.Right right
        && right.userVerified()) {
      return "redirect:" + flow.beginWithPasskey(right.accountId(), request, response);
    }
    SignInPages.refuse(response, model, HttpStatus.FORBIDDEN, REFUSED);
    return alone(request, response, model);
  }

  @GetMapping(SECOND)
  String second(HttpServletRequest request, HttpServletResponse response, Model model) {
    Optional<SignInProgress> progress = flow.at(Stage.CODE, request);
    if (progress.isEmpty() || !passkeys.any(progress.get().accountId())) {
      return "redirect:/login";
    }
    String challenge = challenges.ask(Use.SECOND_FACTOR, passkeys.challenge(), request);
    model.addAttribute("options", passkeys.requestOptions(progress.get().accountId(), challenge));
    model.addAttribute("target", SECOND);
    String accountId = progress.get().accountId();
    model.addAttribute("back", secondFactor.enrolled(accountId) ? "/login/code" : "/login");
    model.addAttribute("recovery", secondFactor.recoveryCodesLeft(accountId) > 0);
    model.addAttribute("sendable", !flow.sendable(progress.get(), request).isEmpty());
    return page(request, response);
  }

  @PostMapping(SECOND)
  String secondShown(
      @RequestParam(defaultValue = "") String answer,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = flow.at(Stage.CODE, request);
    Optional<String> challenge = challenges.take(Use.SECOND_FACTOR, request);
    if (progress.isEmpty() || challenge.isEmpty()) {
      return progress.isEmpty() ? "redirect:/login" : "redirect:" + SECOND;
    }
    if (passkeys.check(progress.get().accountId(), challenge.get(), answer)
        instanceof PasskeyCheck.Right) {
      return "redirect:"
          + flow.advance(progress.get().withSecond(SignInProgress.PASSKEY), request, response);
    }
    SignInPages.refuse(response, model, HttpStatus.FORBIDDEN, REFUSED);
    return second(request, response, model);
  }
}
