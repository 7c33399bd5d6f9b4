package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.passkey.Passkeys;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.PasswordCheck;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.session.SignInWish;
import dev.sallyport.auth.signup.SignUp;
import dev.sallyport.auth.totp.CodeCheck;
import dev.sallyport.auth.totp.Enrolment;
import dev.sallyport.auth.totp.EnrolmentOffer;
import dev.sallyport.auth.totp.QrCode;
import dev.sallyport.auth.totp.SecondFactor;
import dev.sallyport.auth.web.SignInFlow.Stage;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The pages between "who are you" and a browser that is signed in. */
@Controller
class SignInPages {

  private static final String START = "redirect:/login";
  private static final String CODES = "redirect:/login/recovery-codes";

  private final SignInFlow flow;
  private final Passwords passwords;
  private final SecondFactor secondFactor;
  private final Passkeys passkeys;
  private final Federation federation;
  private final FormTargets formTargets;
  private final UnkeptCodes unkeptCodes;
  private final Accounts accounts;
  private final KnownBrowsers knownBrowsers;
  private final RecentActivity activity;
  private final SignUp signUp;

  SignInPages(
      SignInFlow flow,
      Passwords passwords,
      SecondFactor secondFactor,
      Passkeys passkeys,
      Federation federation,
      FormTargets formTargets,
      UnkeptCodes unkeptCodes,
      Accounts accounts,
      KnownBrowsers knownBrowsers,
      RecentActivity activity,
      SignUp signUp) {
    this.flow = flow;
    this.passwords = passwords;
    this.secondFactor = secondFactor;
    this.passkeys = passkeys;
    this.federation = federation;
    this.formTargets = formTargets;
    this.unkeptCodes = unkeptCodes;
    this.accounts = accounts;
    this.knownBrowsers = knownBrowsers;
    this.activity = activity;
    this.signUp = signUp;
  }

  @GetMapping("/")
  String home() {
    return "redirect:/account";
  }

  @GetMapping("/login")
  String login(
      @RequestParam Optional<String> expired,
      @RequestParam Optional<String> provider,
      @RequestParam Optional<String> suspended,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (codesToKeep(request).isPresent()) {
      return CODES;
    }
    if (expired.isPresent()) {
      model.addAttribute("error", "The page had been open for too long. Please try again.");
    } else if (provider.isPresent()) {
      model.addAttribute("error", "Signing in there did not work. Please try again.");
    } else if (suspended.isPresent()) {
      model.addAttribute("error", "This account is suspended. Ask your administrator.");
    }
    Notice.take(request)
        .ifPresent(left -> model.addAttribute(left.error() ? "error" : "notice", left.text()));
    return loginPage(request, response, model);
  }

  private String loginPage(HttpServletRequest request, HttpServletResponse response, Model model) {
    formTargets.allowWaitingRequest(request, response);
    flow.signedIn(request)
        .flatMap(signedIn -> accounts.byId(signedIn.accountId()))
        .ifPresent(account -> model.addAttribute("already", account));
    Optional<SignInWish> wish = flow.wish(request);
    model.addAttribute("mayStay", wish.map(SignInWish::mayStay).orElse(false));
    model.addAttribute("again", wish.map(asked -> !asked.mayStay()).orElse(false));
    if (!model.containsAttribute("username")) {
      wish.map(SignInWish::username).ifPresent(name -> model.addAttribute("username", name));
    }
    model.addAttribute("providers", federation.providers());
    model.addAttribute("signUp", signUp.on());
    return "login";
  }

