package dev.sallyport.auth.web;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.consent.AllowedApplications;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The applications that someone let in, on the account page, and how they are let out again. */
@Controller
class ApplicationPages {

  /**
   * An application as people know it.
   *
   * @param may what it may do, in words
   */
  record Row(String clientId, String name, String may, boolean signedIn) {}

  private final AllowedApplications applications;
  private final FormTargets clients;

  ApplicationPages(AllowedApplications applications, FormTargets clients) {
    this.applications = applications;
    this.clients = clients;
  }

  List<Row> of(Account account) {
    return applications.of(account.id()).stream()
        .map(
            allowed ->
                new Row(
                    allowed.clientId(),
                    clients
                        .client(allowed.clientId())
                        .map(RegisteredClient::getClientName)
                        .orElse(allowed.clientId()),
                    ConsentPage.wishes(allowed.scopes(), account).stream()
                        .map(ConsentPage.Wish::title)
                        .collect(Collectors.joining(" · ")),
                    allowed.signedIn()))
        .toList();
  }

  /** Ends what an application has of the one signed in; of anyone else's, nothing happens. */
  @PostMapping("/account/applications/end")
  String end(
      @AuthenticationPrincipal SignedIn owner,
      @RequestParam("client_id") String clientId,
      HttpServletRequest request) {
    applications.withdraw(owner.accountId(), clientId);
    Notice.APPLICATION_REMOVED.leave(request);
    return "redirect:/account";
  }
}
