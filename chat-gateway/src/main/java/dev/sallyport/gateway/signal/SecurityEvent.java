package dev.sallyport.gateway.signal;

import dev.sallyport.gateway.issuer.AccountClaims;
import java.time.Instant;

/** What one SET of the stream says (decision 0002, <em>Signals</em>). */
sealed interface SecurityEvent {
  record SessionRevoked(String userId, String sid) implements SecurityEvent {}

  record UserRevoked(String userId, Instant issuedUpTo) implements SecurityEvent {}

  record GrantRevoked(String userId, String grantId) implements SecurityEvent {}

  record DeviceRevoked(String userId, String deviceId) implements SecurityEvent {}

  record AccountClosed(String userId) implements SecurityEvent {}

  record ClaimsChanged(String userId, AccountClaims claims, Instant issuedUpTo)
      implements SecurityEvent {}

  record PolicyActivated(long version) implements SecurityEvent {}

  /** What that key of the issuer signed is worth nothing: its keys are to be fetched anew. */
  record KeyRevoked(String kid) implements SecurityEvent {}

  /** Of a type that means nothing to a gateway. */
  record Other() implements SecurityEvent {}
}
