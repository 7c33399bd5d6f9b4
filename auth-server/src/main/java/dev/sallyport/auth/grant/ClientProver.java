package dev.sallyport.auth.grant;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.certificate.PresentedCertificate;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.ClientAuthentication;
import dev.sallyport.auth.client.Clients;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.client.SecurityProfile;
import dev.sallyport.auth.token.IssuerSettings;
import dev.sallyport.auth.token.SingleUse;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.stereotype.Component;

/**
 * Checks that a client is who it says, by the one way it is registered for. Assertions (RFC 7523
 * §3, FAPI 2.0 §5.3.2.1) name this server alone as their audience, live for minutes and are used
 * once.
 */
@Component
final class ClientProver implements AuthenticationProvider {

  private static final Duration ASSERTION_LIFE_MAX = Duration.ofMinutes(10);
  private static final Duration SKEW = Duration.ofMinutes(1);

  /** Most libraries write the first; the second is the type's own name (RFC 7523bis). */
  private static final Set<JOSEObjectType> TYPES =
      Set.of(JOSEObjectType.JWT, new JOSEObjectType("client-authentication+jwt"));

  private static final int JTI_LENGTH_MAX = 256;

  private final Clients clients;
  private final IssuerSettings issuer;
  private final SingleUse singleUse;
  private final ClientSignatures signatures;
  private final MutualTls tls;
  private final Clock clock;

  ClientProver(
      Clients clients,
      IssuerSettings issuer,
      SingleUse singleUse,
      ClientSignatures signatures,
      MutualTls tls,
      Clock clock) {
    this.clients = clients;
    this.tls = tls;
    this.signatures = signatures;
    this.issuer = issuer;
    this.singleUse = singleUse;
    this.clock = clock;
  }

  @Override
  public boolean supports(Class<?> type) {
    return OAuth2ClientAuthenticationToken.class.isAssignableFrom(type);
  }

  @Override
  public Authentication authenticate(Authentication authentication) {
    OAuth2ClientAuthenticationToken presented = (OAuth2ClientAuthenticationToken) authentication;
    String clientId = presented.getPrincipal().toString();
    String way = presented.getClientAuthenticationMethod().getValue();
    Client client = clients.find(clientId).orElse(null);
    if (client == null || !proven(client, way, presented.getCredentials())) {
      throw OAuthErrors.refused("invalid_client", "client authentication failed");
    }
    return new OAuth2ClientAuthenticationToken(
        RegisteredClients.toSpring(client), presented.getClientAuthenticationMethod(), null);
  }

  private boolean proven(Client client, String way, @Nullable Object credentials) {
    ClientAuthentication registered = client.authentication();
    if (registered.certificate()) {
      return way.equals(ClientOnRequest.BY_NAME)
          && credentials instanceof PresentedCertificate certificate
          && certified(client, certificate);
    }
    return registered.methods().contains(way)
        && (registered == ClientAuthentication.NONE
            || (credentials instanceof String proof && proven(client, proof)));
  }

  private boolean proven(Client client, String proof) {
    return switch (client.authentication()) {
      case ClientAuthentication.NONE,
          ClientAuthentication.TLS_CLIENT_AUTH,
          ClientAuthentication.SELF_SIGNED_TLS_CLIENT_AUTH ->
          false;
      case ClientAuthentication.CLIENT_SECRET,
          ClientAuthentication.CLIENT_SECRET_BASIC,
          ClientAuthentication.CLIENT_SECRET_POST ->
          clients.secretMatches(client.clientId(), proof);
      case ClientAuthentication.PRIVATE_KEY_JWT -> asserted(client, proof);
    };
  }

  /** RFC 8705 §2: TLS has shown that the client has the key. */
  private boolean certified(Client client, PresentedCertificate certificate) {
    return client.authentication() == ClientAuthentication.TLS_CLIENT_AUTH
        ? client.metadata().certificates().subjects().stream()
                .allMatch(subject -> tls.proves(certificate, subject))
            && !client.metadata().certificates().subjects().isEmpty()
        : certificate.valid(clock.instant())
            && (registered(certificate, clients.keysOf(client))
                || clients
                    .newKeysOf(client)
                    .filter(keys -> registered(certificate, keys))
                    .isPresent());
  }

  /** Whether it is one of those that the client registered, as {@code x5c} (RFC 8705 §2.2.2). */
  private static boolean registered(PresentedCertificate certificate, JWKSet keys) {
    return keys.getKeys().stream()
        .map(JWK::getX509CertChain)
        .anyMatch(
            chain ->
                chain != null && !chain.isEmpty() && certificate.is(chain.getFirst().decode()));
  }

  private boolean asserted(Client client, String assertion) {
    SignedJWT jwt;
    JWTClaimsSet claims;
    Object audience;
    try {
      jwt = SignedJWT.parse(assertion);
      claims = jwt.getJWTClaimsSet();
      audience = jwt.getPayload().toJSONObject().get("aud");
    } catch (ParseException | RuntimeException malformed) {
      return false;
    }
    Instant now = clock.instant();
    Date expires = claims.getExpirationTime();
    Date notBefore = claims.getNotBeforeTime();
    Date issued = claims.getIssueTime();
    String jti = claims.getJWTID();
    if (!client.clientId().equals(claims.getIssuer())
        || !client.clientId().equals(claims.getSubject())
        || !meant(client, audience)
        || !(jwt.getHeader().getType() == null || TYPES.contains(jwt.getHeader().getType()))
        || jwt.getHeader().getCriticalParams() != null
        || jti == null
        || jti.isEmpty()
        || jti.length() > JTI_LENGTH_MAX
        || expires == null
        || !expires.toInstant().isAfter(now)
        || expires.toInstant().isAfter(now.plus(ASSERTION_LIFE_MAX))
        || (notBefore != null && notBefore.toInstant().isAfter(now.plus(SKEW)))
        || (issued != null && issued.toInstant().isAfter(now.plus(SKEW)))) {
      return false;
    }
    return signatures.signed(jwt, client, client.metadata().algorithms().assertion())
        && singleUse.first("assertion:" + client.clientId(), jti, expires.toInstant().plus(SKEW));
  }

  /**
   * The issuer as a string: of an array another server could be meant too. Ordinary relying parties
   * may name the token endpoint, as OpenID Connect Core §9 has it, and both.
   */
  private boolean meant(Client client, @Nullable Object audience) {
    if (client.profile() != SecurityProfile.WEB) {
      return issuer.issuer().equals(audience);
    }
    Set<Object> ours = Set.of(issuer.issuer(), issuer.url("/oauth2/token"));
    return audience instanceof List<?> list
        ? !list.isEmpty() && ours.containsAll(list)
        : audience != null && ours.contains(audience);
  }
}
