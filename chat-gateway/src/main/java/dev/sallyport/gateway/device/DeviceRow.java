package dev.sallyport.gateway.device;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;

/**
 * A registered device. Times are milliseconds since the Unix epoch.
 *
 * <p>Only what changed is written: a credential that is renewed while the device is revoked must
 * not bring it back.
 */
@Entity
@DynamicUpdate
@Table(name = "device")
class DeviceRow {

  @Id
  @Column(name = "id")
  private String id = "";

  @Column(name = "user_id")
  private String userId = "";

  @Column(name = "credential")
  private String credential = "";

  @Column(name = "signature_key")
  private byte[] signatureKey = new byte[0];

  @Column(name = "credential_expires_at")
  private long credentialExpiresAt;

  @Column(name = "registered_at")
  private long registeredAt;

  @Column(name = "name")
  private String name = "";

  @Column(name = "revoked_at")
  private @Nullable Long revokedAt;

  /** Whether the rooms of its user were told that it came, or went. */
  @Column(name = "announced")
  private boolean announced;

  /** For JPA. */
  protected DeviceRow() {}

  DeviceRow(String id, String userId, long registeredAt) {
    this.id = id;
    this.userId = userId;
    this.registeredAt = registeredAt;
  }

  /** Takes a renewed credential. */
  void renew(DeviceCredential renewed) {
    credential = renewed.compact();
    signatureKey = renewed.signatureKey().toByteArray();
    credentialExpiresAt = renewed.expiresAtMillis();
  }

  void rename(String given) {
    name = given;
  }

  void revoke(long now) {
    if (revokedAt == null) {
      revokedAt = now;
      announced = false;
    }
  }

  String userId() {
    return userId;
  }

  boolean revoked() {
    return revokedAt != null;
  }

  Device device() {
    return new Device(
        id,
        userId,
        credential,
        com.google.protobuf.ByteString.copyFrom(signatureKey),
        credentialExpiresAt,
        registeredAt,
        name);
  }
}
