package dev.sallyport.auth.federation;

import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * All identity providers: those of the settings, and those that admins described. Where both have
 * one of an id, that of the settings counts. Changes are rows that every node reads at each use.
 */
@Component
public class Providers implements SmartInitializingSingleton {

  /** Largest page of {@link #page}. */
  public static final int PAGE_MAX = 200;

  /** A sign-in page with more is of no use; each costs a fetch of metadata an hour. */
  static final int STORED_MAX = 1000;

  private static final Logger LOG = LoggerFactory.getLogger(Providers.class);

  private final List<IdentityProvider> configured;
  private final StoredProviders stored;
  private final ProviderSessions sessions;
  private final FederatedClaims claims;
  private final IdentityRows links;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;

  Providers(
      ConfiguredProviders settings,
      StoredProviders stored,
      ProviderSessions sessions,
      FederatedClaims claims,
      IdentityRows links,
      SecurityEvents events,
      PlatformTransactionManager transactions) {
    this.configured = settings.providers();
    this.stored = stored;
    this.sessions = sessions;
    this.claims = claims;
    this.links = links;
    this.events = events;
    this.transaction = new TransactionTemplate(transactions);
  }

  /** What came of a change. */
  public sealed interface Change {

    record Done(IdentityProvider provider) implements Change {}

    /** It is one of the settings. */
    record ReadOnly() implements Change {}

    record IdTaken() implements Change {}

    record TooMany(int max) implements Change {}

    record NoSuchProvider() implements Change {}

    /** It is no longer of the version that was to be changed. */
    record Stale() implements Change {}

    /**
     * The new description leads elsewhere and does not name the secret: what is kept is not sent to
     * where it was not given for.
     */
    record SecretMissing() implements Change {}
  }

  @Override
  public void afterSingletonsInstantiated() {
    for (IdentityProvider provider : configured) {
      if (stored.find(provider.id()).isPresent()) {
        LOG.warn(
            "identity provider `{}` of the settings hides the one that an admin described",
            provider.id());
      }
    }
  }

  /** Those that people may sign in with, by id. */
  public List<IdentityProvider> enabled() {
    return page("", Integer.MAX_VALUE).stream().filter(IdentityProvider::enabled).toList();
  }

  public Optional<IdentityProvider> find(String id) {
    return ofSettings(id).or(() -> stored.find(id));
  }

  /** By id, those after one; empty: from the first. */
  public List<IdentityProvider> page(String after, int limit) {
    int most = Math.min(limit, STORED_MAX);
    return Stream.concat(
            configured.stream().filter(provider -> provider.id().compareTo(after) > 0),
            stored.page(after, most).stream()
                .filter(provider -> ofSettings(provider.id()).isEmpty()))
        .sorted(Comparator.comparing(IdentityProvider::id))
        .limit(limit)
        .toList();
  }

  private Optional<IdentityProvider> ofSettings(String id) {
    return configured.stream().filter(provider -> provider.id().equals(id)).findFirst();
  }

  /** Adds a provider that an admin described. */
  public Change create(IdentityProvider wanted, Actor actor) {
    if (find(wanted.id()).isPresent()) {
      return new Change.IdTaken();
    }
    if (stored.count() >= STORED_MAX) {
      return new Change.TooMany(STORED_MAX);
    }
    try {
      transaction.executeWithoutResult(
          _ -> {
            stored.insert(wanted);
            events.record(actor, new SecurityEvent.ProviderChanged(wanted.id(), "created"));
          });
    } catch (DuplicateKeyException e) {
      // another admin was first
      return new Change.IdTaken();
    }
    return new Change.Done(stored.find(wanted.id()).orElseThrow());
  }

  /**
   * Describes a provider anew. Whoever signed in with one that is switched off, or that now is
   * another's, is signed out.
   *
   * @param expected the version that it must have; null: any
   * @param secretNamed false: it keeps the secret it has
   */
  public Change replace(
      IdentityProvider wanted, boolean secretNamed, @Nullable Long expected, Actor actor) {
    if (ofSettings(wanted.id()).isPresent()) {
      return new Change.ReadOnly();
    }
    return done(
        transaction.execute(
            _ -> {
              Optional<IdentityProvider> found = stored.lock(wanted.id());
              if (found.isEmpty()) {
                return new Change.NoSuchProvider();
              }
              IdentityProvider before = found.get();
              if (expected != null && expected != before.version()) {
                return new Change.Stale();
              }
              boolean elsewhere =
                  !before.protocol().equals(wanted.protocol())
                      || !before.clientId().equals(wanted.clientId());
              if (!secretNamed && elsewhere && before.clientSecret() != null) {
                return new Change.SecretMissing();
              }
              stored.update(
                  secretNamed ? wanted : ProviderDocument.with(wanted, before.clientSecret()));
              events.record(actor, new SecurityEvent.ProviderChanged(wanted.id(), "changed"));
              if (!wanted.enabled() || !before.issuer().equals(wanted.issuer())) {
                sessions.endAll(wanted.id(), actor);
              }
              return new Change.Done(stored.find(wanted.id()).orElseThrow());
            }));
  }

  /**
   * Forgets a provider, its links, and the roles and groups that its claims gave; whoever signed in
   * with it is signed out.
   */
  public Change remove(String id, @Nullable Long expected, Actor actor) {
    if (ofSettings(id).isPresent()) {
      return new Change.ReadOnly();
    }
    return done(
        transaction.execute(
            _ -> {
              Optional<IdentityProvider> found = stored.lock(id);
              if (found.isEmpty()) {
                return new Change.NoSuchProvider();
              }
              if (expected != null && expected != found.get().version()) {
                return new Change.Stale();
              }
              claims.takeAll(id, actor);
              links.deleteAllOfProvider(id);
              stored.delete(id);
              events.record(actor, new SecurityEvent.ProviderChanged(id, "removed"));
              sessions.endAll(id, actor);
              return new Change.Done(found.get());
            }));
  }

  private static Change done(@Nullable Change change) {
    return Objects.requireNonNull(change);
  }
}
