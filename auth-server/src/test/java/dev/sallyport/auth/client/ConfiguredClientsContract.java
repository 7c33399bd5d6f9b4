package dev.sallyport.auth.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.auth.SettableClock;
import dev.sallyport.auth.certificate.NoCertificates;
import dev.sallyport.auth.database.TestDatabase;
import dev.sallyport.auth.fetch.FetchSettings;
import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.installation.Installation;
import dev.sallyport.auth.installation.SettingRefused;
import dev.sallyport.auth.signal.RealSecurityEvents;
import dev.sallyport.auth.vault.TestVault;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The configuration is the truth for the clients it made, and for no other. */
abstract class ConfiguredClientsContract {

  private static final String SECRET = "a-secret-of-thirty-two-characters";
  private static final String OTHER_SECRET = "another-secret-of-thirty-two-chars";

  private static final OutgoingHttp OUTGOING =
      new OutgoingHttp(
          new Installation(
              URI.create("https://id.example"), Path.of("unused"), null, List.of(), null),
          new FetchSettings(List.of(), null));

  private final TestDatabase database = open();
  private final JdbcClient jdbc = JdbcClient.create(database.dataSource());
  private final List<String> ended = new ArrayList<>();
  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-23T10:00:00Z"));
  private final TransactionTemplate transaction =
      new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
  private final StoredClients clients =
      new StoredClients(
          jdbc,
          new SharedKeys(
              jdbc,
              TestVault.create(),
              new SecureRandom(),
              new DataSourceTransactionManager(database.dataSource())),
          new GatewayKeys(Path.of("client-jwks.json")),
          RealSecurityEvents.on(new JdbcTemplate(database.dataSource()), clock),
          transaction,
          clock,
          new SecureRandom(),
          new ClientKeys(OUTGOING, clock),
          NoCertificates.asked(),
          new DefaultListableBeanFactory().getBeanProvider(ClientEnd.class));

  abstract TestDatabase open();

  @AfterEach
  void close() {
    database.close();
  }

