package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.policy.Authorizer;
import dev.sallyport.auth.policy.Inquiry;
import dev.sallyport.auth.policy.Ruling;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.token.DeviceBindings;
import dev.sallyport.auth.token.IssuerSettings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Token exchange (RFC 8693): the only way to a gateway token.
 *
 * <p>The subject token must be a live access token of this server for itself, so that neither a
 * gateway token nor anything exchanged is ever exchanged again; the proof must be by the key it is
 * bound to; scope never exceeds it. Then the policies decide ({@code token.exchange}), also on
 * another client's token.
 */
@Component
final class ExchangeGrant implements Grant {

  private static final String ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

  private static final String ACTION = "token.exchange";

  private final AccessTokens accessTokens;
  private final Authorizations authorizations;
  private final SignIns signIns;
  private final DeviceBindings devices;
  private final Authorizer authorizer;
  private final SecurityEvents events;
  private final TokenIssuer issuer;
  private final Extents extents;
  private final IssuerSettings settings;
  private final TransactionTemplate transaction;

  ExchangeGrant(
      AccessTokens accessTokens,
      Authorizations authorizations,
      SignIns signIns,
      DeviceBindings devices,
      Authorizer authorizer,
      SecurityEvents events,
      TokenIssuer issuer,
      Extents extents,
      IssuerSettings settings,
      TransactionTemplate transaction) {
    this.accessTokens = accessTokens;
    this.authorizations = authorizations;
    this.signIns = signIns;
    this.devices = devices;
    this.authorizer = authorizer;
    this.events = events;
    this.issuer = issuer;
    this.extents = extents;
    this.settings = settings;
    this.transaction = transaction;
  }

  @Override
  public GrantType type() {
    return GrantType.TOKEN_EXCHANGE;
  }

  @Override
  public GrantOutcome answer(TokenRequest request) {
    Denied malformed = malformed(request);
    if (malformed != null) {
      return malformed;
    }
    return switch (accessTokens.check(request.form().one("subject_token").orElse(""))) {
      // RFC 8693 §2.2.2 has `invalid_request` for every fault of the subject token.
      case AccessTokenCheck.Invalid invalid ->
          new Denied("invalid_request", "subject_token: " + invalid.description());
      case AccessTokenCheck.Valid valid ->
          switch (extents.narrowed(
              request, valid.token().details(), settings.gateway().audience())) {
            case Extents.Choice.Refused(Denied denied) -> denied;
            case Extents.Choice.Chosen(Extent extent) -> exchange(request, valid.token(), extent);
          };
    };
  }

  private @Nullable Denied malformed(TokenRequest request) {
    Form form = request.form();
    if (!request.client().profile().mayReachGateway()) {
      return new Denied("unauthorized_client", "the profile of this client has no gateway tokens");
    }
    if (!request.client().learnsAccountIds()) {
      return new Denied(
          "unauthorized_client",
          "a gateway token shows the account's id, and the subjects of this client are pairwise");
    }
    if (!ACCESS_TOKEN_TYPE.equals(form.one("subject_token_type").orElse(""))) {
      return new Denied("invalid_request", "subject_token_type must be " + ACCESS_TOKEN_TYPE);
    }
    Optional<String> requested = form.one("requested_token_type");
    if (requested.isPresent() && !ACCESS_TOKEN_TYPE.equals(requested.get())) {
      return new Denied("invalid_request", "requested_token_type must be " + ACCESS_TOKEN_TYPE);
    }
    if (form.one("actor_token").isPresent() || form.one("actor_token_type").isPresent()) {
      return new Denied("invalid_request", "actor tokens are not accepted");
    }
    Set<String> targets = new HashSet<>(form.all("audience"));
    targets.addAll(form.all("resource"));
    if (!targets.equals(Set.of(settings.gateway().audience()))) {
      return new Denied("invalid_target", "audience or resource must be the gateway and only it");
    }
    return null;
  }

  private GrantOutcome exchange(TokenRequest request, AccessToken subjectToken, Extent extent) {
    Subject subject = subjectToken.subject();
    String jkt = request.jkt();
    if (subject == null) {
      return new Denied("invalid_request", "subject_token: no person stands behind it");
    }
    if (jkt == null) {
      return new Denied("invalid_dpop_proof", "a gateway token is bound to a DPoP key");
    }
    if (subjectToken.jkt() != null && !subjectToken.jkt().equals(jkt)) {
      return new Denied("invalid_dpop_proof", "the subject token is bound to another key");
    }
    Client client = request.client();
    Set<String> possible = new HashSet<>(subjectToken.scopes());
    possible.retainAll(client.scopes());
    Set<String> scopes = new HashSet<>(request.scopes().isEmpty() ? possible : request.scopes());
    if (!possible.containsAll(scopes)) {
      return new Denied("invalid_scope", "scope exceeds the subject token or the client");
    }
    scopes.retainAll(Scopes.OF_GATEWAY_TOKENS);
    if (scopes.isEmpty()) {
      return new Denied("invalid_scope", "no scope that means something at the gateway");
    }
    String deviceId = request.form().one("device_id").orElse(null);
    if (deviceId != null && !devices.bound(subject.accountId(), deviceId, jkt)) {
      return new Denied(
          "invalid_request", "device_id is no live device of this account and DPoP key");
    }
    GrantOutcome outcome =
        transaction.execute(
            status -> decide(request, subjectToken, subject, scopes, deviceId, extent, jkt));
    if (outcome == null) {
      throw new IllegalStateException("a transaction without outcome");
    }
    return outcome;
  }

  /**
   * Under the locks of the family, the account and the session, in this order: who ends or changes
   * one of them at the same time is seen here, or is heard of by gateways after this token was
   * made.
   */
  private GrantOutcome decide(
      TokenRequest request,
      AccessToken subjectToken,
      Subject subject,
      Set<String> scopes,
      @Nullable String deviceId,
      Extent extent,
      String jkt) {
    Client client = request.client();
    String audience = settings.gateway().audience();
    String grantId = subjectToken.authorizationId();
    Optional<Account> account =
        (grantId != null && authorizations.lock(grantId).filter(f -> !f.revoked()).isEmpty())
                || accessTokens.revoked(subjectToken)
            ? Optional.empty()
            : signIns.hold(subject.accountId(), subject.sid());
    if (account.isEmpty()) {
      return new Denied("invalid_request", "subject_token: the token was revoked");
    }
    Ruling ruling =
        authorizer.authorize(
            new Inquiry(
                subject.accountId(),
                client.clientId(),
                Assurance.TWO_FACTORS.equals(subject.acr()),
                request.ip(),
                ACTION,
                Inquiry.Resource.client(client.clientId(), client.profile().text()),
                Map.of(
                    "audience",
                    audience,
                    "scopes",
                    Set.copyOf(scopes),
                    "subjectClientId",
                    subjectToken.client().clientId())));
    if (ruling instanceof Ruling.Refused refused) {
      // The authorizer has recorded the refusal.
      return new Denied(
          "access_denied", refused.message(), Map.of("decision_id", refused.decisionId()));
    }
    events.record(
        Actor.user(subject.accountId()),
        new SecurityEvent.TokenExchanged(
            subject.accountId(), client.clientId(), audience, scopes, deviceId));
    Map<String, Object> extra = new HashMap<>();
    extra.put("issued_token_type", ACCESS_TOKEN_TYPE);
    FirstTokens.granted(extent, extra);
    return new Granted(
        issuer.gatewayToken(client, subject, account.get(), scopes, deviceId, grantId, extent, jkt),
        scopes,
        null,
        extra);
  }
}
