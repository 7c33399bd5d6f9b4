package dev.sallyport.gateway.door;

import dev.sallyport.policy.value.EntityUid;
import dev.sallyport.policy.value.IpValue;
import dev.sallyport.policy.value.Value;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who passed the first door: one HTTP request, or one open socket for as long as it lives. A live
 * view: a refreshed token, changed claims and revocation show at once, so ask again rather than
 * keep answers. Thread-safe.
 */
public final class Caller {
  private final EntityUid user;
  private final InetAddress remote;
  private final IpValue remoteValue;
  private final InstantSource clock;
  private volatile Standing standing;
  private volatile boolean revoked;

  /** One state, replaced whole. The closure of roles and groups is made at the first decision. */
  static final class Standing {
    final GatewayToken token;
    final long version;
    @Nullable Belonging belonging;

    Standing(GatewayToken token, long version) {
      this.token = token;
      this.version = version;
    }
  }

  /**
   * Roles and groups with all their ancestors, by one bundle. Immutable, so a benign race is fine.
   */
  record Belonging(long policyVersion, Set<EntityUid> ancestors) {}

  /** The bearer of a token that was found valid. */
  public Caller(GatewayToken token, InetAddress remote, InstantSource clock) {
    this.user = Chat.user(token.userId());
    this.remote = remote;
    this.remoteValue = IpValue.of(remote);
    this.clock = clock;
    this.standing = new Standing(token, 1);
  }

  /** The account's id, {@code sub}. */
  public String userId() {
    return user.id();
  }

  /** {@code Chat::User} of that id: one object for the caller's life. */
  public EntityUid user() {
    return user;
  }

  /** The device the token names; never null on a socket. */
  public @Nullable String deviceId() {
    return standing.token.deviceId();
  }

  public String clientId() {
    return standing.token.clientId();
  }

  /** The sign-in session the token comes from. */
  public String sid() {
    return standing.token.sid();
  }

  public Set<String> scopes() {
    return standing.token.scopes();
  }

  /** Whether the sign-in had a second factor. */
  public boolean mfa() {
    return standing.token.mfa();
  }

  public Set<String> roles() {
    return standing.token.roles();
  }

  public Set<String> groups() {
    return standing.token.groups();
  }

  /** Admin-managed attributes, as policies see them. */
  public Map<String, Value> attributes() {
    return standing.token.attributes();
  }

  /** Whether the token is good for some rooms only, and for nothing outside of them. */
  public boolean limited() {
    return standing.token.limits() != null;
  }

  /** Thumbprint (RFC 7638) of the key the token is bound to. */
  public String jkt() {
    return standing.token.jkt();
  }

  public Instant expiresAt() {
    return standing.token.expiresAt();
  }

  /** The client's address, with trusted proxies looked through. */
  public String remoteIp() {
    return remote.getHostAddress();
  }

  /** Another number whenever anything a decision depends on has changed. */
  public long version() {
    return standing.version;
  }

  /** False once the token expired or was revoked; then every decision refuses. */
  public boolean live() {
    return !revoked && clock.instant().isBefore(standing.token.expiresAt());
  }

  Standing standing() {
    return standing;
  }

  IpValue remoteValue() {
    return remoteValue;
  }

  /** Takes another token of the same user, device and key; the door has checked that. */
  synchronized void become(GatewayToken token) {
    standing = new Standing(token, standing.version + 1);
  }

  void revoke() {
    revoked = true;
  }

  @Override
  public String toString() {
    return "Caller[user=" + userId() + ", device=" + deviceId() + ", client=" + clientId() + "]";
  }
}
