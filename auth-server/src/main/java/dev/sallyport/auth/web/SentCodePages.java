package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.sentcode.Channel;
import dev.sallyport.auth.sentcode.Sending;
import dev.sallyport.auth.sentcode.SentCheck;
import dev.sallyport.auth.sentcode.SentCodes;
import dev.sallyport.auth.sentcode.SentCodes.Purpose;
import dev.sallyport.auth.sentcode.SentFactor;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.totp.SecondFactor;
import dev.sallyport.auth.web.SignInFlow.Stage;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.Serial;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Codes that are sent: shown as the second factor of a sign-in or once more, and set up at the
 * first sign-in or later. A code leaves when someone presses for it, never because a page was
 * looked at. The four places share one page.
 */
@Controller
class SentCodePages {

  static final String SIGN_IN = "/login/sent-code";
  static final String ENROL = "/login/enrol/sent-code";
  static final String CONFIRM = "/account/confirm/sent-code";
  static final String SET_UP = "/account/sent-code";

  /** Behind each of these, where the form is posted that asks for a code. */
  static final String SEND = "/send";

  private static final String REMOVE = SET_UP + "/remove";
  private static final String START = "redirect:/login";
  private static final String ACCOUNT = "redirect:/account";
  private static final String WAITING = "sallyport.sent-code";

  /** A way to choose, in words. */
  record Way(String channel, String label) {}

  /** A code that was sent at the wish of this browser. */
  private record Waiting(String path, String accountId, String id, String masked)
      implements Serializable {
    @Serial private static final long serialVersionUID = 1;
  }

  private final SentCodes sentCodes;
  private final SecondFactor secondFactor;
  private final SignInFlow flow;
  private final Factors factors;
  private final StepUp stepUp;
  private final UnkeptCodes unkeptCodes;
  private final Accounts accounts;
  private final FormTargets formTargets;

  SentCodePages(
      SentCodes sentCodes,
      SecondFactor secondFactor,
      SignInFlow flow,
      Factors factors,
      StepUp stepUp,
      UnkeptCodes unkeptCodes,
      Accounts accounts,
      FormTargets formTargets) {
    this.sentCodes = sentCodes;
    this.secondFactor = secondFactor;
    this.flow = flow;
    this.factors = factors;
    this.stepUp = stepUp;
    this.unkeptCodes = unkeptCodes;
    this.accounts = accounts;
    this.formTargets = formTargets;
  }

  // the second factor of a sign-in

  @GetMapping(SIGN_IN)
  String signIn(HttpServletRequest request, HttpServletResponse response, Model model) {
    Optional<SignInProgress> progress = sendable(request);
    return progress.isEmpty() ? START : signInPage(progress.get(), request, response, model);
  }

  private Optional<SignInProgress> sendable(HttpServletRequest request) {
    return flow.at(Stage.CODE, request)
        .filter(progress -> !flow.sendable(progress, request).isEmpty());
  }

  private String signInPage(
      SignInProgress progress,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    formTargets.allowWaitingRequest(request, response);
    model.addAttribute("title", "Enter your code");
    model.addAttribute("ways", confirmed(flow.sendable(progress, request)));
    model.addAttribute(
        "recovery", secondFactor.recoveryCodesLeft(progress.accountId()) > 0 ? true : null);
    return page(SIGN_IN, "/login", progress.accountId(), request, model);
  }

  @PostMapping(SIGN_IN + SEND)
  String sendToSignIn(
      @RequestParam(defaultValue = "") String channel,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = sendable(request);
    if (progress.isEmpty()) {
      return START;
    }
    String accountId = progress.get().accountId();
    Optional<Channel> chosen = chosen(flow.sendable(progress.get(), request), channel);
    return chosen.isPresent()
            && sent(
                SIGN_IN,
                accountId,
                sentCodes.send(accountId, chosen.get(), Purpose.SIGN_IN),
                request,
                response,
                model)
        ? "redirect:" + SIGN_IN
        : signInPage(progress.get(), request, response, model);
  }

  @PostMapping(SIGN_IN)
  String checkSignIn(
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = sendable(request);
    if (progress.isEmpty()) {
      return START;
    }
    String accountId = progress.get().accountId();
    SentCheck check =
        sentCodes.check(accountId, waitingId(SIGN_IN, accountId, request), Purpose.SIGN_IN, code);
    if (check instanceof SentCheck.Right(Channel channel)) {
      forget(request);
      return "redirect:"
          + flow.advance(progress.get().withSecond(channel.factor()), request, response);
    }
    refuse(check, request, response, model);
    return signInPage(progress.get(), request, response, model);
  }

  // set up at the first sign-in

  @GetMapping(ENROL)
  String enrol(HttpServletRequest request, HttpServletResponse response, Model model) {
    Optional<SignInProgress> progress = enrollable(request);
    return progress.isEmpty() ? START : enrolPage(progress.get(), request, response, model);
  }

