package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.token.DeviceBindings;
import dev.sallyport.auth.token.DpopCheck;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.SingleUse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Token exchange (RFC 8693): the only way to a gateway token; and to a token for another resource,
 * for fewer rooms, or in which someone acts for someone else.
 *
 * <p>The subject token must be a live access token of this server for itself, so that neither a
 * gateway token nor one for another resource is ever exchanged again; the proof must be by the key
 * it is bound to; scope and rooms never exceed it, and an ordinary token made of it ends with it,
 * so that nobody goes on for ever without a refresh token. Where someone acts, the actor token must
 * be the client's own, by the same key; {@code may_act} of the subject token, where it is there,
 * must name the client; and nobody who acts for another administers. Then the policies decide
 * ({@code token.exchange}). An ID token of another provider is for {@link FederatedExchange}.
 */
@Component
final class ExchangeGrant implements Grant {

  static final String ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

  private static final String ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token";

  private static final String ACTOR_TOKEN = "actor_token";

  private static final Denied PROOF_USED =
      new Denied(DpopCheck.Refused.USED.error(), DpopCheck.Refused.USED.description());

  /** Who acts for whom for whom: more is hardly meant, and each is in every token after. */
  private static final int ACTORS_MAX = 3;

  private final AccessTokens accessTokens;
  private final Authorizations authorizations;
  private final SignIns signIns;
  private final DeviceBindings devices;
  private final ExchangeDoor door;
  private final FederatedExchange federated;
  private final TokenIssuer issuer;
  private final Extents extents;
  private final IssuerSettings settings;
  private final SingleUse singleUse;
  private final TransactionTemplate transaction;

  ExchangeGrant(
      AccessTokens accessTokens,
      Authorizations authorizations,
      SignIns signIns,
      DeviceBindings devices,
      ExchangeDoor door,
      FederatedExchange federated,
      TokenIssuer issuer,
      Extents extents,
      IssuerSettings settings,
      SingleUse singleUse,
      TransactionTemplate transaction) {
    this.accessTokens = accessTokens;
    this.authorizations = authorizations;
    this.signIns = signIns;
    this.devices = devices;
    this.door = door;
    this.federated = federated;
    this.issuer = issuer;
    this.extents = extents;
    this.settings = settings;
    this.singleUse = singleUse;
    this.transaction = transaction;
  }

  @Override
  public GrantType type() {
    return GrantType.TOKEN_EXCHANGE;
  }

  /** Of another provider's token before all else, of ours with what the exchange brings about. */
  @Override
  public boolean spendsProof() {
    return true;
  }

  @Override
  public GrantOutcome answer(TokenRequest request) {
    Denied malformed = malformed(request);
    if (malformed != null) {
      return denied(request, malformed);
    }
    String audience = targets(request.form()).iterator().next();
    String presented = request.form().one("subject_token").orElse("");
    if (ID_TOKEN_TYPE.equals(request.form().one("subject_token_type").orElse(""))) {
      SingleUse.Once once = request.once();
      if (once != null && !singleUse.first(once)) {
        return PROOF_USED;
      }
      return federated.exchange(request, presented, audience);
    }
    return switch (accessTokens.checkForm(presented)) {
      // RFC 8693 §2.2.2 has `invalid_request` for every fault of the subject token.
      case AccessTokenCheck.Invalid invalid ->
          denied(request, new Denied("invalid_request", "subject_token: " + invalid.description()));
      case AccessTokenCheck.Valid valid ->
          switch (extents.narrowed(request, valid.token().details(), audience)) {
            case Extents.Choice.Refused(Denied denied) -> denied(request, denied);
            case Extents.Choice.Chosen(Extent extent) -> acting(request, valid.token(), extent);
          };
    };
  }

  private @Nullable Denied malformed(TokenRequest request) {
    Form form = request.form();
    if (!request.client().profile().mayReachGateway()) {
      return new Denied("unauthorized_client", "the profile of this client exchanges no tokens");
    }
    String type = form.one("subject_token_type").orElse("");
    if (!type.equals(ACCESS_TOKEN_TYPE) && !type.equals(ID_TOKEN_TYPE)) {
      return new Denied(
          "invalid_request",
          "subject_token_type must be " + ACCESS_TOKEN_TYPE + " or " + ID_TOKEN_TYPE);
    }
    Optional<String> requested = form.one("requested_token_type");
    if (requested.isPresent() && !ACCESS_TOKEN_TYPE.equals(requested.get())) {
      return new Denied("invalid_request", "requested_token_type must be " + ACCESS_TOKEN_TYPE);
    }
    if (form.one(ACTOR_TOKEN).isPresent()
        ? !ACCESS_TOKEN_TYPE.equals(form.one("actor_token_type").orElse(""))
        : form.one("actor_token_type").isPresent()) {
      return new Denied(
          "invalid_request", "actor_token goes with actor_token_type " + ACCESS_TOKEN_TYPE);
    }
    return target(request);
  }

