package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientMetadata;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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

  /**
   * A scope in plain words.
   *
   * @param grave worth a second thought: set apart from the others
   * @param ticked whether it is granted by whoever changes nothing
   */
  record Wish(String scope, String title, String detail, boolean grave, boolean ticked) {
    private Wish(String scope, String title, String detail) {
      this(scope, title, detail, false, true);
    }
  }

  /**
   * What a client says of itself. The links are checked to be https when it is registered; whose
   * they are, people see by the host.
   *
   * @param selfMade whether nobody but itself says so
   * @param logo whether it says to have one
   */
  record About(boolean selfMade, boolean logo, List<Link> links) {

    record Link(String title, String url, String host) {}

    static About of(Client client) {
      ClientMetadata.Pages pages = client.metadata().pages();
      List<Link> links = new ArrayList<>();
      add(links, "About it", pages.client());
      add(links, "How it handles your data", pages.policy());
      add(links, "Its terms of use", pages.terms());
      return new About(client.metadata().selfMade(), pages.logo() != null, links);
    }

    private static void add(List<Link> links, String title, @Nullable String url) {
      if (url != null) {
        links.add(new Link(title, url, URI.create(url).getHost()));
      }
    }
  }

  private static final int SCOPES_MAX = 32;

  /** Those that people know from elsewhere first, the gravest last. */
  private static final List<String> ORDER =
      List.of(
          "profile",
          "email",
          "address",
          "phone",
          "chat.read",
          "chat.write",
          "",
          "offline_access",
          "admin");

  private static final String ADMIN_ROLE = "admin";

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
      model.addAttribute("signedIn", true);
      return "problem";
    }
    List<String> scopes =
        Arrays.stream(scope.split(" "))
            .filter(name -> !name.isEmpty() && client.get().getScopes().contains(name))
            .distinct()
            .limit(SCOPES_MAX)
            .toList();
    Account account = accounts.byId(owner.accountId()).orElseThrow();
    model.addAttribute("account", account);
    model.addAttribute("client", client.get().getClientName());
    model.addAttribute("clientId", clientId);
    model.addAttribute("state", state);
    model.addAttribute("destination", destination(redirect.get()));
    model.addAttribute("openid", scopes.contains("openid"));
    model.addAttribute("wishes", wishes(scopes, account));
    model.addAttribute("about", RegisteredClients.find(client.get()).map(About::of).orElse(null));
    model.addAttribute("rooms", RoomWish.of(formTargets.details(state)));
    return "consent";
  }

  /** What a client would like, in words, beside knowing who it is. */
  static List<Wish> wishes(Collection<String> scopes, Account account) {
    return scopes.stream()
        .filter(name -> !name.equals("openid"))
        .sorted(Comparator.comparingInt(ConsentPage::place))
        .map(name -> wish(name, account))
        .toList();
  }

  private static int place(String scope) {
    return ORDER.contains(scope) ? ORDER.indexOf(scope) : ORDER.indexOf("");
  }

  private static Wish wish(String scope, Account account) {
    return switch (scope) {
      case "profile" ->
          new Wish(
              scope,
              "See your name",
              "Your display name and username, and what your profile says of you.");
      case "email" -> new Wish(scope, "See your e-mail address", "To show it, or to write to you.");
      case "address" -> new Wish(scope, "See your postal address", "If it is in your profile.");
      case "phone" -> new Wish(scope, "See your phone number", "If it is in your profile.");
      case "chat.read" -> new Wish(scope, "Receive your messages", "And see the rooms you are in.");
      case "chat.write" ->
          new Wish(
              scope,
              "Send messages for you",
              "And create, join and change rooms as you are allowed to.");
      case "offline_access" ->
          new Wish(
              scope,
              "Stay signed in",
              "It keeps access while you are away, until you end the session.");
      case "admin" -> administration(scope, account);
      default -> new Wish(scope, scope, "A permission of the application's own.");
    };
  }

  /**
   * The policies decide what anyone may administer, and they may give it to others than the role
   * {@code admin}: so it is not withheld from them, only not ticked.
   */
  private static Wish administration(String scope, Account account) {
    boolean admin = account.roles().contains(ADMIN_ROLE);
    return new Wish(
        scope,
        "Administer this server",
        admin
            ? "Accounts, sessions and policies, with your rights as an administrator. Allow it only"
                + " to a tool that you administer with."
            : "For administrators only, and your account does not have their role. Leave it off,"
                + " unless your administrator asked you to allow it.",
        true,
        admin);
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
