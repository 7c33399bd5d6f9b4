package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.client.ResponseType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.session.SignedIn;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * What the profiles ask of an authorization request beside what Spring checks: redirect URI, scope
 * and that a challenge is there and S256. Runs after the check of the redirect URI, so that it may
 * redirect its errors.
 */
final class AuthorizationRules
    implements Consumer<OAuth2AuthorizationCodeRequestAuthenticationContext> {

  /** The description by which {@link AuthorizationAnswers} knows that someone must sign in. */
  static final String NOT_SIGNED_IN = "OAuth 2.0 Parameter: principal";

  /** As Spring describes what `prompt` forbids. */
  static final String PROMPT = "OAuth 2.0 Parameter: prompt";

  /** SHA-256, base64url: of S256 challenges and of RFC 7638 thumbprints. */
  private static final Pattern SHA_256 = Pattern.compile("[A-Za-z0-9_-]{43}");

  private static final int PARAMETER_LENGTH_MAX = 2048;

  private static final String LOADED = AuthorizationRules.class.getName() + ".loaded";

  private final Consumer<OAuth2AuthorizationCodeRequestAuthenticationToken> hints;

  private final Extents extents;

  /**
   * @param hints refuses those that mean nobody
   */
  AuthorizationRules(
      Consumer<OAuth2AuthorizationCodeRequestAuthenticationToken> hints, Extents extents) {
    this.hints = hints;
    this.extents = extents;
  }

  @Override
  public void accept(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
    OAuth2AuthorizationCodeRequestAuthenticationToken request = context.getAuthentication();
    Client client = RegisteredClients.of(context.getRegisteredClient());
    Map<String, Object> parameters = request.getAdditionalParameters();
    if (Demands.read(parameters) instanceof Demands.Reading.Malformed malformed) {
      throw refuse(request, "invalid_request", malformed.description());
    }
    if (parameters.containsKey("registration")) {
      throw refuse(request, "registration_not_supported", "registration is not supported here");
    }
    if (parameters.containsKey("request")) {
      throw refuse(request, "request_not_supported", "request objects are not supported");
    }
    checkResponse(request, client);
    if (client.pushesOnly() && !pushed()) {
      throw refuse(request, "invalid_request", "this client must push its requests (RFC 9126)");
    }
    if (client.pushesOnly() && request.getRedirectUri() == null) {
      // FAPI 2.0 §5.3.2.2
      throw refuse(request, "invalid_request", "redirect_uri is missing");
    }
    if (client.metadata().signedOnly() && !signed()) {
      throw refuse(
          request, "invalid_request", "this client must sign its requests (RFC 9101 section 10.5)");
    }
    for (String name : new String[] {"code_challenge", "dpop_jkt"}) {
      if (parameters.containsKey(name)
          && !(parameters.get(name) instanceof String value && SHA_256.matcher(value).matches())) {
        throw refuse(request, "invalid_request", name + " is malformed");
      }
    }
    for (Map.Entry<String, Object> parameter : parameters.entrySet()) {
      if (parameter.getValue() instanceof String value && value.length() > PARAMETER_LENGTH_MAX) {
        throw refuse(request, "invalid_request", "a parameter is too long");
      }
    }
    checkExtent(request, client);
    String state = request.getState();
    if (state != null && state.length() > PARAMETER_LENGTH_MAX) {
      throw refuse(request, "invalid_request", "state is too long");
    }
    hints.accept(request);
    if (!signedInOrNobody((Authentication) request.getPrincipal())) {
      throw refuse(request, "invalid_request", NOT_SIGNED_IN);
    }
  }

  private static void checkResponse(
      OAuth2AuthorizationCodeRequestAuthenticationToken request, Client client) {
    Map<String, Object> parameters = request.getAdditionalParameters();
    ResponseType type = AskedResponse.of(parameters);
    if (!client.may(type)) {
      throw refuse(
          request,
          "unauthorized_client",
          "the client is not registered for this response_type: " + type.value());
    }
    Optional<ResponseMode> mode = ResponseMode.of(parameters);
    if (client.profile() == SecurityProfile.FAPI2
        && mode.filter(it -> it.place() == ResponseMode.Place.FRAGMENT).isPresent()) {
      // where scripts of the client's pages read it
      throw refuse(request, "invalid_request", "this client is given no code in a fragment");
    }
    if (mode.isEmpty()) {
      throw refuse(
          request,
          "invalid_request",
          type.implicit()
              ? "response_mode must not put tokens into a query"
              : "response_mode must be one of " + String.join(", ", ResponseMode.supported()));
    }
    if (!type.implicit()) {
      return;
    }
    if (!request.getScopes().contains(Scopes.OPENID)) {
      throw refuse(request, "invalid_scope", "scope must hold openid for this response_type");
    }
    if (!(parameters.get("nonce") instanceof String nonce) || nonce.isEmpty()) {
      // OpenID Connect Core §3.2.2.1
      throw refuse(request, "invalid_request", "nonce is required for this response_type");
    }
    for (String name : new String[] {"resource", "dpop_jkt", AuthorizationDetails.NAME}) {
      if (parameters.containsKey(name)) {
        throw refuse(request, "invalid_request", name + " goes with response_type code only");
      }
    }
  }

  private void checkExtent(
      OAuth2AuthorizationCodeRequestAuthenticationToken request, Client client) {
    Map<String, Object> parameters = request.getAdditionalParameters();
    List<String> resources =
        switch (parameters.get("resource")) {
          case String one -> List.of(one);
          case String[] several -> List.of(several);
          case null, default -> List.of();
        };
    Object details = parameters.get(AuthorizationDetails.NAME);
    if (details != null && !(details instanceof String)) {
      throw refuse(request, "invalid_request", "authorization_details is there twice");
    }
    GrantOutcome.Denied fault =
        extents.fault(client, request.getScopes(), resources, (String) details);
    if (fault != null) {
      throw refuse(request, fault.error(), fault.description());
    }
  }

  /** A pushed request was loaded, and this HTTP request is about it. */
  static void loaded() {
    RequestAttributes request = RequestContextHolder.getRequestAttributes();
    if (request != null) {
      request.setAttribute(LOADED, true, RequestAttributes.SCOPE_REQUEST);
    }
  }

  /**
   * Whether the request is one that was pushed, or is being pushed now: by what was loaded, never
   * by what was sent, since a parameter that Spring takes for absent may be there.
   */
  private static boolean pushed() {
    return beingPushed() || Boolean.TRUE.equals(current().getAttribute(LOADED));
  }

  /** Whether the client signed it, here or where it was pushed. */
  private static boolean signed() {
    return Boolean.TRUE.equals(current().getAttribute(RequestObjectFilter.SIGNED))
        || Boolean.TRUE.equals(current().getAttribute(LOADED));
  }

  private static boolean beingPushed() {
    return current().getRequestURI().equals("/oauth2/par");
  }

  /** The HTTP request that is being answered. */
  static HttpServletRequest current() {
    return ((ServletRequestAttributes) RequestContextHolder.currentRequestAttributes())
        .getRequest();
  }

  private static boolean signedInOrNobody(@Nullable Authentication principal) {
    return principal == null
        || principal instanceof AnonymousAuthenticationToken
        || principal.getPrincipal() instanceof SignedIn
        // at that endpoint the client is the principal
        || beingPushed();
  }

  private static OAuth2AuthorizationCodeRequestAuthenticationException refuse(
      OAuth2AuthorizationCodeRequestAuthenticationToken request, String error, String description) {
    return new OAuth2AuthorizationCodeRequestAuthenticationException(
        new OAuth2Error(error, description, null), request);
  }
}
