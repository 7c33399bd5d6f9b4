package dev.sallyport.auth.grant;

import dev.sallyport.auth.certificate.MutualTls;
import dev.sallyport.auth.certificate.PresentedCertificate;
import dev.sallyport.auth.client.Client;
import dev.sallyport.auth.client.GrantType;
import dev.sallyport.auth.client.RegisteredClients;
import dev.sallyport.auth.grant.GrantOutcome.Denied;
import dev.sallyport.auth.grant.GrantOutcome.Granted;
import dev.sallyport.auth.token.DpopCheck;
import dev.sallyport.auth.token.SingleUse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AccessTokenAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.web.authentication.AuthenticationConverter;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.stereotype.Component;

/**
 * The token endpoint (RFC 6749 §3.2), behind Spring's filter: reads the request, asks the grant,
 * writes the answer. One class for the three, since they are one endpoint.
 */
@Component
final class TokenEndpoint
    implements AuthenticationConverter, AuthenticationProvider, AuthenticationSuccessHandler {

  private final Map<GrantType, Grant> grants = new EnumMap<>(GrantType.class);
  private final MutualTls tls;
  private final SingleUse singleUse;
  private final Clock clock;

  TokenEndpoint(List<Grant> grants, MutualTls tls, SingleUse singleUse, Clock clock) {
    grants.forEach(grant -> this.grants.put(grant.type(), grant));
    this.tls = tls;
    this.singleUse = singleUse;
    this.clock = clock;
  }

  /** The client that authenticated at this request. */
  static Client client() {
    Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
    if (authentication instanceof OAuth2ClientAuthenticationToken token
        && token.isAuthenticated()
        && token.getRegisteredClient() != null) {
      return RegisteredClients.of(token.getRegisteredClient());
    }
    throw OAuthErrors.refused("invalid_client", "no client authentication");
  }

  @Override
  public @Nullable Authentication convert(HttpServletRequest request) {
    Client client = client();
    Form form =
        Form.read(request)
            .orElseThrow(
                () ->
                    OAuthErrors.refused(
                        "invalid_request", "parameters belong in the body, each once"));
    DpopCheck.Proven proof = ProofFilter.proof(request);
    if (proof == null && client.boundToKey()) {
      throw OAuthErrors.refused("invalid_dpop_proof", "this client must send a DPoP proof");
    }
    String x5t = tls.of(request).map(PresentedCertificate::thumbprint).orElse(null);
    if (x5t == null && client.boundToCertificate()) {
      throw OAuthErrors.refused(
          "invalid_request",
          "this client must come with its certificate"
              + tls.url(request.getRequestURI()).map(url -> ", to " + url).orElse(""));
    }
    String grantType =
        form.one("grant_type")
            .orElseThrow(() -> OAuthErrors.refused("invalid_request", "grant_type is missing"));
    // null: Spring's filter answers `unsupported_grant_type`
    return GrantType.of(grantType)
        .filter(grants::containsKey)
        .map(
            grant ->
                new TokenRequestAuthentication(
                    grant, new TokenRequest(client, form, proof, x5t, request.getRemoteAddr())))
        .orElse(null);
  }

  @Override
  public boolean supports(Class<?> type) {
    return TokenRequestAuthentication.class.isAssignableFrom(type);
  }

  @Override
  public Authentication authenticate(Authentication authentication) {
    TokenRequestAuthentication asked = (TokenRequestAuthentication) authentication;
    Client client = asked.request().client();
    Grant grant = grants.get(asked.grant());
    if (grant == null || !client.may(asked.grant())) {
      throw OAuthErrors.refused("unauthorized_client", "the client is not registered for this");
    }
    SingleUse.Once once = asked.request().once();
    if (once != null && !grant.spendsProof() && !singleUse.first(once)) {
      throw OAuthErrors.refused(
          DpopCheck.Refused.USED.error(), DpopCheck.Refused.USED.description());
    }
    return switch (grant.answer(asked.request())) {
      case Denied denied ->
          throw new OAuthErrors.Refused(denied.error(), denied.description(), denied.extra());
      case Granted granted -> carry(client, granted);
    };
  }

  private OAuth2AccessTokenAuthenticationToken carry(Client client, Granted granted) {
    RegisteredClient registered = RegisteredClients.toSpring(client);
    TokenIssuer.Issued issued = granted.accessToken();
    Instant now = clock.instant();
    String refreshToken = granted.refreshToken();
    return new OAuth2AccessTokenAuthenticationToken(
        registered,
        new OAuth2ClientAuthenticationToken(registered, ClientAuthenticationMethod.NONE, null),
        new OAuth2AccessToken(
            issued.bound() ? OAuth2AccessToken.TokenType.DPOP : OAuth2AccessToken.TokenType.BEARER,
            issued.token(),
            now,
            now.plusSeconds(issued.expiresInSeconds()),
            granted.scopes()),
        refreshToken == null ? null : new OAuth2RefreshToken(refreshToken, now),
        granted.extra());
  }

  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication)
      throws IOException {
    OAuth2AccessTokenAuthenticationToken granted =
        (OAuth2AccessTokenAuthenticationToken) authentication;
    OAuth2AccessToken accessToken = granted.getAccessToken();
    Instant issuedAt = accessToken.getIssuedAt();
    Instant expiresAt = accessToken.getExpiresAt();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("access_token", accessToken.getTokenValue());
    body.put("token_type", accessToken.getTokenType().getValue());
    if (issuedAt != null && expiresAt != null) {
      body.put("expires_in", expiresAt.getEpochSecond() - issuedAt.getEpochSecond());
    }
    if (granted.getRefreshToken() != null) {
      body.put("refresh_token", granted.getRefreshToken().getTokenValue());
    }
    body.put("scope", String.join(" ", new TreeSet<>(accessToken.getScopes())));
    body.putAll(granted.getAdditionalParameters());
    OAuthErrors.json(response, body);
  }
}
