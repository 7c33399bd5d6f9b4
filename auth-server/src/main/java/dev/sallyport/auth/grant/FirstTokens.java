package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.logout.LogoutSubscriptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;

/** The first tokens of a family, whichever code it was redeemed by. */
@Component
final class FirstTokens {

  private final RefreshTokens refreshTokens;

  private final TokenIssuer issuer;

  private final LogoutSubscriptions logouts;

  private final PersonClaims claims;

  FirstTokens(
      RefreshTokens refreshTokens,
      TokenIssuer issuer,
      LogoutSubscriptions logouts,
      PersonClaims claims) {
    this.refreshTokens = refreshTokens;
    this.issuer = issuer;
    this.logouts = logouts;
    this.claims = claims;
  }

  /** Call in the transaction that redeems. */
  GrantOutcome of(Authorization family, Account account, Extent extent, TokenRequest request) {
    Client client = request.client();
    Subject subject = family.subject();
    if (!logouts.joined(client, subject.accountId(), subject.sid())) {
      return new Denied("invalid_grant", "the session has ended");
    }
    Set<String> scopes = family.tokenScopes();
    String refreshToken =
        client.may(GrantType.REFRESH_TOKEN) && scopes.contains(Scopes.OFFLINE_ACCESS)
            ? refreshTokens.first(family.id())
            : null;
    Map<String, Object> extra = new HashMap<>();
    if (scopes.contains(Scopes.OPENID)) {
      extra.put(
          "id_token",
          issuer.idToken(
              client,
              subject,
              family.request().parameter("nonce"),
              claims.of(account, family.granted(family.request().claims().idToken())::contains)));
    }
    granted(extent, extra);
    return new Granted(
        issuer.accessToken(client, subject, scopes, family.id(), extent, request.binding()),
        scopes,
        refreshToken,
        extra);
  }

  /** RFC 9396 §7: the answer says what was granted. */
  static void granted(Extent extent, Map<String, Object> extra) {
    AuthorizationDetails details = extent.details();
    if (details != null) {
      extra.put(AuthorizationDetails.NAME, details.json());
    }
  }
}
