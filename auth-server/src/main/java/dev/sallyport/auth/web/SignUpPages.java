package dev.sallyport.auth.web;

import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.signup.Asked;
import dev.sallyport.auth.signup.Making;
import dev.sallyport.auth.signup.SignUp;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.time.Duration;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * For someone who has no account, where people may make one. As with every link from a mail, its
 * token waits in this browser's session, and a form spends it.
 */
@Controller
class SignUpPages {

  static final String ASK = "/login/sign-up";
  static final String LINK = "/login/sign-up/link";
  static final String MAKE = "/login/sign-up/account";

  private static final String TOKEN = "sallyport.sign-up-link";
  private static final String GONE = "redirect:/login/sign-up/gone";
  private static final int DISPLAY_NAME_SHOWN_MAX = 128;

  private final SignUp signUp;
  private final Passwords passwords;

  SignUpPages(SignUp signUp, Passwords passwords) {
    this.signUp = signUp;
    this.passwords = passwords;
  }

  @GetMapping(ASK)
  String page(HttpServletResponse response, Model model) {
    if (!signUp.on()) {
      response.setStatus(HttpStatus.NOT_FOUND.value());
      return "not-found";
    }
    model.addAttribute("domains", signUp.domains());
    return "sign-up";
  }

  @PostMapping(ASK)
  String ask(
      @RequestParam(defaultValue = "") String email,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!signUp.on()) {
      return page(response, model);
    }
    switch (signUp.ask(email, request.getRemoteAddr())) {
      case Asked.Accepted() -> {
        return "redirect:/login/sign-up/sent";
      }
      case Asked.NotPermitted() ->
          SignInPages.refuse(
              response,
              model,
              HttpStatus.UNPROCESSABLE_CONTENT,
              "That is no e-mail address with which an account can be made.");
      case Asked.OtherDomain() ->
          SignInPages.refuse(
              response,
              model,
              HttpStatus.UNPROCESSABLE_CONTENT,
              "Addresses of that domain cannot sign up here.");
      case Asked.TooMany(Duration remaining) ->
          SignInPages.lockedOut(response, model, "Too many have asked from here.", remaining);
    }
    return page(response, model);
  }

  @GetMapping("/login/sign-up/sent")
  String sent(HttpServletResponse response) {
    if (!signUp.on()) {
      response.setStatus(HttpStatus.NOT_FOUND.value());
      return "not-found";
    }
    return "sign-up-sent";
  }

  @GetMapping(LINK)
  String follow(@RequestParam(defaultValue = "") String token, HttpServletRequest request) {
    if (signUp.link(token).isEmpty()) {
      return GONE;
    }
    // a row only for a link that is good
    request.getSession().setAttribute(TOKEN, token);
    return "redirect:" + MAKE;
  }

  @GetMapping("/login/sign-up/gone")
  String gone(HttpServletResponse response, Model model) {
    response.setStatus(HttpStatus.GONE.value());
    model.addAttribute("again", signUp.on() ? ASK : "/login");
    return "sign-up-gone";
  }

  @GetMapping(MAKE)
  String account(HttpServletRequest request, Model model) {
    Optional<String> email = token(request).flatMap(signUp::link);
    if (email.isEmpty()) {
      return GONE;
    }
    model.addAttribute("email", email.get());
    model.addAttribute("lengthMin", passwords.lengthMin());
    return "sign-up-account";
  }

  @PostMapping(MAKE)
  String make(
      @RequestParam(defaultValue = "") String name,
      @RequestParam(name = "new-password", defaultValue = "") String password,
      @RequestParam(name = "repeat-password", defaultValue = "") String repeated,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    model.addAttribute("name", name.length() <= DISPLAY_NAME_SHOWN_MAX ? name : "");
    if (!password.equals(repeated)) {
      SignInPages.refuse(
          response, model, HttpStatus.UNPROCESSABLE_CONTENT, "The two passwords differ.");
      return account(request, model);
    }
    return switch (signUp.make(
        token(request).orElse(""), name, password, request.getRemoteAddr())) {
      case Making.Made _ -> {
        request.getSession().removeAttribute(TOKEN);
        Notice.ACCOUNT_MADE.leave(request);
        yield "redirect:/login";
      }
      case Making.Gone() -> GONE;
      case Making.NameNotPermitted() -> {
        SignInPages.refuse(
            response,
            model,
            HttpStatus.UNPROCESSABLE_CONTENT,
            "Please give a name of at most 128 characters.");
        yield account(request, model);
      }
      case Making.PasswordRefused(var why) -> {
        SignInPages.refuse(why, response, model);
        yield account(request, model);
      }
    };
  }

  private static Optional<String> token(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    return browser != null && browser.getAttribute(TOKEN) instanceof String token
        ? Optional.of(token)
        : Optional.empty();
  }
}
