package dev.sallyport.auth.web;

import dev.sallyport.auth.federation.Arrival;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.ProviderProof;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.user.OAuth2User;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.stereotype.Component;

/**
 * What follows when a browser returns from a provider: to someone who is linking, the page that
 * asks whether to; to someone who is signing in, the next factor of the linked account, or a page
 * that says that there is none.
 */
@Component
class ProviderOutcome implements AuthenticationSuccessHandler, AuthenticationFailureHandler {

  /** Session attribute: the name of the provider whose identity nobody has linked. */
  static final String UNKNOWN = "sallyport.unknown-identity";

  private static final Logger LOG = LoggerFactory.getLogger(ProviderOutcome.class);

  private final Federation federation;
  private final SignInFlow flow;
  private final Linkings linkings;

  ProviderOutcome(Federation federation, SignInFlow flow, Linkings linkings) {
    this.federation = federation;
    this.flow = flow;
    this.linkings = linkings;
  }

  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication)
      throws IOException {
    // it proves an identity elsewhere, nothing more
    SecurityContextHolder.clearContext();
    if (!(authentication instanceof OAuth2AuthenticationToken token)
        || !(token.getPrincipal() instanceof OAuth2User user)) {
      response.sendRedirect("/login?provider");
      return;
    }
    Optional<ProviderProof> proof =
        federation.proof(token.getAuthorizedClientRegistrationId(), user, request);
    if (proof.isEmpty()) {
      response.sendRedirect("/login?provider");
      return;
    }
    response.sendRedirect(next(proof.get(), request, response));
  }

  private String next(
      ProviderProof proof, HttpServletRequest request, HttpServletResponse response) {
    Optional<SignedIn> owner = flow.signedIn(request);
    if (owner.isPresent() && linkings.proven(owner.get(), proof.identity(), request)) {
      return "/account/link";
    }
    return switch (federation.arrive(proof)) {
      case Arrival.Account(String accountId) ->
          flow.beginFederated(accountId, proof, request, response);
      case Arrival.Unknown() -> unknown(proof, "/login/unknown-identity", request);
      case Arrival.AddressTaken() -> unknown(proof, "/login/unknown-identity?taken", request);
    };
  }

  private static String unknown(ProviderProof proof, String page, HttpServletRequest request) {
    request.getSession().setAttribute(UNKNOWN, proof.identity().idp());
    return page;
  }

  @Override
  public void onAuthenticationFailure(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException failure)
      throws IOException {
    String code =
        failure instanceof OAuth2AuthenticationException oauth
            ? oauth.getError().getErrorCode()
            : "failed";
    // codes are of the provider's making: only their known alphabet reaches the log
    LOG.info("sign-in at an identity provider did not succeed: {}", code.replaceAll("[^a-z_]", ""));
    HttpSession browser = request.getSession(false);
    boolean linking = browser != null && linkings.abandon(browser);
    if (linking) {
      Notice.PROVIDER_FAILED.leave(request);
    }
    response.sendRedirect(linking ? "/account" : "/login?provider");
  }
}
