package dev.sallyport.gateway.door;

import dev.sallyport.policy.value.Value;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a valid gateway token says (decision 0002, <em>Gateway token</em>). Values only: the compact
 * serialization is not kept.
 *
 * @param userId {@code sub}
 * @param deviceId absent where the token names no device; such a token opens no socket
 * @param grantId the authorization the token comes from; absent where it comes from none
 * @param jkt RFC 7638 thumbprint of the DPoP key, {@code cnf.jkt}
 * @param mfa whether the sign-in had a second factor
 * @param attributes admin-managed, ready for policies
 * @param limits the rooms and actions that it is good for; null: not limited
 */
public record GatewayToken(
    String userId,
    @Nullable String deviceId,
    String clientId,
    String sid,
    @Nullable String grantId,
    String jkt,
    Set<String> scopes,
    boolean mfa,
    Set<String> roles,
    Set<String> groups,
    Map<String, Value> attributes,
    @Nullable RoomLimits limits,
    Instant issuedAt,
    Instant expiresAt) {

  /** A token that is not limited to rooms. */
  public GatewayToken(
      String userId,
      @Nullable String deviceId,
      String clientId,
      String sid,
      @Nullable String grantId,
      String jkt,
      Set<String> scopes,
      boolean mfa,
      Set<String> roles,
      Set<String> groups,
      Map<String, Value> attributes,
      Instant issuedAt,
      Instant expiresAt) {
    this(
        userId,
        deviceId,
        clientId,
        sid,
        grantId,
        jkt,
        scopes,
        mfa,
        roles,
        groups,
        attributes,
        null,
        issuedAt,
        expiresAt);
  }

  public GatewayToken {
    scopes = Set.copyOf(scopes);
    roles = Set.copyOf(roles);
    groups = Set.copyOf(groups);
    attributes = Map.copyOf(attributes);
  }

  GatewayToken withClaims(
      Set<String> newRoles, Set<String> newGroups, Map<String, Value> newAttributes) {
    return new GatewayToken(
        userId,
        deviceId,
        clientId,
        sid,
        grantId,
        jkt,
        scopes,
        mfa,
        newRoles,
        newGroups,
        newAttributes,
        limits,
        issuedAt,
        expiresAt);
  }
}
