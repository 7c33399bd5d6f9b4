package dev.sallyport.auth.client;

import dev.sallyport.auth.installation.SettingRefused;
import java.util.Set;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.stereotype.Component;

/**
 * Registers on first start: the gateways' client; with profile {@code demo} the demo's. Then lets
 * the configuration have its clients.
 */
@Component
final class BuiltInClients implements SmartInitializingSingleton {

  /** The public client of {@code ops/demo}, and of anyone who tries things out. */
  static final String DEMO_CLIENT_ID = "sallyport-demo";

  private final StoredClients clients;
  private final ClientsByConfiguration configured;
  private final Environment environment;

  BuiltInClients(
      StoredClients clients, ClientsByConfiguration configured, Environment environment) {
    this.clients = clients;
    this.configured = configured;
    this.environment = environment;
  }

  @Override
  public void afterSingletonsInstantiated() {
    registerOnce(
        new Client(
            GatewayKeys.CLIENT_ID,
            "Chat gateway",
            SecurityProfile.FAPI2,
            ClientAuthentication.PRIVATE_KEY_JWT,
            null,
            Set.of(),
            Set.of(GrantType.CLIENT_CREDENTIALS),
            Set.of(Scopes.GATEWAY),
            "ES256",
            false));
    if (environment.acceptsProfiles(Profiles.of("demo"))) {
      registerOnce(
          new Client(
              DEMO_CLIENT_ID,
              "Sallyport demo",
              SecurityProfile.CHAT,
              ClientAuthentication.NONE,
              null,
              // any port, RFC 8252 §7.3
              Set.of("http://127.0.0.1/callback"),
              Set.of(
                  GrantType.AUTHORIZATION_CODE,
                  GrantType.REFRESH_TOKEN,
                  GrantType.TOKEN_EXCHANGE,
                  GrantType.DEVICE_CODE),
              Scopes.OF_PERSONS,
              "ES256",
              true));
    }
    configured.apply();
  }

  private void registerOnce(Client client) {
    if (clients.find(client.clientId()).isPresent()) {
      return;
    }
    Registration registration = clients.register(client, null, ClientOrigin.BUILT_IN);
    // Another node may have been first.
    if (registration instanceof Registration.Rejected(var problems)
        && clients.find(client.clientId()).isEmpty()) {
      throw new SettingRefused("client `" + client.clientId() + "` is refused: " + problems);
    }
  }
}
