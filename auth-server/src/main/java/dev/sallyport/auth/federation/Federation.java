package dev.sallyport.auth.federation;

import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.account.Accounts;
import dev.sallyport.auth.federation.IdentityProvider.ClaimRule;
import dev.sallyport.auth.federation.IdentityProvider.NewAccounts;
import dev.sallyport.auth.federation.IdentityProvider.SecondFactorRule;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.security.oauth2.core.oidc.OidcIdToken;
import org.springframework.security.oauth2.core.user.OAuth2User;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Providers, and the links between their identities and accounts. */
@Component
public class Federation {

  private static final int SUBJECT_MAX = 255;

  private static final int SID_MAX = 255;

  /** How far a provider's clock may be behind ours. */
  private static final Duration SKEW = Duration.ofMinutes(1);

  private final Providers providers;
  private final ProviderRegistrations registrations;
  private final ProviderSessions sessions;
  private final FederatedClaims claims;
  private final ProviderAccounts newAccounts;
  private final IdentityRows rows;
  private final SecurityEvents events;
  private final RandomIds ids;
  private final Clock clock;
  private final TransactionTemplate transaction;

  Federation(
      Providers providers,
      ProviderRegistrations registrations,
      ProviderSessions sessions,
      FederatedClaims claims,
      ProviderAccounts newAccounts,
      IdentityRows rows,
      SecurityEvents events,
      RandomIds ids,
      Clock clock,
      PlatformTransactionManager transactions) {
    this.providers = providers;
    this.registrations = registrations;
    this.sessions = sessions;
    this.claims = claims;
    this.newAccounts = newAccounts;
    this.rows = rows;
    this.events = events;
    this.ids = ids;
    this.clock = clock;
    this.transaction = new TransactionTemplate(transactions);
  }

  /** Those that people may sign in with. */
  public List<IdentityProvider> providers() {
    return providers.enabled();
  }

  public Optional<IdentityProvider> provider(String id) {
    return providers.find(id).filter(IdentityProvider::enabled);
  }

  /**
   * Where a browser is sent to sign in at a provider; empty when it does not exist or cannot be
   * reached now.
   */
  public Optional<URI> authorizationUri(String id) {
    return registrations
        .find(id)
        .map(known -> URI.create(known.registration().getProviderDetails().getAuthorizationUri()));
  }

  /**
   * What a provider has shown about the one at this browser; empty when that is not of a form that
   * can be kept, or the sign-in there is older than was asked for.
   */
  public Optional<ProviderProof> proof(String idp, OAuth2User user, HttpServletRequest request) {
    Optional<IdentityProvider> found = provider(idp);
    String subject = user.getName();
    Map<String, Object> shown = user.getAttributes();
    if (found.isEmpty()
        || !(user instanceof UpstreamUser upstream)
        || subject == null
        || subject.isEmpty()
        || subject.length() > SUBJECT_MAX
        || tooOld(shown, request)) {
      return Optional.empty();
    }
    IdentityProvider provider = found.get();
    String email = text(shown, "email");
    String username = text(shown, "preferred_username");
    String name = text(shown, "name");
    String label =
        Stream.of(email, username, name, subject)
            .filter(Objects::nonNull)
            .findFirst()
            .orElseThrow();
    String sid = text(shown, "sid");
    ProviderSession session =
        new ProviderSession(
            idp,
            provider.issuer(),
            subject,
            sid == null || sid.length() > SID_MAX ? null : sid,
            clock.instant(),
            given(provider, shown, ClaimRule::roles),
            given(provider, shown, ClaimRule::groups));
    return Optional.of(
        new ProviderProof(
            new ProviderIdentity(idp, provider.issuer(), subject, label),
            session,
            upstream instanceof UpstreamUser.OfOpenId(OidcIdToken token, _)
                && secondFactor(provider.secondFactor(), token.getClaims()),
            email != null
                    && Boolean.TRUE.equals(shown.get("email_verified"))
                    && Accounts.permittedEmail(email)
                ? email.strip().toLowerCase(Locale.ROOT)
                : null,
            username,
            name));
  }

  /** Whether it was asked for a sign-in just now, and says that it was before. */
  private static boolean tooOld(Map<String, Object> shown, HttpServletRequest request) {
    Optional<Instant> since = ProviderRequests.since(request);
    return since.isPresent()
        && shown.get("auth_time") instanceof Instant at
        && at.isBefore(since.get().minus(SKEW));
  }

  /** By the ID token alone: nobody signed what UserInfo says. */
  private static boolean secondFactor(SecondFactorRule rule, Map<String, Object> token) {
    return ClaimPath.texts(token, "amr").stream().anyMatch(rule.amr()::contains)
        || (token.get("acr") instanceof String acr && rule.acr().contains(acr));
  }

  private static Set<String> given(
      IdentityProvider provider, Map<String, Object> shown, Function<ClaimRule, Set<String>> what) {
    return provider.claimRules().stream()
        .filter(rule -> ClaimPath.texts(shown, rule.claim()).contains(rule.value()))
        .flatMap(rule -> what.apply(rule).stream())
        .collect(Collectors.toSet());
  }

