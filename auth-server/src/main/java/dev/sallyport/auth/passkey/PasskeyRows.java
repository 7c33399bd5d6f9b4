package dev.sallyport.auth.passkey;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sallyport.auth.vault.RandomIds;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.web.webauthn.api.AuthenticatorTransport;
import org.springframework.security.web.webauthn.api.Bytes;
import org.springframework.security.web.webauthn.api.CredentialRecord;
import org.springframework.security.web.webauthn.api.ImmutableCredentialRecord;
import org.springframework.security.web.webauthn.api.ImmutablePublicKeyCose;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialType;
import org.springframework.security.web.webauthn.management.UserCredentialRepository;
import org.springframework.stereotype.Component;

/** The rows, as Spring Security reads and writes them, and as {@link Passkeys} does. */
@Component
class PasskeyRows implements UserCredentialRepository {

  private static final String RECORD =
      "select credential_id, account_id, name, public_key, signature_count, uv_initialized,"
          + " backup_eligible, backup_state, transports, attestation_object, created_at,"
          + " last_used_at from passkey ";

  private final JdbcTemplate jdbc;
  private final RandomIds ids;
  private final Clock clock;

  PasskeyRows(JdbcTemplate jdbc, RandomIds ids, Clock clock) {
    this.jdbc = jdbc;
    this.ids = ids;
    this.clock = clock;
  }

  /** The user handle of an account: its id tells nobody anything. */
  static Bytes handle(String accountId) {
    return new Bytes(accountId.getBytes(US_ASCII));
  }

  static String accountId(Bytes handle) {
    return new String(handle.getBytes(), US_ASCII);
  }

  @Override
  public void delete(Bytes credentialId) {
    jdbc.update("delete from passkey where credential_id = ?", credentialId.toBase64UrlString());
  }

  /** A new one, or the count and state after use. */
  @Override
  public void save(CredentialRecord credential) {
    int updated =
        jdbc.update(
            "update passkey set signature_count = ?, uv_initialized = ?, backup_state = ?,"
                + " last_used_at = ? where credential_id = ?",
            credential.getSignatureCount(),
            credential.isUvInitialized(),
            credential.isBackupState(),
            now(),
            credential.getCredentialId().toBase64UrlString());
    if (updated == 0) {
      jdbc.update(
          "insert into passkey (id, credential_id, account_id, name, public_key, signature_count,"
              + " uv_initialized, backup_eligible, backup_state, transports, attestation_object,"
              + " created_at, last_used_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          ids.uuid7(),
          credential.getCredentialId().toBase64UrlString(),
          accountId(credential.getUserEntityUserId()),
          credential.getLabel(),
          credential.getPublicKey().getBytes(),
          credential.getSignatureCount(),
          credential.isUvInitialized(),
          credential.isBackupEligible(),
          credential.isBackupState(),
          credential.getTransports().stream()
              .map(AuthenticatorTransport::getValue)
              .collect(Collectors.joining(" ")),
          Objects.requireNonNull(credential.getAttestationObject()).getBytes(),
          now(),
          now());
    }
  }

  @Override
  public @Nullable CredentialRecord findByCredentialId(Bytes credentialId) {
    return jdbc
        .query(
            RECORD + "where credential_id = ?", PasskeyRows::read, credentialId.toBase64UrlString())
        .stream()
        .findFirst()
        .orElse(null);
  }

  @Override
  public List<CredentialRecord> findByUserId(Bytes handle) {
    return jdbc.query(
        RECORD + "where account_id = ? order by id", PasskeyRows::read, accountId(handle));
  }

  private static CredentialRecord read(ResultSet row, int index) throws SQLException {
    String transports = row.getString("transports");
    Set<AuthenticatorTransport> known =
        transports.isEmpty()
            ? Set.of()
            : Arrays.stream(transports.split(" ", -1))
                .map(AuthenticatorTransport::valueOf)
                .collect(Collectors.toUnmodifiableSet());
    return ImmutableCredentialRecord.builder()
        .credentialType(PublicKeyCredentialType.PUBLIC_KEY)
        .credentialId(Bytes.fromBase64(row.getString("credential_id")))
        .userEntityUserId(handle(row.getString("account_id")))
        .publicKey(new ImmutablePublicKeyCose(row.getBytes("public_key")))
        .signatureCount(row.getLong("signature_count"))
        .uvInitialized(row.getBoolean("uv_initialized"))
        .transports(known)
        .backupEligible(row.getBoolean("backup_eligible"))
        .backupState(row.getBoolean("backup_state"))
        .attestationObject(new Bytes(row.getBytes("attestation_object")))
        .label(row.getString("name"))
        .created(instant(row, "created_at"))
        .lastUsed(instant(row, "last_used_at"))
        .build();
  }

  List<Passkey> ofAccount(String accountId) {
    return jdbc.query(
        "select id, name, backup_eligible, created_at, last_used_at from passkey"
            + " where account_id = ? order by id",
        (row, _) ->
            new Passkey(
                row.getString("id"),
                row.getString("name"),
                row.getBoolean("backup_eligible"),
                instant(row, "created_at"),
                instant(row, "last_used_at")),
        accountId);
  }

  boolean rename(String accountId, String id, String name) {
    return jdbc.update(
            "update passkey set name = ? where id = ? and account_id = ?", name, id, accountId)
        == 1;
  }

  boolean remove(String accountId, String id) {
    return jdbc.update("delete from passkey where id = ? and account_id = ?", id, accountId) == 1;
  }

  int removeAll(String accountId) {
    return jdbc.update("delete from passkey where account_id = ?", accountId);
  }

  private OffsetDateTime now() {
    return clock.instant().atOffset(ZoneOffset.UTC);
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return Objects.requireNonNull(row.getObject(column, OffsetDateTime.class)).toInstant();
  }
}
