package dev.sallyport.auth.client;

import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Clients in the database, their secrets as a fast keyed hash: they are random, not chosen. */
@Component
final class StoredClients implements Clients, ClientRegistry {

  private static final Logger log = LoggerFactory.getLogger(StoredClients.class);

  private static final int SECRET_BYTES = 32;

  /** So that no one can find it by trying, whoever chose it. */
  static final int SECRET_CHARS_MIN = 32;

  /** What a request may present. */
  static final int SECRET_CHARS_MAX = 512;

  /** Among what {@link #change} changed. */
  static final String PROFILE = "profile";

  private static final String METADATA = "metadata";

  /** By which names the client knows its people. */
  static final String SUBJECTS = "subject-type";

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
  private final ClientKeys clientKeys;
  private final MutualTls tls;
  private final ObjectProvider<ClientEnd> ends;
  private final RecentClients recent = new RecentClients(Ticker.systemTicker());

  StoredClients(
      JdbcClient jdbc,
      SharedKeys keys,
      GatewayKeys gatewayKeys,
      SecurityEvents events,
      TransactionTemplate transaction,
      Clock clock,
      SecureRandom random,
      ClientKeys clientKeys,
      MutualTls tls,
      ObjectProvider<ClientEnd> ends) {
    this.jdbc = jdbc;
    this.keys = keys;
    this.gatewayKeys = gatewayKeys;
    this.events = events;
    this.transaction = transaction;
    this.clock = clock;
    this.random = random;
    this.clientKeys = clientKeys;
    this.tls = tls;
    this.ends = ends;
  }

  private static final String SELECT =
      """
      SELECT client_id, name, profile, authentication, jwks, redirect_uris, grant_types,
             scopes, id_token_alg, consent_required, post_logout_redirect_uris,
             backchannel_logout_uri, backchannel_logout_session_required, metadata,
             secret_hash, origin, version, created_at_ms
      FROM oauth_client WHERE disabled_at_ms IS NULL
      """;

  @Override
  public Optional<Client> find(String clientId) {
    return known(clientId).map(RecentClients.Known::client);
  }

  private Optional<RecentClients.Known> known(String clientId) {
    return recent.find(
        clientId,
        id ->
            jdbc.sql(SELECT + " AND client_id = ?")
                .param(id)
                .query(
                    (row, n) -> new RecentClients.Known(read(row, n), row.getString("secret_hash")))
                .optional());
  }

  @Override
  public Registration register(Client client) {
    return register(client, ClientOrigin.REGISTERED, Actor.system(), null);
  }

  @Override
  public Registration register(
      Client client, ClientOrigin origin, Actor actor, @Nullable String registrationToken) {
    return register(
        client,
        client.authentication().secret() ? newSecret() : null,
        origin,
        actor,
        registrationToken);
  }

  /** As {@link #register(Client)}, with a secret that is already known to the client. */
  Registration register(Client client, @Nullable String secret, ClientOrigin origin) {
    return register(client, secret, origin, Actor.system(), null);
  }

  private Registration register(
      Client client,
      @Nullable String secret,
      ClientOrigin origin,
      Actor actor,
      @Nullable String registrationToken) {
    if (client.authentication().secret()
        && (secret == null || secret.length() < SECRET_CHARS_MIN)) {
      return new Registration.Rejected(
          List.of(new Registration.Problem("client_secret", "must have 32 characters or more")));
    }
    List<Registration.Problem> problems = check(client);
    if (!problems.isEmpty()) {
      return new Registration.Rejected(problems);
    }
    try {
      transaction.executeWithoutResult(
          _ -> {
            insert(client, secret, origin, registrationToken);
            events.record(
                actor,
                new SecurityEvent.ClientRegistered(client.clientId(), client.profile().text()));
          });
    } catch (DuplicateKeyException e) {
      return new Registration.Rejected(List.of(new Registration.Problem("client_id", "is taken")));
    }
    return new Registration.Registered(client, secret);
  }

