package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.limit.Buckets;
import dev.sallyport.auth.limit.Network;
import dev.sallyport.auth.limit.RateLimits;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2PushedAuthorizationRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationCodeRequestAuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.stereotype.Component;

/**
 * Reads a pushed authorization request (RFC 9126). A DPoP proof at this endpoint binds the code to
 * its key, and must not contradict {@code dpop_jkt} (RFC 9449 §10.1).
 */
@Component
final class PushedRequests implements AuthenticationConverter, AuthenticationSuccessHandler {

  private final AuthenticationConverter spring =
      new OAuth2AuthorizationCodeRequestAuthenticationConverter();

  private final Buckets buckets;
  private final RequestObjects objects;
  private final Clock clock;

  PushedRequests(PushedRequestLimit limit, RequestObjects objects, RateLimits limits, Clock clock) {
    this.objects = objects;
    this.clock = clock;
    this.buckets = limits.buckets("par", limit.burst(), limit.perMinute());
  }

  @Override
  public Authentication convert(HttpServletRequest request) {
    Client client = TokenEndpoint.client();
    Optional<Duration> wait = buckets.take(key(client, request));
    if (wait.isPresent()) {
      throw new OAuthErrors.TooMany(wait.get());
    }
    HttpServletRequest effective = effective(request, client);
    if (!(spring.convert(AskedResponse.forSpring(effective))
        instanceof OAuth2PushedAuthorizationRequestAuthenticationToken pushed)) {
      // Spring's filter would fail on none
      throw OAuthErrors.refused("invalid_request", "response_type is missing");
    }
    if (!client.clientId().equals(pushed.getClientId())) {
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
    ClaimedScopes.Claimed claimed =
        ClaimedScopes.of(parameters, pushed.getScopes(), client, AskedResponse.of(effective));
    return new OAuth2PushedAuthorizationRequestAuthenticationToken(
        pushed.getAuthorizationUri(),
        pushed.getClientId(),
        (Authentication) pushed.getPrincipal(),
        pushed.getRedirectUri(),
        pushed.getState(),
        claimed.scopes(),
        claimed.parameters());
  }

  /** With what is in a request object (RFC 9126 §3), if there is one. */
  private HttpServletRequest effective(HttpServletRequest request, Client client) {
    String object = request.getParameter("request");
    if (object == null) {
      return request;
    }
    return switch (objects.read(object, client, clock.instant())) {
      case RequestObjects.Reading.Refused(String description) ->
          throw OAuthErrors.refused("invalid_request_object", description);
      case RequestObjects.Reading.Read(Map<String, String[]> parameters) -> {
        request.setAttribute(RequestObjectFilter.SIGNED, true);
        yield new RequestObjectFilter.Effective(request, parameters);
      }
    };
  }

  /** Anyone can name a public client: its users must not be kept out by a stranger's requests. */
  private static String key(Client client, HttpServletRequest request) {
    return client.authentication() == ClientAuthentication.NONE
        ? "network " + Network.of(request.getRemoteAddr())
        : "client " + client.clientId();
  }

  /** RFC 9126 section 2.2. How long a request waits is ours to say, not Spring's. */
  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication)
      throws IOException {
    String requestUri =
        ((OAuth2PushedAuthorizationRequestAuthenticationToken) authentication).getRequestUri();
    if (requestUri == null) {
      throw new IllegalStateException("a pushed request without its URI");
    }
    response.setStatus(HttpServletResponse.SC_CREATED);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("request_uri", PendingAuthorizations.lasting(requestUri));
    body.put("expires_in", PendingAuthorizations.PUSHED_MAX.toSeconds());
    OAuthErrors.json(response, body);
  }
}