  private void start(String... settings) {
    Map<String, Object> properties = new LinkedHashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      properties.put("sallyport.clients[0]." + settings[i], settings[i + 1]);
    }
    start(new MapPropertySource("settings", properties));
  }

  private void start(PropertySource<?> source) {
    StandardEnvironment environment = new StandardEnvironment();
    MutablePropertySources sources = environment.getPropertySources();
    sources.stream().map(PropertySource::getName).toList().forEach(sources::remove);
    sources.addFirst(source);
    ConfiguredClients configured =
        Binder.get(environment).bindOrCreate("sallyport", ConfiguredClients.class);
    new ClientsByConfiguration(
            configured,
            clients,
            List.of(
                id -> {
                  ended.add(id);
                  return 1;
                }),
            NoCertificates.asked(),
            transaction)
        .apply();
  }

  private Client shop() {
    return clients.find("shop").orElseThrow();
  }

  @Test
  void apply_changedSettings_areTheTruth() {
    start(
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        SECRET,
        "redirect-uris",
        "https://shop.example/cb",
        "scopes",
        "openid,email");
    assertThat(clients.secretMatches("shop", SECRET)).isTrue();

    start(
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        OTHER_SECRET,
        "redirect-uris",
        "https://shop.example/new",
        "scopes",
        "openid",
        "name",
        "The shop");
    assertThat(clients.secretMatches("shop", SECRET)).isFalse();
    assertThat(clients.secretMatches("shop", OTHER_SECRET)).isTrue();
    assertThat(shop().redirectUris()).containsExactly("https://shop.example/new");
    assertThat(shop().scopes()).containsExactly("openid");
    assertThat(shop().name()).isEqualTo("The shop");
    assertThat(ended).isEmpty();
  }

  @Test
  void apply_anotherProfile_endsWhatItWasGiven() {
    start("client-id", "shop", "redirect-uris", "http://127.0.0.1/cb");
    start(
        "client-id",
        "shop",
        "redirect-uris",
        "http://127.0.0.1/cb",
        "profile",
        "web",
        "secret",
        SECRET);
    assertThat(shop().profile()).isEqualTo(SecurityProfile.WEB);
    assertThat(ended).containsExactly("shop");
  }

  @Test
  void apply_noLongerConfigured_isNoClientAndComesBackWhenConfiguredAgain() {
    String[] settings = {
      "client-id",
      "shop",
      "profile",
      "web",
      "secret",
      SECRET,
      "redirect-uris",
      "https://shop.example/cb"
    };
    start(settings);
    start();
    assertThat(clients.find("shop")).isEmpty();
    assertThat(clients.secretMatches("shop", SECRET)).isFalse();
    assertThat(ended).containsExactly("shop");
    start();
    assertThat(ended).containsExactly("shop");

    start(settings);
    assertThat(shop().redirectUris()).containsExactly("https://shop.example/cb");
    assertThat(clients.secretMatches("shop", SECRET)).isTrue();
  }

  @Test
  void apply_clientsOfAnotherOrigin_areNotItsToTouch() {
    Client registered =
        new Client(
            "theirs",
            "theirs",
            SecurityProfile.CHAT,
            ClientAuthentication.NONE,
            null,
            Set.of("http://127.0.0.1/cb"),
            Set.of(GrantType.AUTHORIZATION_CODE),
            Set.of("openid"),
            "ES256",
            true);
    clients.register(registered);
    start();
    assertThat(clients.find("theirs")).contains(registered);
    assertThatThrownBy(
            () -> start("client-id", "theirs", "redirect-uris", "http://127.0.0.1/other"))
        .isInstanceOf(SettingRefused.class)
        .hasMessageContaining("sallyport.clients[0].client-id");
    assertThat(clients.find("theirs")).contains(registered);
  }

  @Test
  void web_thatNamesNoMethod_maySendItsSecretEitherWay() {
    start(
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        SECRET,
        "redirect-uris",
        "https://shop.example/cb");
    assertThat(shop().authentication().methods())
        .containsExactlyInAnyOrder("client_secret_basic", "client_secret_post");
    start(
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        SECRET,
        "redirect-uris",
        "https://shop.example/cb",
        "token-endpoint-auth-method",
        "client_secret_post");
    assertThat(shop().authentication().methods()).containsExactly("client_secret_post");
  }

  @Test
  void web_clientCredentialsOnly_needsNoRedirectUriAndSpeaksForNobody() {
    start(
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        SECRET,
        "grant-types",
        "client_credentials");
    assertThat(shop().grantTypes()).containsExactly(GrantType.CLIENT_CREDENTIALS);
    assertThat(shop().scopes()).isEmpty();
  }

  @Test
  void environment_inTheFormThatShellsTake_isRead() {
    start(
        new SystemEnvironmentPropertySource(
            "systemEnvironment",
            Map.of(
                "SALLYPORT_CLIENTS_0_CLIENT_ID", "shop",
                "SALLYPORT_CLIENTS_0_PROFILE", "web",
                "SALLYPORT_CLIENTS_0_SECRET", SECRET,
                "SALLYPORT_CLIENTS_0_REDIRECT_URIS",
                    "https://shop.example/cb,https://shop.example/b",
                "SALLYPORT_CLIENTS_0_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_basic",
                "SALLYPORT_CLIENTS_0_GRANT_TYPES", "authorization_code,client_credentials",
                "SALLYPORT_CLIENTS_0_CONSENT_REQUIRED", "false")));
    assertThat(shop())
        .isEqualTo(
            new Client(
                "shop",
                "shop",
                SecurityProfile.WEB,
                ClientAuthentication.CLIENT_SECRET_BASIC,
                null,
                Set.of("https://shop.example/cb", "https://shop.example/b"),
                Set.of(GrantType.AUTHORIZATION_CODE, GrantType.CLIENT_CREDENTIALS),
                Set.of("openid", "profile", "email", "address", "phone", "offline_access"),
                "RS256",
                false));
  }

  @Test
  void refusals_nameThePropertyAndNeverTheSecret() {
    refused("`sallyport.clients[0].client-id` is missing", "profile", "web");
    refused(
        "`sallyport.clients[0].secret` must have 32 to 512 characters",
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        "short-one");
    refused("`sallyport.clients[0].secret` is missing", "client-id", "shop", "profile", "web");
    refused(
        "`sallyport.clients[0].secret` is not for a client that authenticates by `none`",
        "client-id",
        "shop",
        "secret",
        SECRET);
    refused(
        "`sallyport.clients[0].redirect-uris` go with the grant `authorization_code`",
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        SECRET);
    refused(
        "`sallyport.clients[0].token-endpoint-auth-method` must be",
        "client-id",
        "shop",
        "token-endpoint-auth-method",
        "client_secret_jwt");
    refused(
        "`sallyport.clients[0].grant-types` `password` is not known here",
        "client-id",
        "shop",
        "grant-types",
        "password");
    refused(
        "`sallyport.clients[0].scopes` `admin` is not for profile `web`",
        "client-id",
        "shop",
        "profile",
        "web",
        "secret",
        SECRET,
        "scopes",
        "admin",
        "redirect-uris",
        "https://shop.example/cb");
    assertThat(clients.find("shop")).isEmpty();
  }

  private void refused(String message, String... settings) {
    assertThatThrownBy(() -> start(settings))
        .isInstanceOf(SettingRefused.class)
        .hasMessageStartingWith(message)
        .message()
        .doesNotContain(SECRET, "short-one");
  }
}
