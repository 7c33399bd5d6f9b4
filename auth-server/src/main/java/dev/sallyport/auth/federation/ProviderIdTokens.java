package dev.sallyport.auth.federation;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.util.Map;
import java.util.Objects;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.converter.ClaimTypeConverter;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.stereotype.Component;

/**
 * ID tokens for Spring's login, checked by {@link ProviderTokens}; the nonce is compared by
 * Spring's login filter, {@code at_hash} where the access token is at hand.
 */
@Component
class ProviderIdTokens implements JwtDecoderFactory<ClientRegistration> {

  private final ProviderTokens tokens;
  private final ClaimTypeConverter types =
      new ClaimTypeConverter(OidcIdTokenDecoderFactory.createDefaultClaimTypeConverters());

  ProviderIdTokens(ProviderTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public JwtDecoder createDecoder(ClientRegistration registration) {
    return token ->
        switch (tokens.check(registration, token, true)) {
          case ProviderTokens.Check.Bad(String reason) -> throw new BadJwtException(reason);
          case ProviderTokens.Check.Good(SignedJWT jwt, JWTClaimsSet claims) ->
              decoded(token, jwt, claims);
        };
  }

  private Jwt decoded(String token, SignedJWT jwt, JWTClaimsSet claims) {
    String type = jwt.getHeader().getType() == null ? "JWT" : jwt.getHeader().getType().getType();
    if (!type.equalsIgnoreCase("JWT") && !type.equalsIgnoreCase("id_token+jwt")) {
      throw new BadJwtException("it is another kind of token");
    }
    if (claims.getSubject() == null || claims.getSubject().isBlank()) {
      throw new BadJwtException("it is about nobody");
    }
    if (claims.getClaim("events") != null) {
      // a logout token is signed by the same keys for the same audience
      throw new BadJwtException("it is a security event, not an ID token");
    }
    Map<String, Object> converted = Objects.requireNonNull(types.convert(claims.getClaims()));
    return Jwt.withTokenValue(token)
        .headers(headers -> headers.putAll(jwt.getHeader().toJSONObject()))
        .claims(all -> all.putAll(converted))
        .build();
  }
}