  private static @Nullable String text(Map<String, Object> shown, String name) {
    return shown.get(name) instanceof String text && !text.isBlank() ? text : null;
  }

  /**
   * Whose account this is. Someone who arrives for the first time is given one where the provider
   * is to make accounts for people like them.
   */
  public Arrival arrive(ProviderProof proof) {
    Optional<String> linked = accountOf(proof.identity());
    if (linked.isPresent()) {
      return new Arrival.Account(linked.get());
    }
    Optional<IdentityProvider> provider = provider(proof.identity().idp());
    if (provider.isEmpty() || !ProviderAccounts.admitted(provider.get().newAccounts(), proof)) {
      return new Arrival.Unknown();
    }
    if (newAccounts.addressTaken(proof.email())) {
      return new Arrival.AddressTaken();
    }
    try {
      return Objects.requireNonNull(
          transaction.execute(_ -> make(provider.get().newAccounts(), proof)));
    } catch (DataIntegrityViolationException e) {
      // the same one arrived twice at this moment, or someone of that username did
      return accountOf(proof.identity())
          .<Arrival>map(Arrival.Account::new)
          .orElseGet(Arrival.Unknown::new);
    }
  }

  private Arrival make(NewAccounts rule, ProviderProof proof) {
    Optional<Account> made = newAccounts.make(rule, proof);
    if (made.isEmpty()) {
      return new Arrival.Unknown();
    }
    save(made.get().id(), proof.identity(), Actor.system());
    return new Arrival.Account(made.get().id());
  }

  /**
   * Whether the provider's word still stands: it has not told of a sign-out since, and is not
   * switched off or gone. Ask it in the transaction that begins the session.
   */
  public boolean stands(ProviderSession from) {
    return provider(from.idp()).filter(it -> it.issuer().equals(from.issuer())).isPresent()
        && !sessions.loggedOutSince(from);
  }

  /**
   * A sign-in session begins, or goes on, with a provider's word: in that transaction, which holds
   * the account. Roles and groups are from now on what its claims give.
   */
  public void begun(String sid, Account account, ProviderSession from) {
    sessions.begun(sid, account.id(), from);
    claims.apply(account, from);
  }

  /** A sign-in session goes on with a sign-in of our own. */
  public void begunOtherwise(String sid) {
    sessions.forget(sid);
  }

  /** The account to which this identity was linked. */
  @Transactional(readOnly = true)
  public Optional<String> accountOf(ProviderIdentity identity) {
    return row(identity).map(row -> row.accountId);
  }

  /** What is linked to an account, oldest first. */
  @Transactional(readOnly = true)
  public List<LinkedIdentity> ofAccount(String accountId) {
    return rows.findByAccountIdOrderByLinkedAt(accountId).stream()
        .map(row -> new LinkedIdentity(row.id, row.idp, row.label, row.linkedAt))
        .toList();
  }

  /**
   * Links. The caller has proof of both: a signed-in owner of the account, and this identity's ID
   * token just now.
   */
  public Linking link(String accountId, ProviderIdentity identity) {
    Optional<Linking> before = linkedBefore(accountId, identity);
    if (before.isPresent()) {
      return before.get();
    }
    try {
      transaction.executeWithoutResult(
          _ -> {
            save(accountId, identity, Actor.user(accountId));
          });
      return new Linking.Linked();
    } catch (DataIntegrityViolationException e) {
      // someone linked it at the same moment
      return linkedBefore(accountId, identity).orElseThrow(() -> e);
    }
  }

  private void save(String accountId, ProviderIdentity identity, Actor actor) {
    rows.save(
        new IdentityEntity(
            ids.uuid7(), identity, accountId, clock.instant().truncatedTo(ChronoUnit.MILLIS)));
    rows.flush();
    events.record(actor, new SecurityEvent.FederationLinked(accountId, identity.idp()));
  }

  private Optional<Linking> linkedBefore(String accountId, ProviderIdentity identity) {
    return row(identity)
        .map(
            row ->
                row.accountId.equals(accountId)
                    ? new Linking.AlreadyYours()
                    : new Linking.AnothersAlready());
  }

  /** Ends a link of this account; false when it has none of that id. */
  @Transactional
  public boolean unlink(String accountId, String linkId) {
    Optional<IdentityEntity> row = rows.findByIdAndAccountId(linkId, accountId);
    if (row.isEmpty() || rows.delete(linkId, accountId) == 0) {
      return false;
    }
    String idp = row.get().idp;
    events.record(Actor.user(accountId), new SecurityEvent.FederationUnlinked(accountId, idp));
    if (ofAccount(accountId).stream().noneMatch(other -> other.idp().equals(idp))) {
      claims.take(accountId, idp, Actor.user(accountId));
    }
    return true;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed closed) {
      rows.deleteAll(closed.accountId());
      claims.forget(closed.accountId());
      sessions.forgetAccount(closed.accountId());
    }
  }

  private Optional<IdentityEntity> row(ProviderIdentity identity) {
    return rows.findByIdpAndIssuerAndSubject(identity.idp(), identity.issuer(), identity.subject());
  }
}
