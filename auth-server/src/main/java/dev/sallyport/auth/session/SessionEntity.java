package dev.sallyport.auth.session;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/**
 * The row behind a {@link SignInSession}. It stays after the end, until nothing can refer to it.
 */
@Entity
@Table(name = "sign_in_session")
class SessionEntity {

  @Id String sid;
  String accountId;
  Instant authTime;
  String acr;

  /** Separated by spaces. */
  String amr;

  String userAgent;
  String address;
  Instant expiresAt;
  @Nullable Instant endedAt;
  @Nullable String endedBy;

  /** For JPA. */
  @NullUnmarked
  SessionEntity() {}

  SessionEntity(SignInSession session) {
    this.sid = session.sid();
    this.accountId = session.accountId();
    this.authTime = session.authTime();
    this.acr = session.acr();
    this.amr = String.join(" ", session.amr());
    this.userAgent = session.userAgent();
    this.address = session.address();
    this.expiresAt = session.expiresAt();
  }

  SignInSession toSession() {
    return new SignInSession(
        sid, accountId, authTime, acr, List.of(amr.split(" ")), userAgent, address, expiresAt);
  }
}
