package dev.sallyport.auth.totp;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.NullUnmarked;

/** The enrolled authenticator of one account. */
@Entity
@Table(name = "totp")
class TotpEntity {

  @Id String accountId;

  /** Sealed for {@code totp/<account id>}. */
  byte[] secret;

  Instant enrolledAt;

  /** The last time step whose code was accepted. */
  long lastStep;

  /** For JPA. */
  @NullUnmarked
  TotpEntity() {}
}
