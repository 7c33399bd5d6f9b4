package dev.sallyport.auth.password;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.NullUnmarked;

/** The password of one account. */
@Entity
@Table(name = "password")
class PasswordEntity {

  @Id String accountId;

  /** Argon2's own encoding, with parameters and salt. */
  String hash;

  /** To be replaced at the next sign-in. */
  boolean oneTime;

  Instant changedAt;

  /** Grows each time it is replaced; not when it is only hashed anew. */
  long version;

  /** For JPA. */
  @NullUnmarked
  PasswordEntity() {}

  PasswordEntity(String accountId, String hash, boolean oneTime, Instant changedAt, long version) {
    this.accountId = accountId;
    this.hash = hash;
    this.oneTime = oneTime;
    this.changedAt = changedAt;
    this.version = version;
  }
}
