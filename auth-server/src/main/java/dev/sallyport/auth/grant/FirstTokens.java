package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.logout.LogoutSubscriptions;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
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

  private final SecurityEvents events;

  FirstTokens(
      RefreshTokens refreshTokens,
      TokenIssuer issuer,
      LogoutSubscriptions logouts,
      PersonClaims claims,
      SecurityEvents events) {
    this.events = events;
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
    events.record(
        Actor.user(subject.accountId()),
        new SecurityEvent.TokensIssued(
            subject.accountId(), client.clientId(), family.id(), grant(request), scopes));
    return new Granted(
        issuer.accessToken(client, subject, scopes, family.id(), extent, request.binding()),
        scopes,
        refreshToken,
        extra);
  }

  private static String grant(TokenRequest request) {
    boolean paired =
        request.form().one("grant_type").filter(GrantType.DEVICE_CODE.value()::equals).isPresent();
    return paired ? "device_code" : "authorization_code";
  }

  /** RFC 9396 §7: the answer says what was granted. */
  static void granted(Extent extent, Map<String, Object> extra) {
    AuthorizationDetails details = extent.details();
    if (details != null) {
      extra.put(AuthorizationDetails.NAME, details.json());
    }
  }
}