  private static Set<String> targets(Form form) {
    Set<String> targets = new HashSet<>(form.all("audience"));
    targets.addAll(form.all("resource"));
    return targets;
  }

  private @Nullable Denied target(TokenRequest request) {
    Set<String> targets = targets(request.form());
    if (targets.size() != 1) {
      return new Denied("invalid_target", "audience or resource must name one target");
    }
    String target = targets.iterator().next();
    if (!gateway(target)) {
      return extents.allowed(request.client(), target)
          ? null
          : new Denied("invalid_target", "the client may have no tokens for this target");
    }
    return request.client().learnsAccountIds()
        ? null
        : new Denied(
            "unauthorized_client",
            "a gateway token shows the account's id, and the subjects of this client are pairwise");
  }

  private boolean gateway(String audience) {
    return audience.equals(settings.gateway().audience());
  }

  /**
   * Who acts for the subject.
   *
   * @param actor whose token was sent along; null: nobody's
   * @param named whether the subject token names the client as one that may act
   */
  private record Acting(ExchangeKind kind, @Nullable AccessToken actor, boolean named) {}

  private GrantOutcome acting(TokenRequest request, AccessToken subjectToken, Extent extent) {
    Client client = request.client();
    String mayAct = subjectToken.mayAct();
    boolean own = subjectToken.client().clientId().equals(client.clientId());
    boolean named = client.clientId().equals(mayAct);
    String presented = request.form().one(ACTOR_TOKEN).orElse(null);
    if (presented == null) {
      if (!own && mayAct != null && !named) {
        return denied(
            request, new Denied("invalid_request", "subject_token: it names another who may act"));
      }
      ExchangeKind kind = own ? ExchangeKind.OWN : ExchangeKind.IMPERSONATION;
      return exchange(
          request,
          subjectToken,
          new Acting(kind, null, named),
          new Extent(
              extent.audience(), extent.details(), subjectToken.act(), subjectToken.expiresAt()));
    }
    return switch (accessTokens.check(presented)) {
      case AccessTokenCheck.Invalid invalid ->
          denied(request, new Denied("invalid_request", "actor_token: " + invalid.description()));
      case AccessTokenCheck.Valid(AccessToken actor) -> {
        String fault = fault(request, subjectToken, actor, named);
        yield fault != null
            ? denied(request, new Denied("invalid_request", fault))
            : exchange(
                request,
                subjectToken,
                new Acting(ExchangeKind.DELEGATION, actor, named),
                new Extent(
                    extent.audience(),
                    extent.details(),
                    chain(actor, subjectToken.act()),
                    subjectToken.expiresAt()));
      }
    };
  }

  private static @Nullable String fault(
      TokenRequest request, AccessToken subjectToken, AccessToken actor, boolean named) {
    if (!actor.client().clientId().equals(request.client().clientId())) {
      return "actor_token: it is of another client";
    }
    if (!shown(actor, request)) {
      return "actor_token: it is bound to another key or certificate";
    }
    if (actor.act() != null || actor.details() != null) {
      return "actor_token: it is limited to rooms, or someone acts in it already";
    }
    if (subjectToken.mayAct() != null && !named) {
      return "actor_token: the subject token names another who may act";
    }
    if (!request.client().learnsAccountIds()) {
      return "actor_token: the subjects of this client are pairwise";
    }
    return depth(subjectToken.act()) >= ACTORS_MAX
        ? "subject_token: " + ACTORS_MAX + " act in it already"
        : null;
  }

  /** Whether the request came with all that the token is bound to. */
  private static boolean shown(AccessToken token, TokenRequest request) {
    Binding bound = token.binding();
    return (bound.jkt() == null || bound.jkt().equals(request.jkt()))
        && (bound.x5t() == null || bound.x5t().equals(request.x5t()));
  }

  /** RFC 8693 §4.1: the newest outside, those before it within. */
  private static Map<String, Object> chain(
      AccessToken actor, @Nullable Map<String, Object> before) {
    Map<String, Object> act = new LinkedHashMap<>();
    act.put("sub", actor.sub());
    act.put("client_id", actor.client().clientId());
    if (before != null) {
      act.put("act", before);
    }
    return act;
  }

  private static int depth(@Nullable Map<?, ?> act) {
    int depth = 0;
    for (Map<?, ?> at = act; at != null; at = at.get("act") instanceof Map<?, ?> in ? in : null) {
      depth++;
    }
    return depth;
  }

