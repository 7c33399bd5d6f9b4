package dev.sallyport.auth.grant;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.Scopes;
import dev.sallyport.auth.client.Subjects;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.grant.AccessTokenCheck.Invalid;
import dev.sallyport.auth.grant.AccessTokenCheck.Valid;
import dev.sallyport.auth.signal.Actor;
import dev.sallyport.auth.signal.SecurityEvent;
import dev.sallyport.auth.signal.SecurityEvents;
import dev.sallyport.auth.token.ApiCaller;
import dev.sallyport.auth.token.Hashes;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.JwsVerification;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.StoredSigningKeys;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Verifies our own access tokens (RFC 9068 §4) where they come back to us, and that what they came
 * from still holds: client, family, session, account.
 */
@Component
final class AccessTokens {

  /** Well above our longest: claims that admins manage have their own bound. */
  private static final int LENGTH_MAX = 64 * 1024;

  private static final JOSEObjectType TYP = new JOSEObjectType(TokenIssuer.ACCESS_TOKEN_TYP);

  private final StoredSigningKeys keys;
  private final IssuerSettings issuer;
  private final Clients clients;
  private final Authorizations authorizations;
  private final SignIns signIns;
  private final Subjects subjects;
  private final SecurityEvents events;
  private final JdbcClient jdbc;
  private final Clock clock;

  AccessTokens(
      StoredSigningKeys keys,
      IssuerSettings issuer,
      Clients clients,
      Authorizations authorizations,
      SignIns signIns,
      Subjects subjects,
      SecurityEvents events,
      JdbcClient jdbc,
      Clock clock) {
    this.keys = keys;
    this.issuer = issuer;
    this.clients = clients;
    this.authorizations = authorizations;
    this.signIns = signIns;
    this.subjects = subjects;
    this.events = events;
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /** Checks a token that is presented to this server itself. */
  AccessTokenCheck check(String token) {
    return check(token, issuer.issuer());
  }

  /** Checks a token for this audience. */
  AccessTokenCheck check(String token, String audience) {
    return check(token, audience::equals);
  }

  /**
   * As {@link #check(String)}, but for what it came from: whether that still holds the caller sees
   * under its locks.
   */
  AccessTokenCheck checkForm(String token) {
    return form(token, issuer.issuer()::equals);
  }

  /** Checks a token of an ordinary client: for this server, or a resource of others (RFC 8707). */
  AccessTokenCheck checkOrdinary(String token) {
    return check(token, audience -> !audience.equals(issuer.gateway().audience()));
  }

  private AccessTokenCheck check(String token, Predicate<String> audience) {
    AccessTokenCheck form = form(token, audience);
    return form instanceof Valid(AccessToken read) && ended(read)
        ? new Invalid("the token was revoked")
        : form;
  }

  private AccessTokenCheck form(String token, Predicate<String> audience) {
    if (token.length() > LENGTH_MAX) {
      return new Invalid("the token is too long");
    }
    if (!JwsVerification.compact(token)) {
      return new Invalid("the token is not one of this server");
    }
    AccessToken parsed;
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      if (!signedByUs(jwt)) {
        return new Invalid("the token was not signed as an access token by this server");
      }
      parsed = read(jwt.getJWTClaimsSet());
    } catch (ParseException | RuntimeException malformed) {
      return new Invalid("the token is not one of this server");
    }
    if (parsed == null || !issuer.issuer().equals(parsed.issuer())) {
      return new Invalid("the token is not one of this server");
    }
    if (!audience.test(parsed.audience())) {
      return new Invalid("the token is for another audience");
    }
    if (!parsed.expiresAt().isAfter(clock.instant())) {
      return new Invalid("the token has expired");
    }
    return new Valid(parsed);
  }

  /**
   * Whom a token presented to this server speaks for; empty where it is refused. Possession of the
   * key or the certificate that it is bound to is the caller's to check.
   */
  Optional<ApiCaller> verify(String token) {
    return check(token) instanceof Valid(AccessToken valid)
            && (valid.binding().jkt() != null || !valid.client().boundToKey())
            && (valid.binding().x5t() != null || !valid.client().boundToCertificate())
        ? Optional.of(caller(token, valid))
        : Optional.empty();
  }

  private static ApiCaller caller(String presented, AccessToken token) {
    Subject subject = token.subject();
    return new ApiCaller(
        token.sub(),
        token.client().clientId(),
        token.client().profile(),
        opening(token),
        subject == null ? null : subject.sid(),
        subject == null ? null : subject.acr(),
        subject == null ? List.of() : subject.amr(),
        subject == null ? null : subject.authTime(),
        token.binding().jkt(),
        token.binding().x5t(),
        Hashes.sha256(presented),
        token.authorizationId());
  }

  /** What is limited to rooms, or held by who acts, opens here only who it is about. */
  private static Set<String> opening(AccessToken token) {
    if (token.details() == null && token.act() == null) {
      return token.scopes();
    }
    Set<String> scopes = new HashSet<>(token.scopes());
    scopes.retainAll(Set.of(Scopes.OPENID, Scopes.PROFILE, Scopes.EMAIL));
    return scopes;
  }

