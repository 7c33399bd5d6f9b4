package dev.sallyport.auth.federation;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.NullUnmarked;

/** The row behind a {@link LinkedIdentity}. */
@Entity
@Table(name = "federated_identity")
class IdentityEntity {

  @Id String id;
  String idp;
  String issuer;
  String subject;
  String accountId;
  String label;
  Instant linkedAt;

  /** For JPA. */
  @NullUnmarked
  IdentityEntity() {}

  IdentityEntity(String id, ProviderIdentity identity, String accountId, Instant linkedAt) {
    this.id = id;
    this.idp = identity.idp();
    this.issuer = identity.issuer();
    this.subject = identity.subject();
    this.accountId = accountId;
    this.label = identity.label();
    this.linkedAt = linkedAt;
  }
}