  private void insert(
      Client client,
      @Nullable String secret,
      ClientOrigin origin,
      @Nullable String registrationToken) {
    jdbc.sql(
            """
              INSERT INTO oauth_client (client_id, name, profile, authentication, secret_hash, jwks,
                redirect_uris, grant_types, scopes, id_token_alg, consent_required, created_at_ms,
                origin, post_logout_redirect_uris, backchannel_logout_uri,
                backchannel_logout_session_required, metadata, registration_token_hash)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
                client.logout().sessionRequired(),
                client.metadata().stored(),
                registrationToken == null ? null : sha256(registrationToken)))
        .update();
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
    Set<String> changes = changeTo(client, secret == null ? null : hash(secret));
    if (!changes.isEmpty()) {
      events.record(Actor.system(), new SecurityEvent.ClientChanged(client.clientId(), changes));
    }
    return changes;
  }

  private Set<String> changeTo(Client client, @Nullable String secretHash) {
    String id = client.clientId();
    Set<String> changes =
        jdbc.sql("SELECT * FROM oauth_client WHERE client_id = ? FOR UPDATE")
            .param(id)
            .query((row, n) -> differences(row, client, secretHash))
            .single();
    if (!changes.isEmpty()) {
      recent.forget(id);
      jdbc.sql(
              """
              UPDATE oauth_client SET name = ?, profile = ?, authentication = ?, secret_hash = ?,
                jwks = ?, redirect_uris = ?, grant_types = ?, scopes = ?, id_token_alg = ?,
                consent_required = ?, post_logout_redirect_uris = ?, backchannel_logout_uri = ?,
                backchannel_logout_session_required = ?, metadata = ?, version = version + 1,
                disabled_at_ms = NULL
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
                  client.metadata().stored(),
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
    note(changes, METADATA, before.metadata(), client.metadata());
    note(changes, SUBJECTS, before.metadata().sector(), client.metadata().sector());
    return changes;
  }

  private static void note(
      Set<String> changes, String what, @Nullable Object before, @Nullable Object after) {
    if (!Objects.equals(before, after)) {
      changes.add(what);
    }
  }

  /**
   * From now on there is no such client; its id stays taken. Call within a transaction.
   *
   * @return whether there was one
   */
  boolean disable(String clientId, Actor actor) {
    boolean disabled =
        jdbc.sql(
                    "UPDATE oauth_client SET disabled_at_ms = ?"
                        + " WHERE client_id = ? AND disabled_at_ms IS NULL")
                .params(clock.millis(), clientId)
                .update()
            == 1;
    if (disabled) {
      recent.forget(clientId);
      events.record(actor, new SecurityEvent.ClientRemoved(clientId));
    }
    return disabled;
  }

  // ---- as the registry

  @Override
  public Optional<Entry> entry(String clientId) {
    return jdbc.sql(SELECT + " AND client_id = ?")
        .param(clientId)
        .query(StoredClients::readEntry)
        .optional();
  }

  @Override
  public List<Entry> page(String after, int countMax) {
    return jdbc.sql(
            SELECT
                + " AND client_id > ? ORDER BY client_id FETCH FIRST %d ROWS ONLY"
                    .formatted(countMax))
        .param(after)
        .query(StoredClients::readEntry)
        .list();
  }

  @Override
  public List<Registration.Problem> check(Client client) {
    List<Registration.Problem> problems =
        new ArrayList<>(ClientRules.check(client, gatewayKeys.sourceOf(client.clientId())));
    problems.addAll(ClientRules.checkHere(client, tls));
    return problems;
  }

  @Override
  public int count(ClientOrigin origin) {
    return jdbc.sql("SELECT COUNT(*) FROM oauth_client WHERE origin = ? AND disabled_at_ms IS NULL")
        .param(origin.text())
        .query(Integer.class)
        .single();
  }

  @Override
  public Change change(
      Client client, @Nullable Long version, Actor actor, @Nullable String registrationToken) {
    List<Registration.Problem> problems = check(client);
    return problems.isEmpty()
        ? locked(
            client.clientId(),
            version,
            entry -> changeLocked(entry, client, actor, registrationToken))
        : new Change.Rejected(problems);
  }

  private Change changeLocked(
      Entry entry, Client client, Actor actor, @Nullable String registrationToken) {
    String id = client.clientId();
    boolean needed = client.authentication().secret();
    String secret = needed && !entry.client().authentication().secret() ? newSecret() : null;
    String hash = secret != null ? hash(secret) : needed ? secretHash(id) : null;
    Set<String> changes = new LinkedHashSet<>(changeTo(client, hash));
    if (registrationToken != null) {
      setRegistrationToken(id, registrationToken);
    }
    if (changes.contains(PROFILE) || changes.contains(SUBJECTS)) {
      // what it has was given under other rules, or names people as they are not called any more
      end(id);
    }
    if (!changes.isEmpty()) {
      events.record(actor, new SecurityEvent.ClientChanged(id, changes));
    }
    return new Change.Changed(entry(id).orElseThrow(), secret);
  }

  private @Nullable String secretHash(String clientId) {
    return jdbc.sql("SELECT secret_hash FROM oauth_client WHERE client_id = ?")
        .param(clientId)
        .query((row, n) -> Optional.ofNullable(row.getString(1)))
        .single()
        .orElse(null);
  }

  private void setRegistrationToken(String clientId, String token) {
    jdbc.sql("UPDATE oauth_client SET registration_token_hash = ? WHERE client_id = ?")
        .params(sha256(token), clientId)
        .update();
  }

  @Override
  public Change rotateSecret(String clientId, @Nullable Long version, Actor actor) {
    return locked(
        clientId,
        version,
        entry -> {
          if (!entry.client().authentication().secret()) {
            return new Change.Rejected(
                List.of(
                    new Registration.Problem(
                        "client_secret",
                        "is not for a client that authenticates by `%s`"
                            .formatted(entry.client().authentication().value()))));
          }
          String secret = newSecret();
          recent.forget(clientId);
          jdbc.sql(
                  "UPDATE oauth_client SET secret_hash = ?, version = version + 1 WHERE client_id ="
                      + " ?")
              .params(hash(secret), clientId)
              .update();
          events.record(actor, new SecurityEvent.ClientChanged(clientId, Set.of("secret")));
          return new Change.Changed(entry(clientId).orElseThrow(), secret);
        });
  }

  @Override
  public Change remove(String clientId, @Nullable Long version, Actor actor) {
    return locked(
        clientId,
        version,
        entry -> {
          disable(clientId, actor);
          end(clientId);
          if (entry.origin() == ClientOrigin.DYNAMIC) {
            // its id is random: it will not mean another, and need not be kept
            jdbc.sql("DELETE FROM oauth_client WHERE client_id = ?").param(clientId).update();
          }
          return new Change.Changed(entry, null);
        });
  }

  private void end(String clientId) {
    ends.orderedStream().forEach(one -> one.ended(clientId));
  }

  /** Does something to a client that nobody else changes meanwhile. */
  private Change locked(String clientId, @Nullable Long version, Function<Entry, Change> act) {
    return Objects.requireNonNull(
        transaction.execute(
            _ -> {
              Entry entry =
                  jdbc.sql(SELECT + " AND client_id = ? FOR UPDATE")
                      .param(clientId)
                      .query(StoredClients::readEntry)
                      .optional()
                      .orElse(null);
              if (entry == null) {
                return new Change.Gone();
              }
              if (!entry.origin().changeable()) {
                return new Change.Fixed();
              }
              return version != null && version != entry.version()
                  ? new Change.Stale()
                  : act.apply(entry);
            }));
  }

  @Override
  public Optional<Entry> byRegistrationToken(String clientId, String token) {
    String expected =
        jdbc.sql(
                "SELECT registration_token_hash FROM oauth_client WHERE client_id = ? AND"
                    + " disabled_at_ms IS NULL")
            .param(clientId)
            .query((row, n) -> Optional.ofNullable(row.getString(1)))
            .optional()
            .flatMap(hash -> hash)
            .orElse(NO_HASH);
    return MessageDigest.isEqual(
            expected.getBytes(StandardCharsets.US_ASCII),
            sha256(token).getBytes(StandardCharsets.US_ASCII))
        ? entry(clientId)
        : Optional.empty();
  }

  private static String sha256(String text) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this JVM", e);
    }
  }

  private static String grants(Client client) {
    return joined(client.grantTypes().stream().map(GrantType::value).collect(Collectors.toSet()));
  }

  @Override
  public boolean secretMatches(String clientId, String secret) {
    String expected = known(clientId).map(RecentClients.Known::secretHash).orElse(NO_HASH);
    return MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.US_ASCII),
        hash(secret).getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public JWKSet keysOf(Client client) {
    String uri = client.metadata().jwksUri();
    if (uri != null) {
      return clientKeys.at(uri);
    }
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

  @Override
  public Optional<JWKSet> newKeysOf(Client client) {
    String uri = client.metadata().jwksUri();
    return uri == null ? Optional.empty() : clientKeys.again(uri);
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
            row.getBoolean("backchannel_logout_session_required")),
        ClientMetadata.ofStored(row.getString("metadata")));
  }

  private static Entry readEntry(ResultSet row, int n) throws SQLException {
    return new Entry(
        read(row, n),
        ClientOrigin.of(row.getString("origin")),
        row.getLong("version"),
        Instant.ofEpochMilli(row.getLong("created_at_ms")));
  }

  private static String joined(Set<String> values) {
    return String.join(" ", new TreeSet<>(values));
  }

  private static Set<String> split(String text) {
    return text.isEmpty() ? Set.of() : Set.of(text.split(" "));
  }
}
