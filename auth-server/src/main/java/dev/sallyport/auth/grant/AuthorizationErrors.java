package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.RegisteredClients;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationValidator;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Why an authorization request was refused, said so that the makers of the client can mend it:
 * Spring names the parameter only. And where that may be said, for faults that Spring finds before
 * it looks at the redirect URI.
 */
final class AuthorizationErrors {

  /** How Spring describes its errors: with the name of the parameter behind it. */
  private static final String SPRING = "OAuth 2.0 Parameter: ";

  /** What Spring blames when an answer to the consent page fits no request that waits. */
  private static final String UNKNOWN_STATE = SPRING + "state";

  private AuthorizationErrors() {}

  /** The same error, with a sentence for a description. */
  static OAuth2Error inWords(OAuth2Error error) {
    String description = error.getDescription();
    if (description == null || !description.startsWith(SPRING)) {
      return error;
    }
    String parameter = description.substring(SPRING.length());
    String sentence =
        switch (error.getErrorCode()) {
          case "access_denied" -> "the person refused";
          case "unauthorized_client" -> "the client is not registered for authorization codes";
          case "unsupported_response_type" ->
              "response_type must be code, id_token or id_token token";
          case "invalid_scope" ->
              "scope holds something that the client is not registered for, or that was not asked";
          case "login_required" -> "nobody is signed in, and prompt is `none`";
          case "consent_required" -> "the person has not consented, and prompt is `none`";
          default -> invalid(parameter);
        };
    return new OAuth2Error(error.getErrorCode(), sentence, null);
  }

  private static String invalid(String parameter) {
    return switch (parameter) {
      case "client_id" -> "client_id is missing, or no such client is registered";
      case "redirect_uri" ->
          "redirect_uri is missing, or not one that the client registered, letter by letter";
      case "response_type" -> "response_type is missing or there twice";
      case "code_challenge" ->
          "code_challenge is missing or there twice: this client must use PKCE (RFC 7636)";
      case "code_challenge_method" -> "code_challenge_method must be `S256` (RFC 7636)";
      case "request_uri" ->
          "request_uri is unknown, used before or expired; push the request again (RFC 9126)";
      case "prompt" -> "prompt is malformed, or `none` together with something else";
      case "state" -> "state is there twice, or of no request that waits";
      case "scope" -> "scope is there twice, or malformed";
      default -> parameter + " is missing, there twice or malformed";
    };
  }

  /**
   * Whether someone answered a consent page whose request is no longer there, or not theirs in this
   * browser: no fault of the client.
   */
  static boolean consentExpired(HttpServletRequest request, OAuth2Error error) {
    return "POST".equals(request.getMethod())
        && request.getParameter("response_type") == null
        && request.getParameter("state") != null
        && UNKNOWN_STATE.equals(error.getDescription());
  }

  /** Whether the request was to be fetched from a URL of the client's. */
  static boolean byReference(HttpServletRequest request, OAuth2Error error) {
    String uri = once(request, "request_uri");
    return uri != null
        && !uri.startsWith(PendingAuthorizations.REQUEST_URI_PREFIX)
        && (SPRING + "request_uri").equals(error.getDescription());
  }

  /**
   * The request as far as its answer needs it: client, redirect URI, state; null where the redirect
   * URI is not this client's, so that nothing may be sent there (RFC 6749 §4.1.2.1).
   */
  static @Nullable OAuth2AuthorizationCodeRequestAuthenticationToken answerable(
      HttpServletRequest request, RegisteredClients clients) {
    String clientId = once(request, "client_id");
    String redirectUri = once(request, "redirect_uri");
    RegisteredClient client = clientId == null ? null : clients.findByClientId(clientId);
    if (clientId == null || client == null || redirectUri == null) {
      return null;
    }
    OAuth2AuthorizationCodeRequestAuthenticationToken asked =
        new OAuth2AuthorizationCodeRequestAuthenticationToken(
            request.getRequestURI(),
            clientId,
            new AnonymousAuthenticationToken(
                "nobody", "nobody", AuthorityUtils.createAuthorityList("NOBODY")),
            redirectUri,
            once(request, "state"),
            Set.of(),
            Map.of());
    try {
      OAuth2AuthorizationCodeRequestAuthenticationValidator.DEFAULT_REDIRECT_URI_VALIDATOR.accept(
          OAuth2AuthorizationCodeRequestAuthenticationContext.with(asked)
              .registeredClient(client)
              .build());
    } catch (OAuth2AuthenticationException notTheirs) {
      return null;
    }
    return asked;
  }

  private static @Nullable String once(HttpServletRequest request, String name) {
    String[] values = request.getParameterValues(name);
    return values == null || List.of(values).size() != 1 || values[0].isEmpty() ? null : values[0];
  }
}
