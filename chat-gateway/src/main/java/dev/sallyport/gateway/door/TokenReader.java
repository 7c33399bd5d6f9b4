package dev.sallyport.gateway.door;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.gateway.issuer.AccountClaims;
import dev.sallyport.gateway.signal.Revocations;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the claims of a verified gateway token (decision 0002, <em>Gateway token</em>). */
final class TokenReader {
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final String SECOND_FACTOR = "urn:sallyport:acr:2fa";
  private static final int TEXT_CHARS_MAX = 256;
  private static final int THUMBPRINT_CHARS = 43;

  private TokenReader() {}

  /** The token; empty if a claim is absent, of another type, or makes no sense. */
  static Optional<GatewayToken> read(JWTClaimsSet claims) {
    String sub = claims.getSubject();
    String clientId = text(claims.getClaim("client_id"));
    String sid = text(claims.getClaim("sid"));
    Object grant = claims.getClaim("grant_id");
    String grantId = text(grant);
    String jkt = boundTo(claims.getClaim("cnf"));
    Object device = claims.getClaim("device_id");
    Object details = claims.getClaim("authorization_details");
    Optional<RoomLimits> limits = details == null ? Optional.empty() : RoomLimits.read(details);
    Optional<AccountClaims> account =
        AccountClaims.read(
            claims.getClaim("roles"), claims.getClaim("groups"), claims.getClaim("attributes"));
    if (sub == null
        || !UUID.matcher(sub).matches()
        || clientId == null
        || sid == null
        // One that cannot be read could not be revoked.
        || (grant != null && grantId == null)
        // A limit that is not understood must not be dropped.
        || (claims.getClaims().containsKey("authorization_details") && limits.isEmpty())
        || jkt == null
        || jkt.length() != THUMBPRINT_CHARS
        || !(device == null || (device instanceof String id && UUID.matcher(id).matches()))
        || account.isEmpty()
        || claims.getJWTID() == null
        || claims.getIssueTime() == null
        || claims.getExpirationTime() == null) {
      return Optional.empty();
    }
    Instant issuedAt = claims.getIssueTime().toInstant();
    Instant expiresAt = claims.getExpirationTime().toInstant();
    if (Duration.between(issuedAt, expiresAt).compareTo(Revocations.TOKEN_LIFE_MAX) > 0) {
      return Optional.empty();
    }
    return Optional.of(
        new GatewayToken(
            sub,
            device instanceof String id ? id : null,
            clientId,
            sid,
            grantId,
            jkt,
            scopes(claims.getClaim("scope")),
            SECOND_FACTOR.equals(claims.getClaim("acr")),
            account.get().roles(),
            account.get().groups(),
            account.get().attributes(),
            limits.orElse(null),
            issuedAt,
            expiresAt));
  }

  /**
   * The DPoP key, and nothing beside it: what else a token is bound to ({@code x5t#S256}, RFC 8705)
   * cannot be seen here, and must not be dropped.
   */
  private static @Nullable String boundTo(@Nullable Object confirmation) {
    return confirmation instanceof Map<?, ?> cnf && cnf.size() == 1 ? text(cnf.get("jkt")) : null;
  }

  private static Set<String> scopes(@Nullable Object scope) {
    return scope instanceof String text && !text.isBlank()
        ? Set.copyOf(new java.util.HashSet<>(List.of(text.strip().split(" +"))))
        : Set.of();
  }

  private static @Nullable String text(@Nullable Object json) {
    return json instanceof String text && !text.isEmpty() && text.length() <= TEXT_CHARS_MAX
        ? text
        : null;
  }
}
