package dev.sallyport.auth.federation;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.client.web.AuthorizationRequestRepository;
import org.springframework.security.oauth2.client.web.HttpSessionOAuth2AuthorizationRequestRepository;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;

/**
 * The request that a provider's answer belongs to. An answer that names another issuer (RFC 9207
 * section 2.4), or none though the provider says that it always does, belongs to none.
 */
final class ProviderAnswers implements AuthorizationRequestRepository<OAuth2AuthorizationRequest> {

  private final HttpSessionOAuth2AuthorizationRequestRepository requests =
      new HttpSessionOAuth2AuthorizationRequestRepository();
  private final ProviderRegistrations registrations;

  ProviderAnswers(ProviderRegistrations registrations) {
    this.registrations = registrations;
  }

  @Override
  public @Nullable OAuth2AuthorizationRequest loadAuthorizationRequest(HttpServletRequest request) {
    return requests.loadAuthorizationRequest(request);
  }

  @Override
  public void saveAuthorizationRequest(
      OAuth2AuthorizationRequest authorization,
      HttpServletRequest request,
      HttpServletResponse response) {
    requests.saveAuthorizationRequest(authorization, request, response);
  }

  @Override
  public @Nullable OAuth2AuthorizationRequest removeAuthorizationRequest(
      HttpServletRequest request, HttpServletResponse response) {
    OAuth2AuthorizationRequest found = requests.removeAuthorizationRequest(request, response);
    if (found == null) {
      return null;
    }
    String id = found.getAttribute(OAuth2ParameterNames.REGISTRATION_ID);
    String[] named = request.getParameterValues("iss");
    boolean right =
        registrations
            .find(id == null ? "" : id)
            .map(
                known ->
                    named == null
                        ? !known.namesItself()
                        : named.length == 1
                            && named[0].equals(
                                known.registration().getProviderDetails().getIssuerUri()))
            .orElse(false);
    return right ? found : null;
  }
}
