package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Asks whether a client may have what it wants. The answer goes to the authorization endpoint,
 * which compares {@code state} and scopes with the request it kept; nothing shown here is believed
 * there.
 */
@Controller
class ConsentPage {

  /** A scope in plain words. */
  record Wish(String scope, String title, String detail) {}

  private static final int SCOPES_MAX = 32;

  private static final Map<String, Wish> WISHES =
      Map.of(
          "profile", new Wish("profile", "See your name", "Your display name and username."),
          "email", new Wish("email", "See your e-mail address", "To show it, or to write to you."),
          "offline_access",
              new Wish(
                  "offline_access",
                  "Stay signed in",
                  "It keeps access while you are away, until you end the session."),
          "chat.read",
              new Wish("chat.read", "Receive your messages", "And see the rooms you are in."),
          "chat.write",
              new Wish(
                  "chat.write",
                  "Send messages for you",
                  "And create, join and change rooms as you are allowed to."),
          "admin",
              new Wish(
                  "admin",
                  "Administer this server",
                  "Accounts, clients and policies, as far as you may."));

  private final Accounts accounts;
  private final FormTargets formTargets;

  ConsentPage(Accounts accounts, FormTargets formTargets) {
    this.accounts = accounts;
    this.formTargets = formTargets;
  }

  @GetMapping("/consent")
  String consent(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam(name = "client_id", defaultValue = "") String clientId,
      @RequestParam(defaultValue = "") String scope,
      @RequestParam(defaultValue = "") String state,
      HttpServletRequest request,
      HttpServletResponse response,
      Model model) {
    Optional<RegisteredClient> client = formTargets.client(clientId);
    Optional<URI> redirect = formTargets.allowConsented(request, clientId, state);
    if (client.isEmpty() || redirect.isEmpty()) {
      response.setStatus(HttpStatus.BAD_REQUEST.value());
      model.addAttribute("title", "This request is no longer valid");
      model.addAttribute("detail", "Please go back to the application and start again.");
      return "problem";
    }
    List<String> scopes =
        Arrays.stream(scope.split(" "))
            .filter(name -> !name.isEmpty() && client.get().getScopes().contains(name))
            .distinct()
            .limit(SCOPES_MAX)
            .toList();
    model.addAttribute("account", accounts.byId(owner.accountId()).orElseThrow());
    model.addAttribute("client", client.get().getClientName());
    model.addAttribute("clientId", clientId);
    model.addAttribute("state", state);
    model.addAttribute("destination", destination(redirect.get()));
    model.addAttribute("openid", scopes.contains("openid"));
    model.addAttribute(
        "wishes",
        scopes.stream().filter(name -> !name.equals("openid")).map(ConsentPage::wish).toList());
    return "consent";
  }

  private static Wish wish(String scope) {
    return WISHES.getOrDefault(
        scope, new Wish(scope, scope, "A permission of the application's own."));
  }

  private static String destination(URI redirect) {
    if (redirect.getHost() == null) {
      return redirect.getScheme() + ":";
    }
    return redirect.getPort() < 0
        ? redirect.getHost()
        : redirect.getHost() + ":" + redirect.getPort();
  }
}