  @PostMapping("/login")
  String password(
      @RequestParam(defaultValue = "") String username,
      @RequestParam(defaultValue = "") String password,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    switch (passwords.check(username, password, knownBrowsers.attempt(request))) {
      case PasswordCheck.Right right -> {
        return "redirect:" + flow.begin(right, request, response);
      }
      case PasswordCheck.Wrong() ->
          refuse(response, model, HttpStatus.FORBIDDEN, "Wrong username or password.");
      case PasswordCheck.Suspended(_) ->
          refuse(
              response,
              model,
              HttpStatus.FORBIDDEN,
              "This account is suspended. Ask your administrator.");
      case PasswordCheck.LockedOut(Duration remaining) ->
          lockedOut(response, model, "Too many wrong attempts.", remaining);
      case PasswordCheck.Busy() -> busy(response, model);
    }
    model.addAttribute("username", username.length() <= 64 ? username : "");
    return loginPage(request, response, model);
  }

  /** The one who is signed in goes on, where the request that waits lets them choose. */
  @PostMapping("/login/stay")
  String stay(HttpServletRequest request, HttpServletResponse response) {
    boolean allowed =
        flow.signedIn(request).isPresent()
            && flow.wish(request).map(SignInWish::mayStay).orElse(false);
    return allowed ? "redirect:" + flow.resume(request, response) : START;
  }

  @GetMapping("/login/with/{idp}")
  String provider(
      @PathVariable String idp,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (federation.provider(idp).isEmpty()) {
      response.setStatus(HttpStatus.NOT_FOUND.value());
      model.addAttribute("signedIn", flow.signedIn(request).isPresent());
      return "not-found";
    }
    if (federation.authorizationUri(idp).isEmpty()) {
      response.setStatus(HttpStatus.SERVICE_UNAVAILABLE.value());
      model.addAttribute("provider", federation.provider(idp).orElseThrow().displayName());
      return "provider-away";
    }
    return "redirect:/oauth2/authorization/" + idp;
  }

  @GetMapping("/login/unknown-identity")
  String unknownIdentity(
      @RequestParam Optional<String> taken, HttpServletRequest request, Model model) {
    HttpSession browser = request.getSession(false);
    if (browser == null || !(browser.getAttribute(ProviderOutcome.UNKNOWN) instanceof String idp)) {
      return START;
    }
    model.addAttribute(
        "provider", federation.provider(idp).map(found -> found.displayName()).orElse(idp));
    model.addAttribute("taken", taken.isPresent());
    return "unknown-identity";
  }

  @GetMapping("/login/password")
  String newPassword(HttpServletRequest request, HttpServletResponse response, Model model) {
    if (flow.at(Stage.REPLACE_PASSWORD, request).isEmpty()) {
      return START;
    }
    return passwordPage(request, response, model);
  }

  private String passwordPage(
      HttpServletRequest request, HttpServletResponse response, Model model) {
    formTargets.allowWaitingRequest(request, response);
    model.addAttribute("lengthMin", passwords.lengthMin());
    return "password";
  }

  @PostMapping("/login/password")
  String replacePassword(
      @RequestParam(name = "new-password", defaultValue = "") String password,
      @RequestParam(name = "repeat-password", defaultValue = "") String repeated,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = flow.at(Stage.REPLACE_PASSWORD, request);
    if (progress.isEmpty()) {
      return START;
    }
    if (!password.equals(repeated)) {
      refuse(response, model, HttpStatus.UNPROCESSABLE_CONTENT, "The two passwords differ.");
    } else {
      switch (passwords.replace(
          flow.account(progress.get()), progress.get().passwordVersion(), password)) {
        case PasswordChange.Changed(long version) -> {
          return "redirect:"
              + flow.advance(progress.get().withPassword(version), request, response);
        }
        case PasswordChange.Superseded() -> {
          return START;
        }
        case PasswordChange.Refused refused -> refuse(refused, response, model);
      }
    }
    return passwordPage(request, response, model);
  }

