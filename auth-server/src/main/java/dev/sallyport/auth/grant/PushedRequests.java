package dev.sallyport.auth.grant;

import jakarta.servlet.http.HttpServletRequest;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2PushedAuthorizationRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationCodeRequestAuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Reads a pushed authorization request (RFC 9126). A DPoP proof at this endpoint binds the code to
 * its key, and must not contradict {@code dpop_jkt} (RFC 9449 §10.1).
 */
final class PushedRequests implements AuthenticationConverter {

  private final AuthenticationConverter spring =
      new OAuth2AuthorizationCodeRequestAuthenticationConverter();

  @Override
  public @Nullable Authentication convert(HttpServletRequest request) {
    if (!(spring.convert(request)
        instanceof OAuth2PushedAuthorizationRequestAuthenticationToken pushed)) {
      return null;
    }
    if (!TokenEndpoint.client().clientId().equals(pushed.getClientId())) {
      throw OAuthErrors.refused("invalid_request", "client_id is of another client");
    }
    Map<String, Object> parameters = new HashMap<>(pushed.getAdditionalParameters());
    parameters.remove("client_assertion");
    parameters.remove("client_assertion_type");
    parameters.remove("client_secret");
    String jkt = ProofFilter.jkt(request);
    if (jkt != null) {
      Object asked = parameters.putIfAbsent("dpop_jkt", jkt);
      if (asked != null && !asked.equals(jkt)) {
        throw OAuthErrors.refused("invalid_dpop_proof", "dpop_jkt is of another key");
      }
    }
    return new OAuth2PushedAuthorizationRequestAuthenticationToken(
        pushed.getAuthorizationUri(),
        pushed.getClientId(),
        (Authentication) pushed.getPrincipal(),
        pushed.getRedirectUri(),
        pushed.getState(),
        pushed.getScopes(),
        parameters);
  }
}
