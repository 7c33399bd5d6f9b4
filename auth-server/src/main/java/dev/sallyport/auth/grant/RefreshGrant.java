package dev.sallyport.auth.grant;

import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.token.DpopCheck;
import dev.sallyport.auth.token.SingleUse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** Refreshes (RFC 6749 §6): same person, same session, no more scope than was granted. */
@Component
final class RefreshGrant implements Grant {

  /** One without a lock, one under it, and one for each use that overtakes that. */
  private static final int TURNS_MAX = 4;

  private final Authorizations authorizations;
  private final RefreshTokens refreshTokens;
  private final TokenIssuer issuer;
  private final Extents extents;
  private final SingleUse singleUse;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;

  RefreshGrant(
      Authorizations authorizations,
      RefreshTokens refreshTokens,
      TokenIssuer issuer,
      Extents extents,
      SingleUse singleUse,
      SecurityEvents events,
      TransactionTemplate transaction) {
    this.authorizations = authorizations;
    this.refreshTokens = refreshTokens;
    this.issuer = issuer;
    this.extents = extents;
    this.singleUse = singleUse;
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
    for (int turn = 0; turn < TURNS_MAX; turn++) {
      boolean locked = turn > 0;
      GrantOutcome outcome =
          transaction.execute(status -> refresh(presented, request, locked, status));
      if (outcome != null) {
        return outcome;
      }
    }
    throw new IllegalStateException("a refresh token was overtaken by itself");
  }

  @Override
  public boolean spendsProof() {
    return true;
  }

  /** Null: to be asked again, under the lock. */
  private @Nullable GrantOutcome refresh(
      String presented, TokenRequest request, boolean locked, TransactionStatus status) {
    return switch (refreshTokens.look(presented, request.client(), request.jkt(), locked)) {
      case RefreshTokens.Look.Refused refused ->
          denied(new Denied("invalid_grant", refused.description()), request, status);
      case RefreshTokens.Look.Spent() -> null;
      case RefreshTokens.Look.Reused reused when !spent(request) -> proofUsed(status);
      case RefreshTokens.Look.Reused reused -> end(reused.authorization(), request.client());
      case RefreshTokens.Look.Good good -> accept(good, request, status);
    };
  }

  /** Whatever is answered, the proof was used for it. */
  private GrantOutcome denied(Denied denied, TokenRequest request, TransactionStatus status) {
    return spent(request) ? denied : proofUsed(status);
  }

  /** What comes back with its proof is a repetition of a request, not a second use of a token. */
  private boolean spent(TokenRequest request) {
    SingleUse.Once once = request.once();
    return once == null || singleUse.firstWithin(once);
  }

  private static GrantOutcome proofUsed(TransactionStatus status) {
    status.setRollbackOnly();
    return new Denied(DpopCheck.Refused.USED.error(), DpopCheck.Refused.USED.description());
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

  private @Nullable GrantOutcome accept(
      RefreshTokens.Look.Good good, TokenRequest request, TransactionStatus status) {
    Authorization family = good.authorization();
    if (!good.signedIn()) {
      if (!spent(request)) {
        return proofUsed(status);
      }
      authorizations.end(family.id(), Actor.system(), Authorizations.End.SESSION_ENDED);
      return new Denied("invalid_grant", "the session has ended");
    }
    // what the client may have now: its registration may have changed since
    Set<String> granted = new HashSet<>(family.tokenScopes());
    granted.retainAll(request.client().scopes());
    Set<String> scopes = request.scopes().isEmpty() ? granted : request.scopes();
    if (!granted.containsAll(scopes)) {
      // a mistake of the client, not a use of its token
      return denied(new Denied("invalid_scope", "scope exceeds what was granted"), request, status);
    }
    return switch (extents.choose(request, family.request())) {
      case Extents.Choice.Refused(Denied denied) -> denied(denied, request, status);
      case Extents.Choice.Chosen(Extent extent) ->
          switch (refreshTokens.use(good, request.once())) {
            case RefreshTokens.Use.Overtaken() -> {
              status.setRollbackOnly();
              yield null;
            }
            case RefreshTokens.Use.ProofUsed() -> proofUsed(status);
            case RefreshTokens.Use.Done(String next) -> give(family, next, scopes, extent, request);
          };
    };
  }

  private GrantOutcome give(
      Authorization family, String next, Set<String> scopes, Extent extent, TokenRequest request) {
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
        next,
        extra);
  }
}
