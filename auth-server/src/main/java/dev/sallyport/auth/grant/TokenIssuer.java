package dev.sallyport.auth.grant;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sallyport.auth.account.Account;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientResources;
import dev.sallyport.auth.client.Subjects;
import dev.sallyport.auth.detail.AuthorizationDetails;
import dev.sallyport.auth.token.IdTokenHints;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.KeyPurpose;
import dev.sallyport.auth.token.StoredSigningKeys;
import dev.sallyport.auth.vault.RandomIds;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Writes tokens as {@code ops/decisions/0002} has them. Decides nothing. */
@Component
final class TokenIssuer {

  /** RFC 9068 §2.1. */
  static final String ACCESS_TOKEN_TYP = "at+jwt";

  private static final Duration ID_TOKEN_TTL = Duration.ofMinutes(5);
  private static final int JTI_BYTES = 16;

  private final Subjects subjects;
  private final StoredSigningKeys keys;
  private final IssuerSettings issuer;
  private final TokenLives lives;
  private final RandomIds ids;
  private final Clock clock;
  private final ClientResources resources;

  TokenIssuer(
      Subjects subjects,
      StoredSigningKeys keys,
      IssuerSettings issuer,
      TokenLives lives,
      RandomIds ids,
      Clock clock,
      ClientResources resources) {
    this.subjects = subjects;
    this.keys = keys;
    this.issuer = issuer;
    this.lives = lives;
    this.ids = ids;
    this.clock = clock;
    this.resources = resources;
  }

  /**
   * A token and its life in seconds.
   *
   * @param bound whether it is bound to a DPoP key
   */
  record Issued(String token, long expiresInSeconds, boolean bound) {
    @Override
    public String toString() {
      return "Issued[expiresInSeconds=" + expiresInSeconds + "]";
    }
  }

  /**
   * An access token for a person (RFC 9068). Its {@code jti} begins with the id of the family it
   * belongs to, so that it ends with the family without being stored.
   */
  Issued accessToken(
      Client client,
      Subject subject,
      Set<String> scopes,
      String authorizationId,
      Extent extent,
      Binding binding) {
    JWTClaimsSet.Builder claims =
        base(life(extent))
            .audience(extent.audience())
            .jwtID(authorizationId + '.' + ids.base64url(JTI_BYTES));
    person(claims, subject, subjects.of(client, subject.accountId()));
    extent(claims, extent);
    String mayAct = resources.mayAct(client);
    if (mayAct != null && extent.act() == null) {
      claims.claim("may_act", Map.of("client_id", mayAct));
    }
    return sign(claims, client, scopes, binding, life(extent));
  }

  private Duration life(Extent extent) {
    Instant notAfter = extent.notAfter();
    Duration left = notAfter == null ? lives.access() : Duration.between(clock.instant(), notAfter);
    return left.compareTo(lives.access()) < 0 ? left : lives.access();
  }

  /** An access token for a client on its own. */
  Issued clientToken(Client client, Set<String> scopes, String audience, Binding binding) {
    JWTClaimsSet.Builder claims =
        base(lives.access())
            .audience(audience)
            .subject(client.clientId())
            .jwtID(ids.base64url(JTI_BYTES));
    return sign(claims, client, scopes, binding, lives.access());
  }

  /**
   * A gateway token, with what admins say about the account at this moment.
   *
   * @param grantId the family it comes from, by which gateways end it
   */
  Issued gatewayToken(
      Client client,
      Subject subject,
      Account account,
      Set<String> scopes,
      @Nullable String deviceId,
      @Nullable String grantId,
      Extent extent,
      String jkt) {
    JWTClaimsSet.Builder claims =
        base(lives.gateway())
            .audience(extent.audience())
            .jwtID(ids.base64url(JTI_BYTES))
            .claim("roles", new ArrayList<>(new TreeSet<>(account.roles())))
            .claim("groups", new ArrayList<>(new TreeSet<>(account.groups())))
            .claim("attributes", account.attributes());
    person(claims, subject, subject.accountId());
    extent(claims, extent);
    if (deviceId != null) {
      claims.claim("device_id", deviceId);
    }
    if (grantId != null) {
      claims.claim("grant_id", grantId);
    }
    // no certificate reaches a gateway
    return sign(claims, client, scopes, new Binding(jkt, null), lives.gateway());
  }

  /**
   * An ID token (OpenID Connect Core §2), signed as the client is registered for.
   *
   * @param more claims about the person
   */
  String idToken(Client client, Subject subject, @Nullable String nonce, Map<String, Object> more) {
    JWTClaimsSet.Builder claims =
        base(ID_TOKEN_TTL).audience(client.clientId()).claim("azp", client.clientId());
    more.forEach(claims::claim);
    person(claims, subject, subjects.of(client, subject.accountId()));
    if (nonce != null) {
      claims.claim("nonce", nonce);
    }
    return keys.sign(
        KeyPurpose.TOKEN,
        JWSAlgorithm.parse(client.idTokenAlg()),
        IdTokenHints.TYP,
        claims.build());
  }

  private JWTClaimsSet.Builder base(Duration life) {
    Instant now = clock.instant();
    return new JWTClaimsSet.Builder()
        .issuer(issuer.issuer())
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plus(life)));
  }

  private static void person(JWTClaimsSet.Builder claims, Subject subject, String sub) {
    claims
        .subject(sub)
        .claim("sid", subject.sid())
        .claim("acr", subject.acr())
        .claim("amr", subject.amr())
        .claim("auth_time", subject.authTime().getEpochSecond());
  }

  /**
   * What UserInfo says, for clients that want it signed (OpenID Connect Core §5.3.2).
   *
   * @param said all that is said, {@code sub} included
   */
  String userInfo(Client client, String alg, Map<String, Object> said) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer.issuer())
            .audience(client.clientId())
            .issueTime(Date.from(clock.instant()));
    said.forEach(claims::claim);
    return keys.sign(KeyPurpose.TOKEN, JWSAlgorithm.parse(alg), "JWT", claims.build());
  }

  /** What introspection says (RFC 9701 §5). */
  String introspection(Client client, Map<String, Object> said) {
    String alg = client.metadata().algorithms().introspection();
    return keys.sign(
        KeyPurpose.TOKEN,
        // §6: RS256 where the client said nothing, and has no stricter rules
        JWSAlgorithm.parse(alg == null ? client.profile().idTokenAlg() : alg),
        "token-introspection+jwt",
        new JWTClaimsSet.Builder()
            .issuer(issuer.issuer())
            .audience(client.clientId())
            .issueTime(Date.from(clock.instant()))
            .claim("token_introspection", said)
            .build());
  }

  private static void extent(JWTClaimsSet.Builder claims, Extent extent) {
    AuthorizationDetails details = extent.details();
    if (details != null) {
      claims.claim(AuthorizationDetails.NAME, details.json());
    }
    if (extent.act() != null) {
      claims.claim("act", extent.act());
    }
  }

  private Issued sign(
      JWTClaimsSet.Builder claims,
      Client client,
      Set<String> scopes,
      Binding binding,
      Duration life) {
    claims
        .claim("client_id", client.clientId())
        .claim("scope", String.join(" ", new TreeSet<>(scopes)));
    Map<String, Object> cnf = binding.claim();
    if (!cnf.isEmpty()) {
      claims.claim("cnf", cnf);
    }
    return new Issued(
        keys.sign(KeyPurpose.TOKEN, ACCESS_TOKEN_TYP, claims.build()),
        life.toSeconds(),
        binding.jkt() != null);
  }
}
