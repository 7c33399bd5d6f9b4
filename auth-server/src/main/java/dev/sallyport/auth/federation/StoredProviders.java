package dev.sallyport.auth.federation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.auth.vault.Vault;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The providers in the database, read anew each time: a change counts at once, on every node. */
@Component
final class StoredProviders {

  private static final String COLUMNS = "id, document, sealed_secret, version, changed_at_ms";

  private final JdbcClient jdbc;
  private final Vault vault;
  private final Clock clock;

  StoredProviders(JdbcClient jdbc, Vault vault, Clock clock) {
    this.jdbc = jdbc;
    this.vault = vault;
    this.clock = clock;
  }

  Optional<IdentityProvider> find(String id) {
    return jdbc.sql("SELECT " + COLUMNS + " FROM identity_provider WHERE id = ?")
        .param(id)
        .query(this::read)
        .optional();
  }

  /** Within a transaction: nobody else changes it before that ends. */
  Optional<IdentityProvider> lock(String id) {
    return jdbc.sql("SELECT " + COLUMNS + " FROM identity_provider WHERE id = ? FOR UPDATE")
        .param(id)
        .query(this::read)
        .optional();
  }

  /** By id, those after one. */
  List<IdentityProvider> page(String after, int limit) {
    return jdbc.sql(
            "SELECT "
                + COLUMNS
                + " FROM identity_provider WHERE id > ? ORDER BY id FETCH FIRST "
                + limit
                + " ROWS ONLY")
        .param(after)
        .query(this::read)
        .list();
  }

  int count() {
    return jdbc.sql("SELECT count(*) FROM identity_provider").query(Integer.class).single();
  }

  void insert(IdentityProvider provider) {
    jdbc.sql(
            "INSERT INTO identity_provider"
                + " (id, document, sealed_secret, version, created_at_ms, changed_at_ms)"
                + " VALUES (?, ?, ?, 1, ?, ?)")
        .params(
            Arrays.asList(
                provider.id(),
                ProviderDocument.stored(provider),
                sealed(provider),
                clock.millis(),
                clock.millis()))
        .update();
  }

  /** The caller holds its lock. */
  void update(IdentityProvider provider) {
    jdbc.sql(
            "UPDATE identity_provider SET document = ?, sealed_secret = ?, version = version + 1,"
                + " changed_at_ms = ? WHERE id = ?")
        .params(
            Arrays.asList(
                ProviderDocument.stored(provider), sealed(provider), clock.millis(), provider.id()))
        .update();
  }

  void delete(String id) {
    jdbc.sql("DELETE FROM identity_provider WHERE id = ?").param(id).update();
  }

  private @Nullable String sealed(IdentityProvider provider) {
    String secret = provider.clientSecret();
    return secret == null
        ? null
        : Base64.getUrlEncoder()
            .encodeToString(vault.seal(secret.getBytes(UTF_8), purpose(provider.id())));
  }

  private IdentityProvider read(ResultSet row, int n) throws SQLException {
    String id = row.getString("id");
    String sealed = row.getString("sealed_secret");
    long version = row.getLong("version");
    return ProviderDocument.ofStored(
        row.getString("document"),
        sealed == null
            ? null
            : new String(vault.open(Base64.getUrlDecoder().decode(sealed), purpose(id)), UTF_8),
        version,
        // one that was removed and made again begins at the first version again
        version + "." + row.getLong("changed_at_ms"));
  }

  private static String purpose(String id) {
    return "identity-provider/" + id;
  }
}
