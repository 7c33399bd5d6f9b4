package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.password.PasswordChange;
import dev.sallyport.auth.password.Passwords;
import dev.sallyport.auth.recovery.MailLink;
import dev.sallyport.auth.recovery.MailLink.Purpose;
import dev.sallyport.auth.recovery.Recovery;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * For someone who forgot the password, and for whoever follows a link from a mail. The link leaves
 * the address bar at once: its token waits in this browser's session, and a form spends it, so that
 * a program which only looks at links does not.
 */
@Controller
class MailLinkPages {

  private static final String TOKEN = "sallyport.mail-link";
  private static final String GONE = "redirect:/login/link-gone";

  private final Recovery recovery;
  private final Accounts accounts;
  private final Passwords passwords;

  MailLinkPages(Recovery recovery, Accounts accounts, Passwords passwords) {
    this.recovery = recovery;
    this.accounts = accounts;
    this.passwords = passwords;
  }

  @GetMapping("/login/forgotten")
  String forgotten(Model model) {
    model.addAttribute("mail", recovery.on());
    return "forgotten";
  }

  @PostMapping("/login/forgotten")
  String ask(
      @RequestParam(defaultValue = "") String account, HttpServletResponse response, Model model) {
    if (!recovery.forgotten(account)) {
      SignInPages.busy(response, model);
      return forgotten(model);
    }
    return "redirect:/login/forgotten/sent";
  }

  @GetMapping("/login/forgotten/sent")
  String sent() {
    return "forgotten-sent";
  }

  @GetMapping("/login/link")
  String follow(@RequestParam(defaultValue = "") String token, HttpServletRequest request) {
    Optional<MailLink> link = recovery.link(token);
    // a row only for a link that is good
    link.ifPresent(_ -> request.getSession().setAttribute(TOKEN, token));
    return link.map(MailLinkPages::page).orElse(GONE);
  }

  private static String page(MailLink link) {
    return link.purpose() == Purpose.EMAIL ? "redirect:/login/email" : "redirect:/login/reset";
  }

  @GetMapping("/login/link-gone")
  String gone(HttpServletResponse response) {
    response.setStatus(HttpStatus.GONE.value());
    return "link-gone";
  }

  @GetMapping("/login/reset")
  String reset(HttpServletRequest request, Model model) {
    Optional<MailLink> link = waiting(request).filter(found -> found.purpose() != Purpose.EMAIL);
    Optional<Account> account = link.flatMap(found -> accounts.byId(found.accountId()));
    if (link.isEmpty() || account.isEmpty()) {
      return GONE;
    }
    model.addAttribute("account", account.get());
    model.addAttribute("invitation", link.get().purpose() == Purpose.INVITATION);
    model.addAttribute("lengthMin", passwords.lengthMin());
    return "reset-password";
  }

  @PostMapping("/login/reset")
  String choose(
      @RequestParam(name = "new-password", defaultValue = "") String password,
      @RequestParam(name = "repeat-password", defaultValue = "") String repeated,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    if (!password.equals(repeated)) {
      SignInPages.refuse(
          response, model, HttpStatus.UNPROCESSABLE_CONTENT, "The two passwords differ.");
      return reset(request, model);
    }
    return switch (recovery.choosePassword(token(request).orElse(""), password)) {
      case PasswordChange.Changed _ -> {
        forget(request);
        Notice.PASSWORD_CHOSEN.leave(request);
        yield "redirect:/login";
      }
      case PasswordChange.Superseded() -> GONE;
      case PasswordChange.Refused refused -> {
        SignInPages.refuse(refused, response, model);
        yield reset(request, model);
      }
    };
  }

  @GetMapping("/login/email")
  String email(HttpServletRequest request, Model model) {
    Optional<MailLink> link = waiting(request).filter(found -> found.purpose() == Purpose.EMAIL);
    Optional<Account> account = link.flatMap(found -> accounts.byId(found.accountId()));
    if (link.isEmpty() || account.isEmpty()) {
      return GONE;
    }
    model.addAttribute("account", account.get());
    model.addAttribute("email", link.get().email());
    return "confirm-email";
  }

  @PostMapping("/login/email")
  String confirmEmail(HttpServletRequest request) {
    if (!recovery.confirmEmail(token(request).orElse(""))) {
      return GONE;
    }
    forget(request);
    Notice.EMAIL_CONFIRMED.leave(request);
    return "redirect:/account";
  }

  private Optional<MailLink> waiting(HttpServletRequest request) {
    return token(request).flatMap(recovery::link);
  }

  private static Optional<String> token(HttpServletRequest request) {
    HttpSession browser = request.getSession(false);
    return browser != null && browser.getAttribute(TOKEN) instanceof String token
        ? Optional.of(token)
        : Optional.empty();
  }

  private static void forget(HttpServletRequest request) {
    request.getSession().removeAttribute(TOKEN);
  }
}