  /** Says on the page why a password was not taken. */
  static void refuse(PasswordChange.Refused change, HttpServletResponse response, Model model) {
    String sentence =
        switch (change) {
          case PasswordChange.TooShort(int min) -> "Please choose at least " + min + " characters.";
          case PasswordChange.TooLong(int max) -> "Please choose at most " + max + " characters.";
          case PasswordChange.SameAsBefore() ->
              "That is the password you had. Please choose another.";
          case PasswordChange.LikeUsername() ->
              "That is too close to your username. Please choose another.";
          case PasswordChange.TooCommon() ->
              "That is too easy to guess: people who break into accounts try it early. Please choose"
                  + " another; a few unrelated words make a good one.";
          case PasswordChange.Busy() -> "";
        };
    if (change instanceof PasswordChange.Busy) {
      busy(response, model);
    } else {
      refuse(response, model, HttpStatus.UNPROCESSABLE_CONTENT, sentence);
    }
  }

  @GetMapping("/login/enrol")
  String enrolment(HttpServletRequest request, HttpServletResponse response, Model model) {
    return flow.at(Stage.ENROL, request)
        .map(progress -> enrolmentPage(progress, request, response, model))
        .orElse(START);
  }

  private String enrolmentPage(
      SignInProgress progress,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Account account = flow.account(progress);
    EnrolmentOffer offer = progress.offer();
    if (offer == null) {
      offer = secondFactor.offer(account);
      flow.keep(progress.with(offer), request);
    }
    activity
        .removedByAdmin(account.id())
        .ifPresent(at -> model.addAttribute("resetAt", Words.time(at)));
    offered(secondFactor, account, offer, model);
    model.addAttribute("sendable", !flow.sendableToEnrol(progress, request).isEmpty());
    formTargets.allowWaitingRequest(request, response);
    return "enrol";
  }

  /** The secret on offer, as a picture and as text. */
  static void offered(
      SecondFactor secondFactor, Account account, EnrolmentOffer offer, Model model) {
    String uri = secondFactor.otpauthUri(account, offer);
    model.addAttribute("qr", QrCode.of(uri));
    model.addAttribute("uri", uri);
    model.addAttribute(
        "secret", String.join(" ", secondFactor.secretText(account, offer).split("(?<=\\G.{4})")));
  }

  @PostMapping("/login/enrol")
  String enrol(
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> found = flow.at(Stage.ENROL, request);
    if (found.isEmpty()) {
      return START;
    }
    SignInProgress progress = found.get();
    EnrolmentOffer offer = progress.offer();
    if (offer == null) {
      return START;
    }
    switch (secondFactor.confirm(flow.account(progress), offer, code)) {
      case Enrolment.Enrolled(List<String> recoveryCodes) -> {
        flow.keep(progress.withSecond(SignInProgress.CODE), request);
        unkeptCodes.show(progress.accountId(), recoveryCodes, request);
        return CODES;
      }
      case Enrolment.WrongCode() ->
          refuse(
              response,
              model,
              HttpStatus.FORBIDDEN,
              "Wrong code. Use the one your app shows now, and check that your phone's clock is"
                  + " right.");
      case Enrolment.LockedOut(Duration remaining) ->
          lockedOut(response, model, "Too many wrong codes.", remaining);
      case Enrolment.AlreadyEnrolled() -> {
        return START;
      }
    }
    return enrolmentPage(progress, request, response, model);
  }

  /** The codes of someone who has just enrolled, and has not yet said to have kept them. */
  private Optional<List<String>> codesToKeep(HttpServletRequest request) {
    return flow.at(Stage.DONE, request)
        .flatMap(progress -> unkeptCodes.of(progress.accountId(), request));
  }

  @GetMapping("/login/recovery-codes")
  String recoveryCodes(HttpServletRequest request, HttpServletResponse response, Model model) {
    Optional<List<String>> codes = codesToKeep(request);
    if (codes.isEmpty()) {
      return START;
    }
    formTargets.allowWaitingRequest(request, response);
    model.addAttribute("codes", codes.get());
    model.addAttribute("next", "/login/continue");
    return "recovery-codes";
  }

  /** From the recovery codes on: their owner has kept them. */
  @PostMapping("/login/continue")
  String proceed(HttpServletRequest request, HttpServletResponse response) {
    unkeptCodes.forget(request);
    return flow.progress(request)
        .map(progress -> "redirect:" + flow.advance(progress, request, response))
        .orElse(START);
  }

