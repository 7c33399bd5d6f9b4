package dev.sallyport.auth.web;

import com.nimbusds.jose.util.JSONArrayUtils;
import dev.sallyport.auth.detail.AuthorizationDetails;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.net.URISyntaxException;
import java.text.ParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.savedrequest.SavedRequest;
import org.springframework.stereotype.Component;

/**
 * Where the form on a page may lead, beside this server: Chromium applies {@code form-action} to
 * every redirect that follows a form, so the last form before an authorization response must name
 * the client's redirect URI. Named is only what the client registered.
 */
@Component
class FormTargets {

  /** The request attribute that {@link PageHeaders} reads: a CSP source expression. */
  static final String ATTRIBUTE = "sallyport.form-target";

  private static final String REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:";
  private static final OAuth2TokenType STATE = new OAuth2TokenType("state");
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]");

  private final ObjectProvider<RegisteredClientRepository> clients;
  private final ObjectProvider<OAuth2AuthorizationService> authorizations;
  private final RequestCache requests;

  FormTargets(
      ObjectProvider<RegisteredClientRepository> clients,
      ObjectProvider<OAuth2AuthorizationService> authorizations,
      RequestCache requests) {
    this.clients = clients;
    this.authorizations = authorizations;
    this.requests = requests;
  }

  /**
   * Lets the form of this page end at the client whose authorization request waits in this browser.
   */
  void allowWaitingRequest(HttpServletRequest request, HttpServletResponse response) {
    @Nullable SavedRequest saved = requests.getRequest(request, response);
    if (saved == null) {
      return;
    }
    Optional<RegisteredClient> client = single(saved, "client_id").flatMap(this::client);
    Optional<String> pushed =
        single(saved, "request_uri").filter(uri -> uri.startsWith(REQUEST_URI_PREFIX));
    Optional<String> redirect =
        pushed.isPresent()
            ? byState(pushed.get().substring(REQUEST_URI_PREFIX.length()))
                .map(OAuth2AuthorizationRequest::getRedirectUri)
            : single(saved, "redirect_uri");
    if (redirect.isEmpty() && client.isPresent() && client.get().getRedirectUris().size() == 1) {
      redirect = client.get().getRedirectUris().stream().findFirst();
    }
    if (redirect.isEmpty() && single(saved, "request").isPresent() && client.isPresent()) {
      // it is in the request object, which is not read here: one of those that are registered
      client.get().getRedirectUris().stream()
          .flatMap(uri -> source(uri).stream())
          .forEach(source -> allow(request, source));
    }
    Optional<String> registered =
        redirect.filter(uri -> client.map(found -> registered(found, uri)).orElse(false));
    registered.flatMap(FormTargets::source).ifPresent(source -> allow(request, source));
  }

  /** Lets the consent form end at the client that asked; returns its redirect URI. */
  Optional<URI> allowConsented(HttpServletRequest request, String clientId, String state) {
    Optional<RegisteredClient> client = client(clientId);
    Optional<String> redirect =
        byState(state)
            .filter(asked -> clientId.equals(asked.getClientId()))
            .map(OAuth2AuthorizationRequest::getRedirectUri)
            .filter(uri -> client.map(found -> registered(found, uri)).orElse(false));
    redirect.flatMap(FormTargets::source).ifPresent(source -> allow(request, source));
    return redirect.flatMap(FormTargets::uri);
  }

  /** The rooms and actions that the request is limited to (RFC 9396); null: it is not. */
  @Nullable AuthorizationDetails details(String state) {
    return byState(state)
                .map(asked -> asked.getAdditionalParameters().get(AuthorizationDetails.NAME))
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .map(FormTargets::parsed)
                .orElse(null)
            instanceof List<?> objects
        ? AuthorizationDetails.ofClaim(objects).orElse(null)
        : null;
  }

  private static @Nullable List<Object> parsed(String json) {
    try {
      return JSONArrayUtils.parse(json);
    } catch (ParseException e) {
      throw new IllegalStateException("stored authorization details are unreadable", e);
    }
  }

  /** Lets the form of this page end there. */
  static void allow(HttpServletRequest request, URI target) {
    source(target.toString()).ifPresent(source -> allow(request, source));
  }

  private static void allow(HttpServletRequest request, String source) {
    String before = (String) request.getAttribute(ATTRIBUTE);
    request.setAttribute(ATTRIBUTE, before == null ? source : before + " " + source);
  }

  Optional<RegisteredClient> client(String clientId) {
    return Optional.ofNullable(clients.getIfAvailable())
        .flatMap(repository -> Optional.ofNullable(repository.findByClientId(clientId)));
  }

  private Optional<OAuth2AuthorizationRequest> byState(String state) {
    return Optional.ofNullable(authorizations.getIfAvailable())
        .flatMap(
            service -> Optional.<OAuth2Authorization>ofNullable(service.findByToken(state, STATE)))
        .flatMap(
            authorization ->
                Optional.ofNullable(
                    authorization.<OAuth2AuthorizationRequest>getAttribute(
                        OAuth2AuthorizationRequest.class.getName())));
  }

  /** As registered, or on a loopback address with any port (RFC 8252 section 7.3). */
  static boolean registered(RegisteredClient client, String redirect) {
    if (client.getRedirectUris().contains(redirect)) {
      return true;
    }
    Optional<URI> asked =
        uri(redirect).filter(uri -> uri.getHost() != null && LOOPBACK.contains(uri.getHost()));
    return asked.isPresent()
        && client.getRedirectUris().stream()
            .flatMap(registered -> uri(registered).stream())
            .anyMatch(registered -> withoutPort(registered).equals(withoutPort(asked.get())));
  }

  private static String withoutPort(URI uri) {
    return uri.getScheme() + "://" + uri.getHost() + uri.getRawPath() + "?" + uri.getRawQuery();
  }

  /**
   * A CSP source: an origin for web addresses, the scheme for an app's own. Nothing that could end
   * the directive.
   */
  static Optional<String> source(String redirect) {
    return uri(redirect)
        .flatMap(
            uri -> {
              String scheme = uri.getScheme();
              if (scheme == null || !scheme.matches("[A-Za-z][A-Za-z0-9+.-]*")) {
                return Optional.empty();
              }
              if (!scheme.equals("http") && !scheme.equals("https")) {
                return Optional.of(scheme + ":");
              }
              if (uri.getHost() == null
                  || !uri.getHost().matches("[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\]")) {
                return Optional.empty();
              }
              return Optional.of(
                  scheme + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()));
            });
  }

  private static Optional<URI> uri(String text) {
    try {
      return Optional.of(new URI(text));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> single(SavedRequest saved, String parameter) {
    String[] values = saved.getParameterValues(parameter);
    return values == null || values.length != 1 ? Optional.empty() : Optional.of(values[0]);
  }
}
