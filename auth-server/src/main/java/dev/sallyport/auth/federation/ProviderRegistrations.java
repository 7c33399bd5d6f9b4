package dev.sallyport.auth.federation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.stereotype.Component;

/**
 * Providers as Spring's OAuth client wants them, discovered at first use: one that is down does not
 * keep this server from starting, and is asked again. What was learnt of a provider counts for the
 * description it was learnt for.
 */
@Component
class ProviderRegistrations implements ClientRegistrationRepository {

  private static final Logger LOG = LoggerFactory.getLogger(ProviderRegistrations.class);
  private static final Duration KEPT = Duration.ofHours(1);

  /** One that is away must not cost each page a wait. */
  private static final Duration AWAY = Duration.ofSeconds(5);

  private final Providers providers;
  private final ProviderMetadata metadata;
  private final Clock clock;

  /** At most one for each provider. */
  private final Map<String, ProviderMetadata.Known> discovered = new ConcurrentHashMap<>();

  private final Map<String, Instant> awayUntil = new ConcurrentHashMap<>();

  ProviderRegistrations(Providers providers, ProviderMetadata metadata, Clock clock) {
    this.providers = providers;
    this.metadata = metadata;
    this.clock = clock;
  }

  /** Null where there is no such provider, or it cannot be reached now. */
  @Override
  public @Nullable ClientRegistration findByRegistrationId(String id) {
    return find(id).map(ProviderMetadata.Known::registration).orElse(null);
  }

  /** Empty where there is no such provider that is enabled, or it cannot be reached now. */
  Optional<ProviderMetadata.Known> find(String id) {
    Optional<IdentityProvider> provider = providers.find(id).filter(IdentityProvider::enabled);
    if (provider.isEmpty()) {
      forget(id);
      return Optional.empty();
    }
    Optional<ProviderMetadata.Known> known = known(provider.get());
    if (known.isPresent() && clock.instant().isBefore(known.get().at().plus(KEPT))) {
      return known;
    }
    String attempt = id + " " + provider.get().revision();
    if (clock.instant().isBefore(awayUntil.getOrDefault(attempt, Instant.MIN))) {
      return known;
    }
    try {
      ProviderMetadata.Known fresh = metadata.learn(provider.get());
      discovered.put(id, fresh);
      awayUntil.remove(attempt);
      return Optional.of(fresh);
    } catch (ProviderMetadata.Unusable e) {
      awayUntil.keySet().removeIf(other -> other.startsWith(id + " "));
      awayUntil.put(attempt, clock.instant().plus(AWAY));
      LOG.warn("identity provider `{}` cannot be used now: {}", id, e.getMessage());
      return known;
    }
  }

  private Optional<ProviderMetadata.Known> known(IdentityProvider provider) {
    return Optional.ofNullable(discovered.get(provider.id()))
        .filter(known -> known.revision().equals(provider.revision()));
  }

  private void forget(String id) {
    discovered.remove(id);
    awayUntil.keySet().removeIf(other -> other.startsWith(id + " "));
  }
}