  @GetMapping("/login/code")
  String code(HttpServletRequest request, HttpServletResponse response, Model model) {
    return codePage("code", request, response, model);
  }

  @GetMapping("/login/recovery")
  String recovery(HttpServletRequest request, HttpServletResponse response, Model model) {
    return codePage("recovery", request, response, model);
  }

  private String codePage(
      String page, HttpServletRequest request, HttpServletResponse response, Model model) {
    Optional<SignInProgress> progress = flow.at(Stage.CODE, request);
    if (progress.isEmpty()) {
      return START;
    }
    return showCodePage(page, progress.get(), request, response, model);
  }

  private String showCodePage(
      String page,
      SignInProgress progress,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    formTargets.allowWaitingRequest(request, response);
    boolean app = secondFactor.enrolled(progress.accountId());
    boolean passkey = passkeys.any(progress.accountId());
    boolean sendable = !flow.sendable(progress, request).isEmpty();
    boolean recovering = secondFactor.recoveryCodesLeft(progress.accountId()) > 0;
    if (page.equals("recovery") ? !app && !recovering : !app) {
      return passkey
          ? "redirect:/login/passkey/second"
          : sendable ? "redirect:" + SentCodePages.SIGN_IN : START;
    }
    model.addAttribute("passkey", passkey);
    model.addAttribute("sendable", sendable);
    model.addAttribute(
        "back", app ? "/login/code" : passkey ? "/login/passkey/second" : SentCodePages.SIGN_IN);
    return page;
  }

  @PostMapping("/login/code")
  String verify(
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = flow.at(Stage.CODE, request);
    if (progress.isEmpty()) {
      return START;
    }
    CodeCheck check = secondFactor.check(progress.get().accountId(), code);
    return verified(check, progress.get(), SignInProgress.CODE, "code", request, response, model);
  }

  @PostMapping("/login/recovery")
  String recover(
      @RequestParam(name = "recovery-code", defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = flow.at(Stage.CODE, request);
    if (progress.isEmpty()) {
      return START;
    }
    CodeCheck check = secondFactor.checkRecovery(progress.get().accountId(), code);
    return verified(
        check, progress.get(), SignInProgress.RECOVERY_CODE, "recovery", request, response, model);
  }

  private String verified(
      CodeCheck check,
      SignInProgress progress,
      String method,
      String page,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    switch (check) {
      case CodeCheck.Right() -> {
        return "redirect:" + flow.advance(progress.withSecond(method), request, response);
      }
      case CodeCheck.NotEnrolled() -> {
        return START;
      }
      case CodeCheck.Wrong() -> refuse(response, model, HttpStatus.FORBIDDEN, "Wrong code.");
      case CodeCheck.UsedBefore() ->
          refuse(
              response,
              model,
              HttpStatus.FORBIDDEN,
              "This code was used already. Wait for the next one.");
      case CodeCheck.LockedOut(Duration remaining) ->
          lockedOut(response, model, "Too many wrong codes.", remaining);
    }
    return showCodePage(page, progress, request, response, model);
  }

  @GetMapping("/signed-out")
  String signedOut() {
    return "signed-out";
  }

  static void refuse(HttpServletResponse response, Model model, HttpStatus status, String error) {
    response.setStatus(status.value());
    model.addAttribute("error", error);
  }

  static void lockedOut(HttpServletResponse response, Model model, String why, Duration remaining) {
    response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, remaining.toSeconds())));
    refuse(
        response,
        model,
        HttpStatus.TOO_MANY_REQUESTS,
        why + " Try again in " + Words.duration(remaining) + ".");
  }

  static void busy(HttpServletResponse response, Model model) {
    response.setHeader(HttpHeaders.RETRY_AFTER, "2");
    refuse(
        response,
        model,
        HttpStatus.TOO_MANY_REQUESTS,
        "Too many people are signing in just now. Please try again in a moment.");
  }
}