  private Optional<SignInProgress> enrollable(HttpServletRequest request) {
    return flow.at(Stage.ENROL, request)
        .filter(progress -> !flow.sendableToEnrol(progress, request).isEmpty());
  }

  private String enrolPage(
      SignInProgress progress,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    formTargets.allowWaitingRequest(request, response);
    toSetUp(progress.accountId(), flow.sendableToEnrol(progress, request), model);
    return page(ENROL, "/login/enrol", progress.accountId(), request, model);
  }

  @PostMapping(ENROL + SEND)
  String sendToEnrol(
      @RequestParam(defaultValue = "") String channel,
      @RequestParam(defaultValue = "") String phone,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = enrollable(request);
    if (progress.isEmpty()) {
      return START;
    }
    String accountId = progress.get().accountId();
    Optional<Channel> chosen = named(flow.sendableToEnrol(progress.get(), request), channel);
    return chosen.isPresent()
            && sent(
                ENROL,
                accountId,
                sentCodes.sendToEnrol(accountId, chosen.get(), phone),
                request,
                response,
                model)
        ? "redirect:" + ENROL
        : enrolPage(progress.get(), request, response, model);
  }

  @PostMapping(ENROL)
  String checkEnrol(
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<SignInProgress> progress = enrollable(request);
    if (progress.isEmpty()) {
      return START;
    }
    String accountId = progress.get().accountId();
    SentCheck check = sentCodes.confirm(accountId, waitingId(ENROL, accountId, request), code);
    if (check instanceof SentCheck.Right(Channel channel)) {
      forget(request);
      SignInProgress shown = progress.get().withSecond(channel.factor());
      List<String> codes = secondFactor.firstRecoveryCodes(accountId);
      if (codes.isEmpty()) {
        return "redirect:" + flow.advance(shown, request, response);
      }
      flow.keep(shown, request);
      unkeptCodes.show(accountId, codes, request);
      return "redirect:/login/recovery-codes";
    }
    refuse(check, request, response, model);
    return enrolPage(progress.get(), request, response, model);
  }

  // shown once more by someone who is signed in

  @GetMapping(CONFIRM)
  String confirm(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    return factors.sendable(owner.accountId()).isEmpty()
        ? StepUp.PAGE
        : confirmPage(owner, request, model);
  }

  private String confirmPage(SignedIn owner, HttpServletRequest request, Model model) {
    model.addAttribute("title", "Confirm that it is you");
    model.addAttribute("ways", confirmed(factors.sendable(owner.accountId())));
    return page(CONFIRM, "/account/confirm", owner.accountId(), request, model);
  }

  @PostMapping(CONFIRM + SEND)
  String sendToConfirm(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String channel,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<Channel> chosen = chosen(factors.sendable(owner.accountId()), channel);
    if (chosen.isEmpty()) {
      return StepUp.PAGE;
    }
    return sent(
            CONFIRM,
            owner.accountId(),
            sentCodes.send(owner.accountId(), chosen.get(), Purpose.CONFIRM),
            request,
            response,
            model)
        ? "redirect:" + CONFIRM
        : confirmPage(owner, request, model);
  }

  @PostMapping(CONFIRM)
  String checkConfirm(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (factors.sendable(owner.accountId()).isEmpty()) {
      return StepUp.PAGE;
    }
    SentCheck check =
        sentCodes.check(
            owner.accountId(),
            waitingId(CONFIRM, owner.accountId(), request),
            Purpose.CONFIRM,
            code);
    if (check instanceof SentCheck.Right) {
      forget(request);
      return stepUp.done(owner, request);
    }
    refuse(check, request, response, model);
    return confirmPage(owner, request, model);
  }

  // set up, or another phone, by someone who is signed in

  @GetMapping(SET_UP)
  String setUp(@AuthenticationPrincipal SignedIn owner, HttpServletRequest request, Model model) {
    if (factors.sentSettable(owner.accountId()).isEmpty()) {
      return ACCOUNT;
    }
    return stepUp.fresh(owner, request)
        ? setUpPage(owner, request, model)
        : stepUp.ask(SET_UP, request);
  }

  private String setUpPage(SignedIn owner, HttpServletRequest request, Model model) {
    toSetUp(owner.accountId(), factors.sentSettable(owner.accountId()), model);
    return page(SET_UP, "/account", owner.accountId(), request, model);
  }

