package dev.sallyport.auth.grant;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.session.SignedIn;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.StoredSigningKeys;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.security.web.savedrequest.RequestCache;

/**
 * What the authorization endpoint answers: to the client, with {@code iss} (RFC 9207) or signed; to
 * the person on a page, where the redirect URI is not to be trusted; or the way to the sign-in.
 */
final class AuthorizationAnswers
    implements AuthenticationSuccessHandler, AuthenticationFailureHandler {

  /** Read by the error page. */
  private static final String PAGE_ERROR = "sallyport.oauth.error";

  private static final String CONSENT_EXPIRED = "consent_expired";

  private static final String PAGE_DESCRIPTION = "sallyport.oauth.error.description";

  private static final Map<String, String> SESSION_ENDED =
      Map.of("error", "login_required", "error_description", "the sign-in has ended meanwhile");

  /** JARM §2.1 recommends ten minutes at most; a code lives one. */
  private static final Duration SIGNED_ANSWER_TTL = Duration.ofMinutes(2);

  /** A URL that every server on the way still takes. */
  private static final int LOCATION_LENGTH_MAX = 8 * 1024;

  private final IssuerSettings issuer;
  private final RequestCache requests;
  private final PendingAuthorizations pending;
  private final RegisteredClients clients;
  private final SignInRules rules;
  private final SignInWishes wishes;
  private final StoredSigningKeys keys;
  private final ImplicitTokens implicit;
  private final Clock clock;

  AuthorizationAnswers(
      IssuerSettings issuer,
      RequestCache requests,
      PendingAuthorizations pending,
      RegisteredClients clients,
      SignInRules rules,
      SignInWishes wishes,
      StoredSigningKeys keys,
      ImplicitTokens implicit,
      Clock clock) {
    this.issuer = issuer;
    this.requests = requests;
    this.pending = pending;
    this.clients = clients;
    this.rules = rules;
    this.wishes = wishes;
    this.keys = keys;
    this.implicit = implicit;
    this.clock = clock;
  }

  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication)
      throws IOException {
    OAuth2AuthorizationCodeRequestAuthenticationToken answer =
        (OAuth2AuthorizationCodeRequestAuthenticationToken) authentication;
    String redirectUri = answer.getRedirectUri();
    if (redirectUri == null || answer.getAuthorizationCode() == null) {
      throw new IllegalStateException("an authorization response without code or redirect URI");
    }
    String code = answer.getAuthorizationCode().getTokenValue();
    Map<String, String> parameters = new LinkedHashMap<>();
    if (ResponseMode.implicit(request)) {
      parameters.putAll(implicit.redeem(code).orElseGet(() -> SESSION_ENDED));
    } else {
      parameters.put("code", code);
    }
    answer(request, response, answer.getClientId(), redirectUri, parameters, answer.getState());
  }

  @Override
  public void onAuthenticationFailure(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException exception)
      throws IOException {
    OAuth2Error error =
        exception instanceof OAuth2AuthenticationException oauth
            ? oauth.getError()
            : new OAuth2Error("server_error");
    OAuth2AuthorizationCodeRequestAuthenticationToken asked =
        exception instanceof OAuth2AuthorizationCodeRequestAuthenticationException refused
            ? refused.getAuthorizationCodeRequestAuthentication()
            : null;
    if (asked != null && mustSignIn(error)) {
      if (!Demands.of(asked.getAdditionalParameters()).silent()) {
        toSignIn(asked, RequestObjectFilter.sent(request), response);
        return;
      }
      error = new OAuth2Error("login_required", AuthorizationRules.PROMPT, null);
    }
    if (AuthorizationErrors.consentExpired(request, error)) {
      request.setAttribute(PAGE_ERROR, CONSENT_EXPIRED);
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return;
    }
    if (AuthorizationErrors.byReference(request, error)) {
      asked = AuthorizationErrors.answerable(request, clients);
      error =
          new OAuth2Error(
              "request_uri_not_supported",
              "request_uri must be one that this server gave for a pushed request (RFC 9126)",
              null);
    } else if (asked == null) {
      asked = AuthorizationErrors.answerable(request, clients);
    }
    error = AuthorizationErrors.inWords(error);
    String redirectUri = asked == null ? null : asked.getRedirectUri();
    if (asked == null || redirectUri == null || redirectUri.isEmpty()) {
      request.setAttribute(PAGE_ERROR, error.getErrorCode());
      if (error.getDescription() != null) {
        request.setAttribute(PAGE_DESCRIPTION, error.getDescription());
      }
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return;
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("error", error.getErrorCode());
    if (error.getDescription() != null) {
      parameters.put("error_description", error.getDescription());
    }
    answer(request, response, asked.getClientId(), redirectUri, parameters, asked.getState());
  }

  private void answer(
      HttpServletRequest request,
      HttpServletResponse response,
      String clientId,
      String redirectUri,
      Map<String, String> plain,
      @Nullable String state)
      throws IOException {
    if (state != null && !state.isEmpty()) {
      plain.put("state", state);
    }
    ResponseMode mode = ResponseMode.of(request);
    Map<String, String> parameters;
    if (mode.signed()) {
      parameters = Map.of("response", signed(clientId, plain));
    } else {
      plain.put("iss", issuer.issuer());
      parameters = plain;
    }
    switch (mode.place()) {
      case FORM -> FormPost.write(response, redirectUri, parameters);
      case QUERY ->
          redirect(response, redirectUri, redirectUri.contains("?") ? '&' : '?', parameters);
      // registered redirect URIs have none of their own
      case FRAGMENT -> redirect(response, redirectUri, '#', parameters);
    }
  }

  /** JARM §2.1: who answers whom, for how long, and what. */
  private String signed(String clientId, Map<String, String> parameters) {
    RegisteredClient client = clients.findByClientId(clientId);
    if (client == null) {
      throw new IllegalStateException("an answer to no client");
    }
    Instant now = clock.instant();
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer.issuer())
            .audience(clientId)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(SIGNED_ANSWER_TTL)));
    parameters.forEach(claims::claim);
    return keys.sign(
        KeyPurpose.TOKEN,
        JWSAlgorithm.parse(RegisteredClients.of(client).idTokenAlg()),
        "JWT",
        claims.build());
  }

  private static void redirect(
      HttpServletResponse response,
      String redirectUri,
      char first,
      Map<String, String> parameters) {
    StringBuilder location = new StringBuilder(redirectUri);
    char separator = first;
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      location
          .append(separator)
          .append(parameter.getKey())
          .append('=')
          .append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8));
      separator = '&';
    }
    response.setStatus(HttpServletResponse.SC_FOUND);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Location", location.toString());
  }

  private static boolean mustSignIn(OAuth2Error error) {
    return SignInRules.SIGN_IN_AGAIN.equals(error.getDescription())
        || (AuthorizationRules.NOT_SIGNED_IN.equals(error.getDescription()) && !signedIn());
  }

  private void toSignIn(
      OAuth2AuthorizationCodeRequestAuthenticationToken asked,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    if ("POST".equals(request.getMethod())) {
      // As a GET it can wait for the sign-in (OpenID Connect Core §3.1.2.1 wants both).
      String location = asGet(request);
      if (location.length() > LOCATION_LENGTH_MAX) {
        request.setAttribute(PAGE_ERROR, "invalid_request");
        response.sendError(HttpServletResponse.SC_BAD_REQUEST);
        return;
      }
      response.setStatus(HttpServletResponse.SC_SEE_OTHER);
      response.setHeader("Location", location);
      return;
    }
    requests.saveRequest(wishes.waiting(request, rules.wish(asked)), response);
    if (requests.getRequest(request, response) == null) {
      request.setAttribute(PAGE_ERROR, "invalid_request");
      request.setAttribute(PAGE_DESCRIPTION, "the request is too long: push it (RFC 9126)");
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return;
    }
    String requestUri = request.getParameter("request_uri");
    if (requestUri != null) {
      pending.awaitSignIn(requestUri);
    }
    response.sendRedirect("/login");
  }

  private static String asGet(HttpServletRequest request) {
    StringBuilder location = new StringBuilder(request.getRequestURI());
    char separator = '?';
    for (Map.Entry<String, String[]> parameter : request.getParameterMap().entrySet()) {
      for (String value : parameter.getValue()) {
        location
            .append(separator)
            .append(URLEncoder.encode(parameter.getKey(), StandardCharsets.UTF_8))
            .append('=')
            .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
        separator = '&';
      }
    }
    return location.toString();
  }

  private static boolean signedIn() {
    Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
    return authentication != null && authentication.getPrincipal() instanceof SignedIn;
  }
}
