package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** Refreshes (RFC 6749 §6): same person, same session, no more scope than was granted. */
@Component
final class RefreshGrant implements Grant {

  private final Authorizations authorizations;
  private final RefreshTokens refreshTokens;
  private final TokenIssuer issuer;
  private final Extents extents;
  private final SignIns signIns;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;

  RefreshGrant(
      Authorizations authorizations,
      RefreshTokens refreshTokens,
      TokenIssuer issuer,
      Extents extents,
      SignIns signIns,
      SecurityEvents events,
      TransactionTemplate transaction) {
    this.authorizations = authorizations;
    this.refreshTokens = refreshTokens;
    this.issuer = issuer;
    this.extents = extents;
    this.signIns = signIns;
    this.events = events;
    this.transaction = transaction;
  }

  @Override
  public GrantType type() {
    return GrantType.REFRESH_TOKEN;
  }

  @Override
  public GrantOutcome answer(TokenRequest request) {
    String presented = request.form().one("refresh_token").orElse("");
    if (presented.isEmpty()) {
      return new Denied("invalid_request", "refresh_token is missing");
    }
    GrantOutcome outcome = transaction.execute(status -> refresh(presented, request, status));
    if (outcome == null) {
      throw new IllegalStateException("a transaction without outcome");
    }
    return outcome;
  }

  private GrantOutcome refresh(String presented, TokenRequest request, TransactionStatus status) {
    return switch (refreshTokens.use(presented, request.client(), request.jkt())) {
      case RefreshTokens.Use.Refused refused -> new Denied("invalid_grant", refused.description());
      case RefreshTokens.Use.Reused reused -> end(reused.authorization(), request.client());
      case RefreshTokens.Use.Accepted accepted -> accept(accepted, request, status);
    };
  }

  private GrantOutcome end(Authorization family, Client client) {
    authorizations.end(
        family.id(), Actor.policy(client.clientId()), Authorizations.End.REFRESH_REUSED);
    events.record(
        Actor.policy(client.clientId()),
        new SecurityEvent.RefreshReused(
            family.subject().accountId(), client.clientId(), family.id()));
    return new Denied("invalid_grant", "the refresh token was used before; sign in again");
  }

  private GrantOutcome accept(
      RefreshTokens.Use.Accepted accepted, TokenRequest request, TransactionStatus status) {
    Authorization family = accepted.authorization();
    Subject subject = family.subject();
    if (signIns.live(subject.accountId(), subject.sid()).isEmpty()) {
      authorizations.end(family.id(), Actor.system(), Authorizations.End.SESSION_ENDED);
      return new Denied("invalid_grant", "the session has ended");
    }
    // what the client may have now: its registration may have changed since
    Set<String> granted = new HashSet<>(family.tokenScopes());
    granted.retainAll(request.client().scopes());
    Set<String> scopes = request.scopes().isEmpty() ? granted : request.scopes();
    if (!granted.containsAll(scopes)) {
      // a mistake of the client, not a use of its token
      status.setRollbackOnly();
      return new Denied("invalid_scope", "scope exceeds what was granted");
    }
    return switch (extents.choose(request, family.request())) {
      case Extents.Choice.Refused(Denied denied) -> {
        status.setRollbackOnly();
        yield denied;
      }
      case Extents.Choice.Chosen(Extent extent) -> give(accepted, scopes, extent, request);
    };
  }

  private GrantOutcome give(
      RefreshTokens.Use.Accepted accepted,
      Set<String> scopes,
      Extent extent,
      TokenRequest request) {
    Authorization family = accepted.authorization();
    Subject subject = family.subject();
    Map<String, Object> extra = new HashMap<>();
    FirstTokens.granted(extent, extra);
    if (scopes.contains(Scopes.OPENID)) {
      extra.put("id_token", issuer.idToken(request.client(), subject, null, Map.of()));
    }
    return new Granted(
        issuer.accessToken(
            request.client(), subject, scopes, family.id(), extent, request.binding()),
        scopes,
        accepted.refreshToken(),
        extra);
  }
}
