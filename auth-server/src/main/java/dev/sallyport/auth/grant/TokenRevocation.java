package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.token.IssuerSettings;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenRevocationAuthenticationToken;
import org.springframework.stereotype.Component;

/**
 * Revocation (RFC 7009): a refresh token ends its family; an access token ends alone. What the
 * client does not own, or we do not know, is answered alike: nothing was there to end.
 */
@Component
final class TokenRevocation implements AuthenticationProvider {

  private final RefreshTokens refreshTokens;
  private final Authorizations authorizations;
  private final AccessTokens accessTokens;
  private final IssuerSettings issuer;

  TokenRevocation(
      RefreshTokens refreshTokens,
      Authorizations authorizations,
      AccessTokens accessTokens,
      IssuerSettings issuer) {
    this.refreshTokens = refreshTokens;
    this.authorizations = authorizations;
    this.accessTokens = accessTokens;
    this.issuer = issuer;
  }

  @Override
  public boolean supports(Class<?> type) {
    return OAuth2TokenRevocationAuthenticationToken.class.isAssignableFrom(type);
  }

  @Override
  public Authentication authenticate(Authentication authentication) {
    Client client = TokenEndpoint.client();
    OAuth2TokenRevocationAuthenticationToken request =
        (OAuth2TokenRevocationAuthenticationToken) authentication;
    String token = request.getToken();
    refreshTokens
        .family(token)
        .filter(family -> authorizations.clientOf(family).equals(client.clientId()))
        .ifPresentOrElse(authorizations::revoke, () -> revokeAccessToken(client, token));
    return request;
  }

  private void revokeAccessToken(Client client, String token) {
    if (accessTokens.check(token, issuer.issuer())
            instanceof AccessTokenCheck.Valid(AccessToken own)
        && own.client().clientId().equals(client.clientId())) {
      accessTokens.revoke(own);
    }
  }
}
