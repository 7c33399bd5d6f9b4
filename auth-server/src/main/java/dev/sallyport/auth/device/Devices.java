package dev.sallyport.auth.device;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.token.CredentialSettings;
import dev.sallyport.auth.token.DeviceBindings;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.SigningKeys;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * The devices of accounts and their credentials: this server as the MLS Authentication Service (RFC
 * 9750 §3.1). Every change records its security event in the same transaction.
 */
@Component
public class Devices implements DeviceBindings {

  private static final String CREDENTIAL_TYP = "device-credential+jwt";
  private static final String COLUMNS =
      "device_id, account_id, name, created_at_ms, credential_expires_at_ms";

  private final JdbcClient jdbc;
  private final SigningKeys keys;
  private final IssuerSettings issuer;
  private final CredentialSettings settings;
  private final SecurityEvents events;
  private final RandomIds ids;
  private final Clock clock;

  Devices(
      JdbcClient jdbc,
      SigningKeys keys,
      IssuerSettings issuer,
      CredentialSettings settings,
      SecurityEvents events,
      RandomIds ids,
      Clock clock) {
    this.jdbc = jdbc;
    this.keys = keys;
    this.issuer = issuer;
    this.settings = settings;
    this.events = events;
    this.ids = ids;
    this.clock = clock;
  }

  /** The live devices of an account, oldest first. */
  @Transactional(readOnly = true)
  public List<Device> ofAccount(String accountId) {
    return jdbc.sql(
            "SELECT "
                + COLUMNS
                + " FROM device WHERE account_id = ? AND revoked_at_ms IS NULL"
                + " ORDER BY created_at_ms, device_id")
        .param(accountId)
        .query(
            (row, _) ->
                new Device(
                    row.getString("device_id"),
                    row.getString("account_id"),
                    row.getString("name"),
                    Instant.ofEpochMilli(row.getLong("created_at_ms")),
                    Instant.ofEpochMilli(row.getLong("credential_expires_at_ms"))))
        .list();
  }

  @Override
  @Transactional(readOnly = true)
  public boolean bound(String accountId, String deviceId, String jkt) {
    return jdbc.sql(
                "SELECT COUNT(*) FROM device WHERE device_id = ? AND account_id = ? AND jkt = ?"
                    + " AND revoked_at_ms IS NULL")
            .params(deviceId, accountId, jkt)
            .query(Long.class)
            .single()
        > 0;
  }

  /**
   * Revokes a device: gateways close its sockets and refuse its credential.
   *
   * @return whether it was a live device of the account; of two callers at the same time one gets
   *     true
   */
  @Transactional
  public boolean revoke(String accountId, String deviceId, Actor actor) {
    int changed =
        jdbc.sql(
                "UPDATE device SET revoked_at_ms = ? WHERE device_id = ? AND account_id = ?"
                    + " AND revoked_at_ms IS NULL")
            .params(clock.millis(), deviceId, accountId)
            .update();
    if (changed == 0) {
      return false;
    }
    events.record(actor, new SecurityEvent.DeviceRevoked(accountId, deviceId));
    return true;
  }

  /** Makes a device of the account, with the key whose possession was shown. */
  @Transactional
  Enrolment enrol(String accountId, String jkt, String name, OctetKeyPair key) {
    // One at a time for an account, so that two requests cannot both take its last place.
    jdbc.sql("SELECT id FROM account WHERE id = ? FOR UPDATE")
        .param(accountId)
        .query(String.class)
        .optional();
    if (ofAccount(accountId).size() >= settings.perAccountMax()) {
      return new Enrolment.TooMany(settings.perAccountMax());
    }
    if (keyInUse(key)) {
      return new Enrolment.KeyInUse();
    }
    String deviceId = ids.uuid7();
    Instant now = now();
    Instant expiresAt = now.plus(settings.credentialTtl());
    jdbc.sql(
            "INSERT INTO device (device_id, account_id, name, signature_key, jkt, created_at_ms,"
                + " credential_expires_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .params(
            deviceId,
            accountId,
            name,
            key.getX().toString(),
            jkt,
            now.toEpochMilli(),
            expiresAt.toEpochMilli())
        .update();
    events.record(Actor.user(accountId), new SecurityEvent.DeviceEnrolled(accountId, deviceId));
    return issue(accountId, deviceId, key, now, expiresAt);
  }

  /**
   * A new credential for a device that still has its key; its DPoP key from now on is {@code jkt}.
   */
  @Transactional
  Enrolment renew(String accountId, String jkt, String deviceId, OctetKeyPair key) {
    Optional<String> recorded =
        jdbc.sql(
                "SELECT signature_key FROM device WHERE device_id = ? AND account_id = ?"
                    + " AND revoked_at_ms IS NULL")
            .params(deviceId, accountId)
            .query(String.class)
            .optional();
    if (recorded.isEmpty()) {
      return new Enrolment.Unknown();
    }
    if (!recorded.get().equals(key.getX().toString())) {
      return new Enrolment.OtherKey();
    }
    Instant now = now();
    Instant expiresAt = now.plus(settings.credentialTtl());
    int changed =
        jdbc.sql(
                "UPDATE device SET jkt = ?, credential_expires_at_ms = ? WHERE device_id = ?"
                    + " AND revoked_at_ms IS NULL")
            .params(jkt, expiresAt.toEpochMilli(), deviceId)
            .update();
    if (changed == 0) {
      return new Enrolment.Unknown();
    }
    events.record(Actor.user(accountId), new SecurityEvent.DeviceRenewed(accountId, deviceId));
    return issue(accountId, deviceId, key, now, expiresAt);
  }

  private boolean keyInUse(OctetKeyPair key) {
    return jdbc.sql("SELECT COUNT(*) FROM device WHERE signature_key = ? AND revoked_at_ms IS NULL")
            .param(key.getX().toString())
            .query(Long.class)
            .single()
        > 0;
  }

  private Enrolment issue(
      String accountId, String deviceId, OctetKeyPair key, Instant now, Instant expiresAt) {
    Base64URL x = key.getX();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer.issuer())
            .subject(accountId)
            .claim("device_id", deviceId)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(expiresAt))
            .jwtID(ids.uuid7())
            .claim(
                "cnf",
                Map.of("jwk", new OctetKeyPair.Builder(Curve.Ed25519, x).build().toJSONObject()))
            .build();
    return new Enrolment.Issued(
        deviceId, keys.sign(KeyPurpose.DEVICE, CREDENTIAL_TYP, claims), expiresAt);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }
}