  /** Ends one token (RFC 7009); call within a transaction. */
  void revoke(AccessToken token) {
    if (!revoked(token.jti())) {
      Subject subject = token.subject();
      events.record(
          subject == null
              ? Actor.policy(token.client().clientId())
              : Actor.user(subject.accountId()),
          new SecurityEvent.TokenRevoked(
              subject == null ? null : subject.accountId(), token.client().clientId()));
      jdbc.sql("INSERT INTO revoked_token (jti, expires_at_ms) VALUES (?, ?)")
          .params(token.jti(), token.expiresAt().toEpochMilli())
          .update();
    }
  }

  private boolean ended(AccessToken token) {
    String family = token.authorizationId();
    Subject subject = token.subject();
    return revoked(token.jti())
        || (family != null && !authorizations.live(family))
        || (subject != null && signIns.live(subject.accountId(), subject.sid()).isEmpty());
  }

  /** Whether a token that was valid has been revoked since, by itself. */
  boolean revoked(AccessToken token) {
    return revoked(token.jti());
  }

  private boolean revoked(String jti) {
    return jdbc.sql("SELECT 1 FROM revoked_token WHERE jti = ?")
        .param(jti)
        .query(Integer.class)
        .optional()
        .isPresent();
  }

  private boolean signedByUs(SignedJWT jwt) {
    String kid = jwt.getHeader().getKeyID();
    if (!TYP.equals(jwt.getHeader().getType())
        || !JWSAlgorithm.ES256.equals(jwt.getHeader().getAlgorithm())
        || jwt.getHeader().getCriticalParams() != null
        || kid == null) {
      return false;
    }
    Optional<JWK> key = keys.published(KeyPurpose.TOKEN, kid);
    try {
      return key.isPresent() && key.get() instanceof ECKey ec && jwt.verify(new ECDSAVerifier(ec));
    } catch (JOSEException e) {
      return false;
    }
  }

  private @Nullable AccessToken read(JWTClaimsSet claims) throws ParseException {
    String clientId = claims.getStringClaim("client_id");
    String scope = claims.getStringClaim("scope");
    String sub = claims.getSubject();
    String jti = claims.getJWTID();
    String sid = claims.getStringClaim("sid");
    Client client = clientId == null ? null : clients.find(clientId).orElse(null);
    if (client == null
        || scope == null
        || sub == null
        || jti == null
        || claims.getAudience().size() != 1) {
      return null;
    }
    String account = sid == null ? sub : account(client, claims, sub, sid);
    if (account == null) {
      return null;
    }
    Subject subject = sid == null ? null : subject(claims, account, sid);
    int dot = jti.indexOf('.');
    // gateway tokens, which come back for introspection, have it as a claim
    String family = dot < 0 ? claims.getStringClaim("grant_id") : jti.substring(0, dot);
    return new AccessToken(
        jti,
        claims.getIssuer(),
        claims.getAudience().getFirst(),
        claims.getIssueTime().toInstant(),
        claims.getExpirationTime().toInstant(),
        client,
        scope.isEmpty() ? Set.of() : Set.of(scope.split(" ")),
        account,
        subject,
        family,
        details(claims),
        claims.getJSONObjectClaim("act"),
        mayAct(claims),
        Binding.of(claims.getJSONObjectClaim("cnf")));
  }

  /** Whom the token calls by this name; null where that is nobody any more. */
  private @Nullable String account(Client client, JWTClaimsSet claims, String sub, String sid) {
    // a gateway token has the account's id, whoever it was given to
    if (!client.metadata().pairwise()
        || claims.getAudience().equals(List.of(issuer.gateway().audience()))) {
      return sub;
    }
    return signIns
        .accountOf(sid)
        .filter(account -> Hashes.same(subjects.of(client, account), sub))
        .orElse(null);
  }

  private static @Nullable String mayAct(JWTClaimsSet claims) throws ParseException {
    Map<String, Object> named = claims.getJSONObjectClaim("may_act");
    return named != null && named.get("client_id") instanceof String clientId ? clientId : null;
  }

  private static @Nullable AuthorizationDetails details(JWTClaimsSet claims) throws ParseException {
    List<Object> claim = claims.getListClaim(AuthorizationDetails.NAME);
    return claim == null
        ? null
        : AuthorizationDetails.ofClaim(claim)
            // a limit that is not understood must not be dropped
            .orElseThrow(() -> new ParseException("authorization details", 0));
  }

  private static Subject subject(JWTClaimsSet claims, String sub, String sid)
      throws ParseException {
    String acr = claims.getStringClaim("acr");
    List<String> amr = claims.getStringListClaim("amr");
    return new Subject(
        sub,
        sid,
        Instant.ofEpochSecond(claims.getLongClaim("auth_time")),
        acr == null ? "" : acr,
        amr == null ? List.of() : amr);
  }
}
