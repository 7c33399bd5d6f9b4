package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientMetadata;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.ResponseType;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationCodeRequestAuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Reads an authorization request as Spring does, and adds the scopes of the claims that are asked
 * for by name ({@link ClaimsRequest}): the person consents to them in the words of the scope. They
 * open those claims only and get into no token: the request remembers which they were. And adds
 * what the client registered for requests that do not say it, and of what type the request is
 * ({@link AskedResponse}).
 */
final class ClaimedScopes implements AuthenticationConverter {

  /** The parameter under which the request remembers. */
  static final String PARAMETER = "sallyport_claimed_scopes";

  private final AuthenticationConverter spring =
      new OAuth2AuthorizationCodeRequestAuthenticationConverter();

  private final Clients clients;

  ClaimedScopes(Clients clients) {
    this.clients = clients;
  }

  @Override
  public @Nullable Authentication convert(HttpServletRequest request) {
    Authentication converted = spring.convert(AskedResponse.forSpring(request));
    if (!(converted instanceof OAuth2AuthorizationCodeRequestAuthenticationToken asked)) {
      return converted;
    }
    Claimed claimed =
        of(
            asked.getAdditionalParameters(),
            asked.getScopes(),
            clients.find(asked.getClientId()).orElse(null),
            AskedResponse.of(request));
    return new OAuth2AuthorizationCodeRequestAuthenticationToken(
        asked.getAuthorizationUri(),
        asked.getClientId(),
        (Authentication) asked.getPrincipal(),
        asked.getRedirectUri(),
        asked.getState(),
        claimed.scopes(),
        claimed.parameters());
  }

  /** Scopes and parameters of a request, with what was claimed. */
  record Claimed(Set<String> scopes, Map<String, Object> parameters) {}

  static Claimed of(
      Map<String, Object> sent,
      Set<String> asked,
      @Nullable Client client,
      ResponseType responseType) {
    Map<String, Object> parameters = new HashMap<>(sent);
    parameters.remove(PARAMETER);
    Set<String> scopes = new HashSet<>(asked);
    if (client != null) {
      ClientMetadata.Defaults defaults = client.metadata().defaults();
      Duration maxAge = defaults.maxAge();
      if (maxAge != null) {
        parameters.putIfAbsent("max_age", Long.toString(maxAge.toSeconds()));
      }
      if (!defaults.acrValues().isEmpty()) {
        parameters.putIfAbsent("acr_values", String.join(" ", defaults.acrValues()));
      }
    }
    if (client != null && sent.get("claims") instanceof String text) {
      Set<String> implied =
          new TreeSet<>(ClaimsRequest.parse(text).orElse(ClaimsRequest.NOTHING).scopes());
      implied.removeAll(asked);
      implied.retainAll(client.scopes());
      if (!implied.isEmpty()) {
        scopes.addAll(implied);
        parameters.put(PARAMETER, String.join(" ", implied));
      }
    }
    AskedResponse.remember(responseType, parameters, scopes);
    return new Claimed(scopes, parameters);
  }
}
