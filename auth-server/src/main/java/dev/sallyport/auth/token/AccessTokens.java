package dev.sallyport.auth.token;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.session.Sessions;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Reads access tokens of this issuer that are meant for this issuer (RFC 9068 §4): form, signature,
 * issuer, audience, expiry; then what no signature tells: the client still exists, the session
 * lives, the token was not revoked. A gateway token is none of these, having another audience.
 */
@Component
public final class AccessTokens {

  static final JOSEObjectType TYP = new JOSEObjectType("at+jwt");

  /** Ours take about one KiB. */
  static final int LENGTH_MAX = 8 * 1024;

  private final SigningKeys keys;
  private final IssuerSettings issuer;
  private final Clients clients;
  private final Sessions sessions;
  private final JdbcClient jdbc;
  private final Clock clock;

  AccessTokens(
      SigningKeys keys,
      IssuerSettings issuer,
      Clients clients,
      Sessions sessions,
      JdbcClient jdbc,
      Clock clock) {
    this.keys = keys;
    this.issuer = issuer;
    this.clients = clients;
    this.sessions = sessions;
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /**
   * Whom the token speaks for; empty where it is refused, for whatever reason: the one who holds it
   * is told no more than {@code invalid_token}. Possession of the key is the caller's to check.
   */
  public Optional<ApiCaller> verify(String token) {
    if (token.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      return signedByUs(jwt) ? caller(jwt.getJWTClaimsSet(), token) : Optional.empty();
    } catch (ParseException | RuntimeException malformed) {
      return Optional.empty();
    }
  }

  private boolean signedByUs(SignedJWT jwt) {
    if (!TYP.equals(jwt.getHeader().getType())
        || !JWSAlgorithm.ES256.equals(jwt.getHeader().getAlgorithm())
        || jwt.getHeader().getCriticalParams() != null) {
      return false;
    }
    JWK key = keys.published(KeyPurpose.TOKEN).getKeyByKeyId(jwt.getHeader().getKeyID());
    return key != null && JwsVerification.signedBy(jwt, key);
  }

  private Optional<ApiCaller> caller(JWTClaimsSet claims, String token) throws ParseException {
    Instant now = clock.instant();
    Date expires = claims.getExpirationTime();
    String clientId = claims.getStringClaim("client_id");
    String jti = claims.getJWTID();
    if (!issuer.issuer().equals(claims.getIssuer())
        || !claims.getAudience().equals(List.of(issuer.issuer()))
        || expires == null
        || !now.isBefore(expires.toInstant())
        || clientId == null
        || jti == null
        || claims.getSubject() == null) {
      return Optional.empty();
    }
    Optional<Client> client = clients.find(clientId);
    @Nullable String sid = claims.getStringClaim("sid");
    if (client.isEmpty() || revoked(jti) || (sid != null && sessions.live(sid).isEmpty())) {
      return Optional.empty();
    }
    @Nullable String jkt = jkt(claims);
    if (client.get().profile().senderConstrained() && jkt == null) {
      return Optional.empty();
    }
    @Nullable String scope = claims.getStringClaim("scope");
    @Nullable List<String> amr = claims.getStringListClaim("amr");
    @Nullable Date authTime = claims.getDateClaim("auth_time");
    return Optional.of(
        new ApiCaller(
            claims.getSubject(),
            clientId,
            client.get().profile(),
            scope == null || scope.isEmpty() ? Set.of() : Set.of(scope.split(" ")),
            sid,
            claims.getStringClaim("acr"),
            amr == null ? List.of() : amr,
            authTime == null ? null : authTime.toInstant(),
            jkt,
            Hashes.sha256(token)));
  }

  private static @Nullable String jkt(JWTClaimsSet claims) throws ParseException {
    Map<String, Object> confirmation = claims.getJSONObjectClaim("cnf");
    return confirmation != null && confirmation.get("jkt") instanceof String jkt ? jkt : null;
  }

  private boolean revoked(String jti) {
    return jdbc.sql("SELECT COUNT(*) FROM revoked_token WHERE jti = ?")
            .param(jti)
            .query(Long.class)
            .single()
        > 0;
  }
}
