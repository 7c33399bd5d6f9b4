package dev.sallyport.auth.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.stereotype.Component;

/** Our clients, in the form that Spring's endpoints read. */
@Component
public final class RegisteredClients implements RegisteredClientRepository {

  /** FAPI 2.0 §5.3.2.1 asks for at most 60 s; right for all. */
  public static final Duration CODE_TTL = Duration.ofSeconds(60);

  private static final String CLIENT = "sallyport.client";

  /** By identity: a client is built anew when it was read anew. */
  private static final Cache<Client, RegisteredClient> BUILT =
      Caffeine.newBuilder()
          .weakKeys()
          .expireAfterWrite(RecentClients.AGE_MAX)
          .maximumSize(RecentClients.COUNT_MAX)
          .build();

  private final Clients clients;

  RegisteredClients(Clients clients) {
    this.clients = clients;
  }

  /** Our client behind Spring's. */
  public static Client of(RegisteredClient registered) {
    return Objects.requireNonNull(registered.getClientSettings().<Client>getSetting(CLIENT));
  }

  /** As {@link #of}; empty where Spring's is not one of ours. */
  public static Optional<Client> find(RegisteredClient registered) {
    return Optional.ofNullable(registered.getClientSettings().<Client>getSetting(CLIENT));
  }

  @Override
  public void save(RegisteredClient registered) {
    throw new UnsupportedOperationException("clients are registered by their profile's rules");
  }

  @Override
  public @Nullable RegisteredClient findById(String id) {
    return findByClientId(id);
  }

  @Override
  public @Nullable RegisteredClient findByClientId(String clientId) {
    return clients.find(clientId).map(RegisteredClients::toSpring).orElse(null);
  }

  public static RegisteredClient toSpring(Client client) {
    return BUILT.get(client, RegisteredClients::build);
  }

  private static RegisteredClient build(Client client) {
    return RegisteredClient.withId(client.clientId())
        .clientId(client.clientId())
        .clientName(client.name())
        .clientAuthenticationMethods(
            methods ->
                client
                    .authentication()
                    .methods()
                    .forEach(method -> methods.add(new ClientAuthenticationMethod(method))))
        .authorizationGrantTypes(
            grants -> {
              client
                  .grantTypes()
                  .forEach(grant -> grants.add(new AuthorizationGrantType(grant.value())));
              if (client.redirects()) {
                // Spring's authorization endpoint knows no other; which it is, our rules look at
                grants.add(AuthorizationGrantType.AUTHORIZATION_CODE);
              }
            })
        .redirectUris(uris -> uris.addAll(client.redirectUris()))
        .scopes(scopes -> scopes.addAll(client.scopes()))
        .clientSettings(
            ClientSettings.builder()
                .requireProofKey(client.profile() != SecurityProfile.WEB)
                .requireAuthorizationConsent(client.consentRequired())
                .setting(CLIENT, client)
                .build())
        .tokenSettings(
            TokenSettings.builder()
                .authorizationCodeTimeToLive(CODE_TTL)
                .idTokenSignatureAlgorithm(
                    // Spring has no name for EdDSA; what signs is ours and goes by our client
                    Objects.requireNonNullElse(
                        SignatureAlgorithm.from(client.idTokenAlg()), SignatureAlgorithm.ES256))
                .build())
        .build();
  }
}