  @PostMapping(SET_UP + SEND)
  String sendToSetUp(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String channel,
      @RequestParam(defaultValue = "") String phone,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<Channel> chosen = named(factors.sentSettable(owner.accountId()), channel);
    if (chosen.isEmpty()) {
      return ACCOUNT;
    }
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask(SET_UP, request);
    }
    return sent(
            SET_UP,
            owner.accountId(),
            sentCodes.sendToEnrol(owner.accountId(), chosen.get(), phone),
            request,
            response,
            model)
        ? "redirect:" + SET_UP
        : setUpPage(owner, request, model);
  }

  @PostMapping(SET_UP)
  String checkSetUp(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String code,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (factors.sentSettable(owner.accountId()).isEmpty()) {
      return ACCOUNT;
    }
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask(SET_UP, request);
    }
    SentCheck check =
        sentCodes.confirm(owner.accountId(), waitingId(SET_UP, owner.accountId(), request), code);
    if (check instanceof SentCheck.Right) {
      forget(request);
      Notice.CODES_SET_UP.leave(request);
      return factors.recoveryCodesToKeep(owner.accountId(), request);
    }
    refuse(check, request, response, model);
    return setUpPage(owner, request, model);
  }

  @PostMapping(REMOVE)
  String remove(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(defaultValue = "") String channel,
      HttpServletRequest request) {
    if (!stepUp.fresh(owner, request)) {
      return stepUp.ask("/account", request);
    }
    Optional<Channel> chosen = named(List.of(Channel.values()), channel);
    if (chosen.isPresent()) {
      boolean removed = factors.removeSent(owner.accountId(), chosen.get());
      (removed ? Notice.CODES_REMOVED : Notice.LAST_FACTOR).leave(request);
    }
    return ACCOUNT;
  }

  // what the four have in common

  private static List<Way> confirmed(List<SentFactor> sent) {
    return sent.stream()
        .map(
            one ->
                new Way(
                    one.channel().name(),
                    switch (one.channel()) {
                      case EMAIL -> "Send a code to " + one.masked();
                      case SMS -> "Send an SMS to " + one.masked();
                    }))
        .toList();
  }

  private void toSetUp(String accountId, List<Channel> channels, Model model) {
    model.addAttribute("title", "Codes that we send");
    model.addAttribute("phone", channels.contains(Channel.SMS));
    String email = accounts.byId(accountId).map(account -> account.email()).orElse(null);
    model.addAttribute(
        "ways",
        channels.contains(Channel.EMAIL) && email != null
            ? List.of(new Way(Channel.EMAIL.name(), "Send a code to " + email))
            : List.of());
  }

  private static String page(
      String path, String back, String accountId, HttpServletRequest request, Model model) {
    model.addAttribute("target", path);
    model.addAttribute("send", path + SEND);
    model.addAttribute("back", back);
    waiting(path, accountId, request)
        .ifPresent(waiting -> model.addAttribute("masked", waiting.masked()));
    return "sent-code";
  }

  private static Optional<Channel> chosen(List<SentFactor> sent, String channel) {
    return named(sent.stream().map(SentFactor::channel).toList(), channel);
  }

  private static Optional<Channel> named(List<Channel> channels, String name) {
    return Arrays.stream(Channel.values())
        .filter(channel -> channel.name().equals(name) && channels.contains(channel))
        .findFirst();
  }

  /** Whether it is on its way; else the page says why not. */
  private static boolean sent(
      String path,
      String accountId,
      Sending sending,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    switch (sending) {
      case Sending.Sent(String id, String masked) -> {
        request.getSession().setAttribute(WAITING, new Waiting(path, accountId, id, masked));
        return true;
      }
      case Sending.TooMany(Duration remaining) ->
          SignInPages.lockedOut(response, model, "Too many codes were sent.", remaining);
      case Sending.NotPermitted() ->
          SignInPages.refuse(
              response,
              model,
              HttpStatus.UNPROCESSABLE_CONTENT,
              "That is no phone number. Write it with a plus sign and the code of the country.");
      case Sending.Failed() -> {
        response.setHeader(HttpHeaders.RETRY_AFTER, "30");
        SignInPages.refuse(
            response,
            model,
            HttpStatus.SERVICE_UNAVAILABLE,
            "The code could not be sent. Please try again in a moment.");
      }
    }
    return false;
  }

  private static void refuse(
      SentCheck check, HttpServletRequest request, HttpServletResponse response, Model model) {
    switch (check) {
      case SentCheck.Right _ -> throw new IllegalStateException("a right code is not refused");
      case SentCheck.Wrong() ->
          SignInPages.refuse(response, model, HttpStatus.FORBIDDEN, "Wrong code.");
      case SentCheck.Gone() -> {
        forget(request);
        SignInPages.refuse(
            response,
            model,
            HttpStatus.FORBIDDEN,
            "That code is no longer good. Let us send another one.");
      }
      case SentCheck.LockedOut(Duration remaining) ->
          SignInPages.lockedOut(response, model, "Too many wrong codes.", remaining);
    }
  }

  private static Optional<Waiting> waiting(
      String path, String accountId, HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    return browser != null
            && browser.getAttribute(WAITING) instanceof Waiting waiting
            && waiting.path().equals(path)
            && waiting.accountId().equals(accountId)
        ? Optional.of(waiting)
        : Optional.empty();
  }

  private static String waitingId(String path, String accountId, HttpServletRequest request) {
    return waiting(path, accountId, request).map(Waiting::id).orElse("");
  }

  private static void forget(HttpServletRequest request) {
    request.getSession().removeAttribute(WAITING);
  }
}
