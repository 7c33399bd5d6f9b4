package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.signal.Actor;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenRevocationAuthenticationToken;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Revocation (RFC 7009): a refresh token ends its family, gateway tokens included; an access token
 * ends alone. What the client does not own, or we do not know, is answered alike: nothing was there
 * to end.
 */
@Component
final class TokenRevocation implements AuthenticationProvider {

  private final RefreshTokens refreshTokens;
  private final Authorizations authorizations;
  private final AccessTokens accessTokens;
  private final TransactionTemplate transaction;

  TokenRevocation(
      RefreshTokens refreshTokens,
      Authorizations authorizations,
      AccessTokens accessTokens,
      TransactionTemplate transaction) {
    this.refreshTokens = refreshTokens;
    this.authorizations = authorizations;
    this.accessTokens = accessTokens;
    this.transaction = transaction;
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
    transaction.executeWithoutResult(_ -> revoke(client, request.getToken()));
    return request;
  }

  private void revoke(Client client, String token) {
    refreshTokens
        .family(token)
        .flatMap(authorizations::lock)
        .filter(family -> family.clientId().equals(client.clientId()))
        .ifPresentOrElse(
            family ->
                authorizations.end(
                    family.id(),
                    Actor.user(family.subject().accountId()),
                    Authorizations.End.CLIENT_REVOKED),
            () -> revokeAccessToken(client, token));
  }

  private void revokeAccessToken(Client client, String token) {
    if (accessTokens.checkOrdinary(token) instanceof AccessTokenCheck.Valid(AccessToken own)
        && own.client().clientId().equals(client.clientId())) {
      // an exchange of this token holds its family: it is done, or finds the token revoked
      String family = own.authorizationId();
      if (family != null) {
        authorizations.lock(family);
      }
      accessTokens.revoke(own);
    }
  }
}
