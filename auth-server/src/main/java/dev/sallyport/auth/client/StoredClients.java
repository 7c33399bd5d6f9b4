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
import java.util.List;
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
  private static final int SECRET_CHARS_MIN = 32;
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
                   scopes, id_token_alg, consent_required
            FROM oauth_client WHERE client_id = ?
            """)
        .param(clientId)
        .query(StoredClients::read)
        .optional();
  }

  @Override
  public Registration register(Client client) {
    return register(client, client.authentication().secret() ? newSecret() : null);
  }

  /** As {@link #register(Client)}, with a secret that is already known to the client. */
  Registration register(Client client, @Nullable String secret) {
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
      transaction.executeWithoutResult(_ -> insert(client, secret));
    } catch (DuplicateKeyException e) {
      return new Registration.Rejected(List.of(new Registration.Problem("client_id", "is taken")));
    }
    return new Registration.Registered(client, secret);
  }

  private void insert(Client client, @Nullable String secret) {
    jdbc.sql(
            """
              INSERT INTO oauth_client (client_id, name, profile, authentication, secret_hash, jwks,
                redirect_uris, grant_types, scopes, id_token_alg, consent_required, created_at_ms)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
                joined(
                    client.grantTypes().stream().map(GrantType::value).collect(Collectors.toSet())),
                joined(client.scopes()),
                client.idTokenAlg(),
                client.consentRequired(),
                clock.millis()))
        .update();
    events.record(
        Actor.system(),
        new SecurityEvent.ClientRegistered(client.clientId(), client.profile().text()));
  }

  @Override
  public boolean secretMatches(String clientId, String secret) {
    String expected =
        jdbc.sql("SELECT secret_hash FROM oauth_client WHERE client_id = ?")
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
        row.getBoolean("consent_required"));
  }

  private static String joined(Set<String> values) {
    return String.join(" ", new TreeSet<>(values));
  }

  private static Set<String> split(String text) {
    return text.isEmpty() ? Set.of() : Set.of(text.split(" "));
  }
}
