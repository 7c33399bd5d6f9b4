package dev.sallyport.gateway.signal;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.issuer.AccountClaims;
import dev.sallyport.gateway.signal.SecurityEvent.AccountClosed;
import dev.sallyport.gateway.signal.SecurityEvent.ClaimsChanged;
import dev.sallyport.gateway.signal.SecurityEvent.DeviceRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.GrantRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.KeyRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.Other;
import dev.sallyport.gateway.signal.SecurityEvent.PolicyActivated;
import dev.sallyport.gateway.signal.SecurityEvent.SessionRevoked;
import dev.sallyport.gateway.signal.SecurityEvent.UserRevoked;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the claims of a verified SET (RFC 8417; subjects by RFC 9493). An event of a known type
 * that cannot be read is not the same as one of an unknown type: it may revoke something, so it
 * must not be passed over.
 */
final class SetReader {
  private static final String CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
  private static final String RISC = "https://schemas.openid.net/secevent/risc/event-type/";
  private static final String SALLYPORT = "https://sallyport.dev/secevent/";
  private static final int ID_CHARS_MAX = 256;

  private final String issuer;

  SetReader(String issuer) {
    this.issuer = issuer;
  }

  /** The event; empty if it is of a type we act on and makes no sense. */
  Optional<SecurityEvent> read(JWTClaimsSet set) {
    if (!(set.getClaim("events") instanceof Map<?, ?> events) || events.size() != 1) {
      return Optional.empty();
    }
    Map.Entry<?, ?> only = events.entrySet().iterator().next();
    if (!(only.getKey() instanceof String type) || !(only.getValue() instanceof Map<?, ?> event)) {
      return Optional.empty();
    }
    Object subject = set.getClaim("sub_id");
    return Optional.ofNullable(
        switch (type) {
          case CAEP + "session-revoked" -> sessionRevoked(subject, event);
          case CAEP + "token-claims-change" -> claimsChanged(subject, event);
          case CAEP + "credential-change" -> credentialChanged(subject, event);
          case RISC + "account-purged" -> accountClosed(subject);
          case SALLYPORT + "grant-revoked" -> grantRevoked(subject, event);
          case SALLYPORT + "policy-activated" -> policyActivated(event);
          case SALLYPORT + "key-revoked" -> keyRevoked(event);
          default -> new Other();
        });
  }

  private @Nullable SecurityEvent sessionRevoked(@Nullable Object subject, Map<?, ?> event) {
    String user = user(subject);
    Instant at = time(event);
    if (user == null || at == null) {
      return null;
    }
    if (!(subject instanceof Map<?, ?> parts) || parts.get("session") == null) {
      return new UserRevoked(user, at);
    }
    String sid = opaque(parts.get("session"));
    return sid == null ? null : new SessionRevoked(user, sid);
  }

  private @Nullable SecurityEvent claimsChanged(@Nullable Object subject, Map<?, ?> event) {
    String user = user(subject);
    Instant at = time(event);
    if (user == null || at == null || !(event.get("claims") instanceof Map<?, ?> claims)) {
      return null;
    }
    return AccountClaims.read(claims.get("roles"), claims.get("groups"), claims.get("attributes"))
        .map(read -> new ClaimsChanged(user, read, at))
        .orElse(null);
  }

  private @Nullable SecurityEvent credentialChanged(@Nullable Object subject, Map<?, ?> event) {
    if (!"x-device".equals(event.get("credential_type"))
        || !"revoke".equals(event.get("change_type"))) {
      return new Other();
    }
    String user = user(subject);
    String device = subject instanceof Map<?, ?> parts ? opaque(parts.get("device")) : null;
    return user == null || device == null ? null : new DeviceRevoked(user, device);
  }

  private @Nullable SecurityEvent accountClosed(@Nullable Object subject) {
    String user = user(subject);
    return user == null ? null : new AccountClosed(user);
  }

  private @Nullable SecurityEvent grantRevoked(@Nullable Object subject, Map<?, ?> event) {
    String user = user(subject);
    String grant = id(event.get("grant_id"));
    return user == null || grant == null || time(event) == null
        ? null
        : new GrantRevoked(user, grant);
  }

  private static @Nullable SecurityEvent policyActivated(Map<?, ?> event) {
    return event.get("version") instanceof Number version && version.longValue() > 0
        ? new PolicyActivated(version.longValue())
        : null;
  }

  private static @Nullable SecurityEvent keyRevoked(Map<?, ?> event) {
    String kid = id(event.get("kid"));
    return kid == null ? null : new KeyRevoked(kid);
  }

  private @Nullable String user(@Nullable Object subject) {
    return subject instanceof Map<?, ?> parts
            && "complex".equals(parts.get("format"))
            && parts.get("user") instanceof Map<?, ?> user
            && "iss_sub".equals(user.get("format"))
            && issuer.equals(user.get("iss"))
        ? id(user.get("sub"))
        : null;
  }

  private static @Nullable String opaque(@Nullable Object part) {
    return part instanceof Map<?, ?> identifier && "opaque".equals(identifier.get("format"))
        ? id(identifier.get("id"))
        : null;
  }

  private static @Nullable String id(@Nullable Object json) {
    return json instanceof String text && !text.isEmpty() && text.length() <= ID_CHARS_MAX
        ? text
        : null;
  }

  private static @Nullable Instant time(Map<?, ?> event) {
    return event.get("event_timestamp") instanceof Number seconds
            && seconds.longValue() > 0
            && seconds.longValue() < 1L << 40
        ? Instant.ofEpochSecond(seconds.longValue())
        : null;
  }
}
