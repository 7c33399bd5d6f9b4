package dev.sallyport.auth.grant;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.federation.Federation;
import dev.sallyport.auth.federation.PresentedIdTokens;
import dev.sallyport.auth.federation.PresentedIdTokens.Presented;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.session.Assurance;
import dev.sallyport.auth.session.Sessions;
import dev.sallyport.auth.session.SignInSession;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.SingleUse;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * An ID token of another provider for an ordinary access token of ours (RFC 8693): for the account
 * to which its owner linked that identity, bound to the client's DPoP key, with one factor, and
 * never for a gateway.
 *
 * <p>The operator names the providers, and whose ID tokens of theirs are good here ({@code aud},
 * all of it, and {@code azp}): an ID token says who someone is to one party, and only the operator
 * knows which of these parties are ours. It must be minutes old ({@code iat}) and is accepted once,
 * on all nodes, so that one that leaks from where it was meant for is worth little; {@code nonce}
 * is between the client and the provider, since the request was not ours. No refresh token is
 * given: when the access token ends, the provider is asked again.
 */
@Component
final class FederatedExchange {

  private static final List<String> AMR = List.of("fed");

  /** Of clocks, as for everything that providers sign. */
  private static final Duration SKEW = Duration.ofMinutes(1);

  private final IdTokenExchangeSettings trusted;
  private final PresentedIdTokens idTokens;
  private final Federation federation;
  private final SingleUse singleUse;
  private final Accounts accounts;
  private final Sessions sessions;
  private final Authorizations authorizations;
  private final ExchangeDoor door;
  private final Extents extents;
  private final TokenIssuer issuer;
  private final IssuerSettings settings;
  private final RandomIds ids;
  private final Clock clock;
  private final TransactionTemplate transaction;

  FederatedExchange(
      IdTokenExchangeSettings trusted,
      PresentedIdTokens idTokens,
      Federation federation,
      SingleUse singleUse,
      Accounts accounts,
      Sessions sessions,
      Authorizations authorizations,
      ExchangeDoor door,
      Extents extents,
      TokenIssuer issuer,
      IssuerSettings settings,
      RandomIds ids,
      Clock clock,
      TransactionTemplate transaction) {
    this.trusted = trusted;
    this.idTokens = idTokens;
    this.federation = federation;
    this.singleUse = singleUse;
    this.accounts = accounts;
    this.sessions = sessions;
    this.authorizations = authorizations;
    this.door = door;
    this.extents = extents;
    this.issuer = issuer;
    this.settings = settings;
    this.ids = ids;
    this.clock = clock;
    this.transaction = transaction;
  }

  GrantOutcome exchange(TokenRequest request, String presented, String audience) {
    if (audience.equals(settings.gateway().audience())) {
      return new Denied("invalid_target", "an ID token is exchanged for no gateway token");
    }
    if (request.form().one("actor_token").isPresent()) {
      return new Denied("invalid_request", "nobody acts for the owner of an ID token");
    }
    if (request.jkt() == null) {
      return new Denied("invalid_dpop_proof", "what is exchanged is bound to a DPoP key");
    }
    Set<String> possible = new HashSet<>(request.client().scopes());
    possible.retainAll(Scopes.OF_PERSONS);
    possible.removeAll(Set.of(Scopes.ADMIN, Scopes.OFFLINE_ACCESS));
    Set<String> scopes = request.scopes().isEmpty() ? possible : request.scopes();
    if (scopes.isEmpty() || !possible.containsAll(scopes)) {
      return new Denied("invalid_scope", "scope exceeds what an ID token can be exchanged for");
    }
    return switch (extents.narrowed(request, null, audience)) {
      case Extents.Choice.Refused(Denied denied) -> denied;
      case Extents.Choice.Chosen(Extent extent) ->
          switch (idTokens.check(presented, provider -> audiences(provider))) {
            case Presented.Refused(String reason) -> refused(reason);
            case Presented.Good good -> accept(request, good, scopes, extent);
          };
    };
  }

  private Set<String> audiences(String provider) {
    return trusted.of(provider).map(IdTokenExchangeSettings.Trusted::audiences).orElse(Set.of());
  }

  private static Denied refused(String reason) {
    return new Denied("invalid_request", "subject_token: " + reason);
  }

  private GrantOutcome accept(
      TokenRequest request, Presented.Good good, Set<String> scopes, Extent extent) {
    if (good.issuedAt().plus(trusted.ageMax()).plus(SKEW).isBefore(clock.instant())) {
      return refused("it was issued too long ago");
    }
    Optional<String> accountId = federation.accountOf(good.identity());
    if (accountId.isEmpty()) {
      return refused("its owner has linked it to no account here");
    }
    if (!singleUse.first(
        "id-token-exchange",
        good.digest(),
        good.issuedAt().plus(trusted.ageMax()).plus(SKEW.multipliedBy(2)))) {
      return refused("it was exchanged before");
    }
    GrantOutcome outcome =
        transaction.execute(
            _ -> decide(request, good.identity().idp(), accountId.get(), scopes, extent));
    if (outcome == null) {
      throw new IllegalStateException("a transaction without outcome");
    }
    return outcome;
  }

  private GrantOutcome decide(
      TokenRequest request, String provider, String accountId, Set<String> scopes, Extent extent) {
    Optional<Account> account = accounts.lock(accountId).filter(found -> !found.suspended());
    if (account.isEmpty()) {
      return refused("its owner has no account here that may act");
    }
    ExchangeDoor.Asked asked =
        new ExchangeDoor.Asked(
            account.get(),
            Assurance.of(AMR),
            request,
            ExchangeKind.FEDERATED,
            extent,
            scopes,
            "",
            false,
            null,
            provider);
    Denied refusal = door.refusal(asked);
    if (refusal != null) {
      return refusal;
    }
    Client client = request.client();
    SignInSession session = session(client, provider, accountId, request.ip());
    Subject subject =
        new Subject(accountId, session.sid(), session.authTime(), session.acr(), session.amr());
    Authorization family =
        authorizations.begin(
            ids.uuid7(),
            client,
            subject,
            new AuthorizationRequest(settings.url("/oauth2/token"), null, null, scopes, Map.of()),
            scopes,
            request.jkt());
    door.exchanged(asked, null);
    Map<String, Object> extra = new HashMap<>();
    extra.put("issued_token_type", ExchangeGrant.ACCESS_TOKEN_TYPE);
    FirstTokens.granted(extent, extra);
    return new Granted(
        issuer.accessToken(client, subject, scopes, family.id(), extent, request.binding()),
        scopes,
        null,
        extra);
  }

  /**
   * One for each client and provider, which its owner sees and ends; it goes on with each token.
   */
  private SignInSession session(Client client, String provider, String accountId, String address) {
    String label = client.name() + ", by " + provider;
    return sessions.ofAccount(accountId).stream()
        .filter(known -> known.amr().equals(AMR) && known.userAgent().equals(label))
        .findFirst()
        .flatMap(known -> sessions.renew(known.sid(), accountId, AMR, label, address))
        .orElseGet(() -> sessions.begin(accountId, AMR, label, address));
  }
}
