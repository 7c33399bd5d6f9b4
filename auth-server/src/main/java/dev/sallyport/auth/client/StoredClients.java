package dev.sallyport.auth.client;

import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.text.ParseException;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Clients in the database, their secrets as a fast keyed hash: they are random, not chosen. */
@Component
final class StoredClients implements Clients {

  private static final Logger log = LoggerFactory.getLogger(StoredClients.class);

  private static final int SECRET_BYTES = 32;

  /** So that no one can find it by trying, whoever chose it. */
  static final int SECRET_CHARS_MIN = 32;

  /** What a request may present. */
  static final int SECRET_CHARS_MAX = 512;

  /** Among what {@link #change} changed. */
  static final String PROFILE = "profile";

  private static final int JWKS_FILE_BYTES_MAX = 65_536;

  /** Compared against where there is no such client, so that it takes as long. */
  private static final String NO_HASH = "A".repeat(43);

  private final JdbcClient jdbc;
  private final SharedKeys keys;
  private final GatewayKeys gatewayKeys;
  private final SecurityEvents events;
  private final TransactionTemplate transaction;
  private final Clock clock;
  private final SecureRandom random;

  StoredClients(
      JdbcClient jdbc,
      SharedKeys keys,
      GatewayKeys gatewayKeys,
      SecurityEvents events,
      TransactionTemplate transaction,
      Clock clock,
      SecureRandom random) {
    this.jdbc = jdbc;
    this.keys = keys;
    this.gatewayKeys = gatewayKeys;
    this.events = events;
    this.transaction = transaction;
    this.clock = clock;
    this.random = random;
  }

  @Override
  public Optional<Client> find(String clientId) {
    return jdbc.sql(
            """
            SELECT client_id, name, profile, authentication, jwks, redirect_uris, grant_types,
                   scopes, id_token_alg, consent_required, post_logout_redirect_uris,
                   backchannel_logout_uri, backchannel_logout_session_required
            FROM oauth_client WHERE client_id = ? AND disabled_at_ms IS NULL
            """)
        .param(clientId)
        .query(StoredClients::read)
        .optional();
  }

  @Override
  public Registration register(Client client) {
    return register(
        client, client.authentication().secret() ? newSecret() : null, ClientOrigin.REGISTERED);
  }

  /** As {@link #register(Client)}, with a secret that is already known to the client. */
  Registration register(Client client, @Nullable String secret, ClientOrigin origin) {
    if (client.authentication().secret()
        && (secret == null || secret.length() < SECRET_CHARS_MIN)) {
      return new Registration.Rejected(
          List.of(new Registration.Problem("client_secret", "must have 32 characters or more")));
    }
    String source = gatewayKeys.sourceOf(client.clientId());
    List<Registration.Problem> problems = ClientRules.check(client, source);
    if (!problems.isEmpty()) {
      return new Registration.Rejected(problems);
    }
    try {
      transaction.executeWithoutResult(_ -> insert(client, secret, origin));
    } catch (DuplicateKeyException e) {
      return new Registration.Rejected(List.of(new Registration.Problem("client_id", "is taken")));
    }
    return new Registration.Registered(client, secret);
  }

  private void insert(Client client, @Nullable String secret, ClientOrigin origin) {
    jdbc.sql(
            """
              INSERT INTO oauth_client (client_id, name, profile, authentication, secret_hash, jwks,
                redirect_uris, grant_types, scopes, id_token_alg, consent_required, created_at_ms,
                origin, post_logout_redirect_uris, backchannel_logout_uri,
                backchannel_logout_session_required)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
              """)
        .params(
            Arrays.asList(
                client.clientId(),
                client.name(),
                client.profile().name(),
                client.authentication().value(),
                client.authentication().secret() && secret != null ? hash(secret) : null,
                client.jwks(),
                joined(client.redirectUris()),
                grants(client),
                joined(client.scopes()),
                client.idTokenAlg(),
                client.consentRequired(),
                clock.millis(),
                origin.text(),
                joined(client.logout().redirectUris()),
                client.logout().backchannelUri(),
                client.logout().sessionRequired()))
        .update();
    events.record(
        Actor.system(),
        new SecurityEvent.ClientRegistered(client.clientId(), client.profile().text()));
  }

  /** Who registered the client of this id, whether it is disabled or not. */
  Optional<ClientOrigin> origin(String clientId) {
    return jdbc.sql("SELECT origin FROM oauth_client WHERE client_id = ?")
        .param(clientId)
        .query((row, n) -> ClientOrigin.of(row.getString(1)))
        .optional();
  }

  /** The clients that the configuration made and that are not disabled. */
  List<String> configured() {
    return jdbc.sql(
            "SELECT client_id FROM oauth_client WHERE origin = ? AND disabled_at_ms IS NULL"
                + " ORDER BY client_id")
        .param(ClientOrigin.CONFIGURED.text())
        .query((row, n) -> row.getString(1))
        .list();
  }

