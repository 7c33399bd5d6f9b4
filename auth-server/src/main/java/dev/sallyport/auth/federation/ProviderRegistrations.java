package dev.sallyport.auth.federation;

import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.installation.Installation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * Providers as Spring's OAuth client wants them, discovered at first use: one that is down does not
 * keep this server from starting, and is asked again.
 */
@Component
class ProviderRegistrations implements ClientRegistrationRepository {

  private record Discovered(ClientRegistration registration, Instant at) {}

  private static final Logger LOG = LoggerFactory.getLogger(ProviderRegistrations.class);
  private static final Duration KEPT = Duration.ofHours(1);
  private static final ParameterizedTypeReference<Map<String, Object>> METADATA =
      new ParameterizedTypeReference<>() {};

  /** To where this server, or a browser, is sent. */
  private static final List<String> ENDPOINTS =
      List.of("authorization_endpoint", "token_endpoint", "jwks_uri");

  private final IdentityProviders providers;
  private final Installation installation;
  private final RestClient http;
  private final Clock clock;

  /** At most one for each configured provider. */
  private final Map<String, Discovered> discovered = new ConcurrentHashMap<>();

  ProviderRegistrations(
      IdentityProviders providers, Installation installation, OutgoingHttp outgoing, Clock clock) {
    this.providers = providers;
    this.installation = installation;
    this.clock = clock;
    this.http =
        RestClient.builder()
            .requestFactory(outgoing.requests())
            .requestInterceptor(outgoing)
            .build();
  }

  /** Null where there is no such provider, or it cannot be reached now. */
  @Override
  public @Nullable ClientRegistration findByRegistrationId(String id) {
    Optional<IdentityProviders.Provider> provider = providers.byId(id);
    if (provider.isEmpty()) {
      return null;
    }
    Discovered known = discovered.get(id);
    if (known != null && clock.instant().isBefore(known.at().plus(KEPT))) {
      return known.registration();
    }
    try {
      ClientRegistration registration = discover(provider.get());
      discovered.put(id, new Discovered(registration, clock.instant()));
      return registration;
    } catch (RestClientException | IllegalArgumentException e) {
      LOG.warn("identity provider `{}` gave no usable metadata: {}", id, e.getMessage());
      return known == null ? null : known.registration();
    }
  }

  private ClientRegistration discover(IdentityProviders.Provider provider) {
    String issuer = provider.issuer().toString();
    String metadataUri =
        (issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer)
            + "/.well-known/openid-configuration";
    Map<String, Object> metadata = http.get().uri(metadataUri).retrieve().body(METADATA);
    if (metadata == null || !issuer.equals(metadata.get("issuer"))) {
      throw new IllegalArgumentException("its metadata names another issuer");
    }
    for (String endpoint : ENDPOINTS) {
      if (!(metadata.get(endpoint) instanceof String uri) || !provider.mayName(uri)) {
        throw new IllegalArgumentException(
            "its metadata names no `" + endpoint + "` that may be used");
      }
    }
    ClientRegistration.Builder builder =
        ClientRegistrations.fromOidcConfiguration(metadata)
            .registrationId(provider.id())
            .clientName(provider.displayName())
            .clientId(provider.clientId())
            .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
            // one redirect URI for each provider defends against mix-up (RFC 9700 section 4.4.2)
            .redirectUri(installation.issuer() + "/login/oauth2/code/" + provider.id())
            .scope("openid", "profile", "email")
            // the ID token says all that is wanted: no UserInfo request
            .userInfoUri(null);
    if (provider.clientSecret() != null) {
      builder.clientSecret(provider.clientSecret());
    } else {
      builder.clientAuthenticationMethod(ClientAuthenticationMethod.NONE);
    }
    return builder.build();
  }
}
