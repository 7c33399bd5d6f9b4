package dev.sallyport.auth.federation;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.EventRecorded;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.vault.RandomIds;
import java.net.URI;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.springframework.context.event.EventListener;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Providers, and the links between their identities and accounts. */
@Component
public class Federation {

  private static final int SUBJECT_MAX = 255;

  private final IdentityProviders providers;
  private final ProviderRegistrations registrations;
  private final IdentityRows rows;
  private final SecurityEvents events;
  private final RandomIds ids;
  private final Clock clock;
  private final TransactionTemplate transaction;

  Federation(
      IdentityProviders providers,
      ProviderRegistrations registrations,
      IdentityRows rows,
      SecurityEvents events,
      RandomIds ids,
      Clock clock,
      PlatformTransactionManager transactions) {
    this.providers = providers;
    this.registrations = registrations;
    this.rows = rows;
    this.events = events;
    this.ids = ids;
    this.clock = clock;
    this.transaction = new TransactionTemplate(transactions);
  }

  public List<IdentityProviders.Provider> providers() {
    return providers.idps();
  }

  public Optional<IdentityProviders.Provider> provider(String id) {
    return providers.byId(id);
  }

  /**
   * Where a browser is sent to sign in at a provider; empty when it does not exist or cannot be
   * reached now.
   */
  public Optional<URI> authorizationUri(String id) {
    Optional<ClientRegistration> registration =
        Optional.ofNullable(registrations.findByRegistrationId(id));
    return registration.map(found -> URI.create(found.getProviderDetails().getAuthorizationUri()));
  }

  /** The identity in a checked ID token; empty when it is not of a form that can be kept. */
  public Optional<ProviderIdentity> identity(String idp, OidcUser user) {
    String subject = user.getSubject();
    if (user.getIssuer() == null
        || subject == null
        || subject.isEmpty()
        || subject.length() > SUBJECT_MAX) {
      return Optional.empty();
    }
    String label = subject;
    if (user.getEmail() != null) {
      label = user.getEmail();
    } else if (user.getPreferredUsername() != null) {
      label = user.getPreferredUsername();
    } else if (user.getFullName() != null) {
      label = user.getFullName();
    }
    return Optional.of(new ProviderIdentity(idp, user.getIssuer().toString(), subject, label));
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
            rows.save(
                new IdentityEntity(
                    ids.uuid7(),
                    identity,
                    accountId,
                    clock.instant().truncatedTo(ChronoUnit.MILLIS)));
            rows.flush();
            events.record(
                Actor.user(accountId),
                new SecurityEvent.FederationLinked(accountId, identity.idp()));
          });
      return new Linking.Linked();
    } catch (DataIntegrityViolationException e) {
      // someone linked it at the same moment
      return linkedBefore(accountId, identity).orElseThrow(() -> e);
    }
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
    events.record(
        Actor.user(accountId), new SecurityEvent.FederationUnlinked(accountId, row.get().idp));
    return true;
  }

  @EventListener
  void on(EventRecorded recorded) {
    if (recorded.event() instanceof SecurityEvent.AccountClosed closed) {
      rows.deleteAll(closed.accountId());
    }
  }

  private Optional<IdentityEntity> row(ProviderIdentity identity) {
    return rows.findByIdpAndIssuerAndSubject(identity.idp(), identity.issuer(), identity.subject());
  }
}