  /**
   * Makes a client that the configuration made what it is to be now, in the caller's transaction.
   *
   * @return what was changed, for the operator's eyes; never a value
   */
  Set<String> change(Client client, @Nullable String secret) {
    String id = client.clientId();
    String secretHash = secret == null ? null : hash(secret);
    Set<String> changes =
        jdbc.sql("SELECT * FROM oauth_client WHERE client_id = ? FOR UPDATE")
            .param(id)
            .query((row, n) -> differences(row, client, secretHash))
            .single();
    if (!changes.isEmpty()) {
      jdbc.sql(
              """
              UPDATE oauth_client SET name = ?, profile = ?, authentication = ?, secret_hash = ?,
                jwks = ?, redirect_uris = ?, grant_types = ?, scopes = ?, id_token_alg = ?,
                consent_required = ?, post_logout_redirect_uris = ?, backchannel_logout_uri = ?,
                backchannel_logout_session_required = ?, disabled_at_ms = NULL
              WHERE client_id = ?
              """)
          .params(
              Arrays.asList(
                  client.name(),
                  client.profile().name(),
                  client.authentication().value(),
                  secretHash,
                  client.jwks(),
                  joined(client.redirectUris()),
                  grants(client),
                  joined(client.scopes()),
                  client.idTokenAlg(),
                  client.consentRequired(),
                  joined(client.logout().redirectUris()),
                  client.logout().backchannelUri(),
                  client.logout().sessionRequired(),
                  id))
          .update();
    }
    return changes;
  }

  private static Set<String> differences(ResultSet row, Client client, @Nullable String secretHash)
      throws SQLException {
    Client before = read(row, 0);
    Set<String> changes = new LinkedHashSet<>();
    note(changes, "enabled again", row.getObject("disabled_at_ms"), null);
    note(changes, "name", before.name(), client.name());
    note(changes, PROFILE, before.profile(), client.profile());
    note(changes, "token-endpoint-auth-method", before.authentication(), client.authentication());
    note(changes, "secret", row.getString("secret_hash"), secretHash);
    note(changes, "jwks", before.jwks(), client.jwks());
    note(changes, "redirect-uris", before.redirectUris(), client.redirectUris());
    note(changes, "grant-types", before.grantTypes(), client.grantTypes());
    note(changes, "scopes", before.scopes(), client.scopes());
    note(changes, "id-token-alg", before.idTokenAlg(), client.idTokenAlg());
    note(changes, "consent-required", before.consentRequired(), client.consentRequired());
    Client.Logout then = before.logout();
    Client.Logout now = client.logout();
    note(changes, "post-logout-redirect-uris", then.redirectUris(), now.redirectUris());
    note(changes, "backchannel-logout-uri", then.backchannelUri(), now.backchannelUri());
    note(
        changes,
        "backchannel-logout-session-required",
        then.sessionRequired(),
        now.sessionRequired());
    return changes;
  }

  private static void note(
      Set<String> changes, String what, @Nullable Object before, @Nullable Object after) {
    if (!Objects.equals(before, after)) {
      changes.add(what);
    }
  }

  /** From now on there is no such client; its id stays taken. Returns whether there was one. */
  boolean disable(String clientId) {
    return jdbc.sql(
                "UPDATE oauth_client SET disabled_at_ms = ?"
                    + " WHERE client_id = ? AND disabled_at_ms IS NULL")
            .params(clock.millis(), clientId)
            .update()
        == 1;
  }

  private static String grants(Client client) {
    return joined(client.grantTypes().stream().map(GrantType::value).collect(Collectors.toSet()));
  }

  @Override
  public boolean secretMatches(String clientId, String secret) {
    String expected =
        jdbc.sql(
                "SELECT secret_hash FROM oauth_client WHERE client_id = ? AND disabled_at_ms IS"
                    + " NULL")
            .param(clientId)
            .query((row, n) -> Optional.ofNullable(row.getString(1)))
            .optional()
            .flatMap(hash -> hash)
            .orElse(NO_HASH);
    return MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.US_ASCII),
        hash(secret).getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public JWKSet keysOf(Client client) {
    String source = gatewayKeys.sourceOf(client.clientId());
    String text = source != null ? readFile(Path.of(source)) : client.jwks();
    if (text == null) {
      return new JWKSet();
    }
    try {
      return JWKSet.parse(text).toPublicJWKSet();
    } catch (ParseException e) {
      log.warn("the JWK set of client `{}` is unreadable", client.clientId());
      return new JWKSet();
    }
  }

  private static @Nullable String readFile(Path file) {
    // One byte over the bound tells a file that is too long from one that just fits.
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(JWKS_FILE_BYTES_MAX + 1);
      return bytes.length > JWKS_FILE_BYTES_MAX
          ? null
          : StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes)).toString();
    } catch (IOException e) {
      // A gateway that was never started has not written it.
      return null;
    }
  }

  private String newSecret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private String hash(String secret) {
    return Macs.hmacSha256(keys.hmac("client-secret"), secret);
  }

  private static Client read(ResultSet row, int n) throws SQLException {
    return new Client(
        row.getString("client_id"),
        row.getString("name"),
        SecurityProfile.valueOf(row.getString("profile")),
        ClientAuthentication.of(row.getString("authentication")),
        row.getString("jwks"),
        split(row.getString("redirect_uris")),
        split(row.getString("grant_types")).stream()
            .map(value -> GrantType.of(value).orElseThrow())
            .collect(Collectors.toSet()),
        split(row.getString("scopes")),
        row.getString("id_token_alg"),
        row.getBoolean("consent_required"),
        new Client.Logout(
            split(row.getString("post_logout_redirect_uris")),
            row.getString("backchannel_logout_uri"),
            row.getBoolean("backchannel_logout_session_required")));
  }

  private static String joined(Set<String> values) {
    return String.join(" ", new TreeSet<>(values));
  }

  private static Set<String> split(String text) {
    return text.isEmpty() ? Set.of() : Set.of(text.split(" "));
  }
}