  private GrantOutcome exchange(
      TokenRequest request, AccessToken subjectToken, Acting acting, Extent extent) {
    Subject subject = subjectToken.subject();
    String jkt = request.jkt();
    if (subject == null) {
      return denied(
          request, new Denied("invalid_request", "subject_token: no person stands behind it"));
    }
    if (jkt == null) {
      return denied(
          request, new Denied("invalid_dpop_proof", "what is exchanged is bound to a DPoP key"));
    }
    if (subjectToken.binding().jkt() != null && !subjectToken.binding().jkt().equals(jkt)) {
      return denied(
          request, new Denied("invalid_dpop_proof", "the subject token is bound to another key"));
    }
    String x5t = subjectToken.binding().x5t();
    if (x5t != null && !x5t.equals(request.x5t())) {
      return denied(
          request,
          new Denied("invalid_request", "subject_token: it is bound to another certificate"));
    }
    Set<String> possible = possible(request.client(), subjectToken, acting);
    Set<String> scopes = new HashSet<>(request.scopes().isEmpty() ? possible : request.scopes());
    if (!possible.containsAll(scopes)) {
      return denied(
          request, new Denied("invalid_scope", "scope exceeds the subject token or the client"));
    }
    if (gateway(extent.audience())) {
      scopes.retainAll(Scopes.OF_GATEWAY_TOKENS);
    } else {
      // no refresh token comes of an exchange
      scopes.remove(Scopes.OFFLINE_ACCESS);
    }
    if (scopes.isEmpty()) {
      return denied(
          request, new Denied("invalid_scope", "no scope that means something at the target"));
    }
    String deviceId = request.form().one("device_id").orElse(null);
    if (deviceId != null
        && (!gateway(extent.audience()) || !devices.bound(subject.accountId(), deviceId, jkt))) {
      return denied(
          request,
          new Denied(
              "invalid_request", "device_id is no live device of this account and DPoP key"));
    }
    GrantOutcome outcome =
        transaction.execute(
            status ->
                spent(request, status)
                    ? decide(request, subjectToken, subject, acting, scopes, deviceId, extent, jkt)
                    : PROOF_USED);
    if (outcome == null) {
      throw new IllegalStateException("a transaction without outcome");
    }
    return outcome;
  }

  /** Whatever is answered, the proof was used for it. Not inside the transaction. */
  private Denied denied(TokenRequest request, Denied denied) {
    SingleUse.Once once = request.once();
    return once == null || singleUse.first(once) ? denied : PROOF_USED;
  }

  private boolean spent(TokenRequest request, TransactionStatus status) {
    SingleUse.Once once = request.once();
    if (once == null || singleUse.firstWithin(once)) {
      return true;
    }
    status.setRollbackOnly();
    return false;
  }

  private static Set<String> possible(Client client, AccessToken subjectToken, Acting acting) {
    Set<String> possible = new HashSet<>(subjectToken.scopes());
    possible.retainAll(client.scopes());
    if (acting.kind() != ExchangeKind.OWN || subjectToken.act() != null) {
      possible.remove(Scopes.ADMIN);
    }
    return possible;
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
      Acting acting,
      Set<String> scopes,
      @Nullable String deviceId,
      Extent extent,
      String jkt) {
    Client client = request.client();
    String grantId = subjectToken.authorizationId();
    Account account =
        (grantId != null && !authorizations.hold(grantId)) || accessTokens.revoked(subjectToken)
            ? null
            : signIns.hold(subject.accountId(), subject.sid()).orElse(null);
    if (account == null) {
      return new Denied("invalid_request", "subject_token: the token was revoked");
    }
    AccessToken actor = acting.actor();
    ExchangeDoor.Asked asked =
        new ExchangeDoor.Asked(
            account,
            subject.acr(),
            request,
            acting.kind(),
            extent,
            scopes,
            subjectToken.client().clientId(),
            acting.named(),
            actor == null ? null : actor.sub(),
            null);
    Denied refusal = door.refusal(asked);
    if (refusal != null) {
      return refusal;
    }
    door.exchanged(asked, deviceId);
    Map<String, Object> extra = new HashMap<>();
    extra.put("issued_token_type", ACCESS_TOKEN_TYPE);
    FirstTokens.granted(extent, extra);
    TokenIssuer.Issued issued;
    if (gateway(extent.audience())) {
      issued =
          issuer.gatewayToken(client, subject, account, scopes, deviceId, grantId, extent, jkt);
    } else if (grantId != null) {
      issued = issuer.accessToken(client, subject, scopes, grantId, extent, request.binding());
    } else {
      return new Denied("invalid_request", "subject_token: it comes from no authorization");
    }
    return new Granted(issued, scopes, null, extra);
  }
}
