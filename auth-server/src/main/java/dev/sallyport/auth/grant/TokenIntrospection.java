package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.client.Subjects;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.token.IssuerSettings;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenIntrospection;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenIntrospectionAuthenticationToken;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.stereotype.Component;

/**
 * Introspection (RFC 7662), for clients that authenticate: of their own access tokens, and of
 * gateway tokens for gateways. Of any other token they learn nothing.
 */
@Component
final class TokenIntrospection implements AuthenticationProvider, AuthenticationSuccessHandler {

  private static final String SIGNED = "application/token-introspection+jwt";

  private final AccessTokens accessTokens;
  private final IssuerSettings issuer;
  private final Subjects subjects;
  private final TokenIssuer tokens;

  TokenIntrospection(
      AccessTokens accessTokens, IssuerSettings issuer, Subjects subjects, TokenIssuer tokens) {
    this.accessTokens = accessTokens;
    this.issuer = issuer;
    this.subjects = subjects;
    this.tokens = tokens;
  }

  @Override
  public boolean supports(Class<?> type) {
    return OAuth2TokenIntrospectionAuthenticationToken.class.isAssignableFrom(type);
  }

  @Override
  public Authentication authenticate(Authentication authentication) {
    Client client = TokenEndpoint.client();
    if (!client.confidential()) {
      throw OAuthErrors.refused("invalid_client", "public clients may not introspect");
    }
    OAuth2TokenIntrospectionAuthenticationToken request =
        (OAuth2TokenIntrospectionAuthenticationToken) authentication;
    boolean gateway = client.scopes().contains(Scopes.GATEWAY);
    AccessTokenCheck check =
        gateway
            ? accessTokens.check(request.getToken(), issuer.gateway().audience())
            : accessTokens.checkOrdinary(request.getToken());
    OAuth2TokenIntrospection answer =
        check instanceof AccessTokenCheck.Valid(AccessToken token)
                && (gateway || token.client().clientId().equals(client.clientId()))
            ? OAuth2TokenIntrospection.withClaims(claims(token)).build()
            : OAuth2TokenIntrospection.builder(false).build();
    return new OAuth2TokenIntrospectionAuthenticationToken(
        request.getToken(), (Authentication) request.getPrincipal(), answer);
  }

  /** As JSON; signed (RFC 9701) for who asks for that by {@code Accept}. */
  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication)
      throws IOException {
    OAuth2TokenIntrospectionAuthenticationToken answer =
        (OAuth2TokenIntrospectionAuthenticationToken) authentication;
    Map<String, Object> said = new LinkedHashMap<>();
    answer
        .getTokenClaims()
        .getClaims()
        .forEach(
            (name, value) ->
                said.put(
                    name,
                    switch (value) {
                      case Instant instant -> instant.getEpochSecond();
                      case List<?> scopes when name.equals("scope") ->
                          scopes.stream().map(Object::toString).collect(Collectors.joining(" "));
                      default -> value;
                    }));
    if (!signed(request)) {
      OAuthErrors.json(response, said);
      return;
    }
    response.setHeader("Cache-Control", "no-store");
    response.setContentType(SIGNED);
    response
        .getOutputStream()
        .write(
            tokens.introspection(TokenEndpoint.client(), said).getBytes(StandardCharsets.US_ASCII));
  }

  private static boolean signed(HttpServletRequest request) {
    return Collections.list(request.getHeaders("Accept")).stream()
        .flatMap(header -> Arrays.stream(header.split(",")))
        .map(type -> type.split(";", 2)[0].strip())
        .anyMatch(SIGNED::equalsIgnoreCase);
  }

  private Map<String, Object> claims(AccessToken token) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("active", true);
    claims.put("iss", token.issuer());
    claims.put(
        "sub",
        token.subject() == null || token.audience().equals(issuer.gateway().audience())
            ? token.sub()
            : subjects.of(token.client(), token.sub()));
    claims.put("aud", List.of(token.audience()));
    claims.put("client_id", token.client().clientId());
    claims.put("scope", new ArrayList<>(token.scopes()));
    if (token.act() != null) {
      claims.put("act", token.act());
    }
    AuthorizationDetails details = token.details();
    if (details != null) {
      claims.put(AuthorizationDetails.NAME, details.json());
    }
    claims.put("iat", token.issuedAt());
    claims.put("exp", token.expiresAt());
    claims.put("jti", token.jti());
    claims.put("token_type", token.binding().jkt() == null ? "Bearer" : "DPoP");
    Map<String, Object> cnf = token.binding().claim();
    if (!cnf.isEmpty()) {
      claims.put("cnf", cnf);
    }
    return claims;
  }
}
