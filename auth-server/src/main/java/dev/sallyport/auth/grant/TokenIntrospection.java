package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.token.IssuerSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenIntrospection;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenIntrospectionAuthenticationToken;
import org.springframework.stereotype.Component;

/**
 * Introspection (RFC 7662), for clients that authenticate: of their own access tokens, and of
 * gateway tokens for gateways. Of any other token they learn nothing.
 */
@Component
final class TokenIntrospection implements AuthenticationProvider {

  private final AccessTokens accessTokens;
  private final IssuerSettings issuer;

  TokenIntrospection(AccessTokens accessTokens, IssuerSettings issuer) {
    this.accessTokens = accessTokens;
    this.issuer = issuer;
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
        accessTokens.check(
            request.getToken(), gateway ? issuer.gateway().audience() : issuer.issuer());
    OAuth2TokenIntrospection answer =
        check instanceof AccessTokenCheck.Valid(AccessToken token)
                && (gateway || token.client().clientId().equals(client.clientId()))
            ? OAuth2TokenIntrospection.withClaims(claims(token)).build()
            : OAuth2TokenIntrospection.builder(false).build();
    return new OAuth2TokenIntrospectionAuthenticationToken(
        request.getToken(), (Authentication) request.getPrincipal(), answer);
  }

  private static Map<String, Object> claims(AccessToken token) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("active", true);
    claims.put("iss", token.issuer());
    claims.put("sub", token.sub());
    claims.put("aud", List.of(token.audience()));
    claims.put("client_id", token.client().clientId());
    claims.put("scope", new ArrayList<>(token.scopes()));
    claims.put("iat", token.issuedAt());
    claims.put("exp", token.expiresAt());
    claims.put("jti", token.jti());
    claims.put("token_type", token.jkt() == null ? "Bearer" : "DPoP");
    String jkt = token.jkt();
    if (jkt != null) {
      claims.put("cnf", Map.of("jkt", jkt));
    }
    return claims;
  }
}
