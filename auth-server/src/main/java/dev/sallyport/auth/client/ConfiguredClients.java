package dev.sallyport.auth.client;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Clients that the configuration registers, by their id: {@code sallyport.clients[n].…}. One that
 * exists already is left as it is.
 */
@ConfigurationProperties("sallyport")
record ConfiguredClients(@DefaultValue List<Entry> clients) {

  ConfiguredClients {
    clients = List.copyOf(clients);
  }

  /**
   * @param secret for {@code web} clients: at least 32 characters, and random
   * @param jwks for clients that authenticate by {@code private_key_jwt}
   * @param scopes empty: all that the profile allows to people's clients
   */
  record Entry(
      String clientId,
      @Nullable String name,
      @DefaultValue("CHAT") SecurityProfile profile,
      @Nullable String secret,
      @Nullable String jwks,
      @DefaultValue Set<String> redirectUris,
      @DefaultValue Set<String> scopes,
      @Nullable String idTokenAlg,
      @DefaultValue("true") boolean consentRequired) {

    @Override
    public String toString() {
      return "Entry[clientId=" + clientId + "]";
    }

    Client toClient() {
      ClientAuthentication authentication =
          switch (profile) {
            case CHAT -> ClientAuthentication.NONE;
            case FAPI2 -> ClientAuthentication.PRIVATE_KEY_JWT;
            case WEB ->
                jwks == null
                    ? ClientAuthentication.CLIENT_SECRET_BASIC
                    : ClientAuthentication.PRIVATE_KEY_JWT;
          };
      Set<GrantType> grants =
          profile.mayReachGateway()
              ? Set.of(
                  GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN, GrantType.TOKEN_EXCHANGE)
              : Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN);
      String alg = profile == SecurityProfile.WEB ? "RS256" : "ES256";
      return new Client(
          clientId,
          name == null ? clientId : name,
          profile,
          authentication,
          jwks,
          redirectUris,
          grants,
          scopes.isEmpty() ? ClientRules.scopesOfPersons(profile) : scopes,
          idTokenAlg == null ? alg : idTokenAlg,
          consentRequired);
    }
  }
}
