package dev.sallyport.auth.federation;

import dev.sallyport.auth.fetch.OutgoingHttp;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenValidator;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.converter.ClaimTypeConverter;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestTemplate;

/**
 * Checks ID tokens of providers against their published keys: signature by an asymmetric algorithm,
 * issuer, audience, times (OpenID Connect Core section 3.1.3.7); the nonce is compared by Spring's
 * login filter.
 */
@Component
class ProviderIdTokens implements JwtDecoderFactory<ClientRegistration> {

  private final RestTemplate http;

  /** One for each key set in use: as many as there are providers. */
  private final Map<String, JwtDecoder> decoders = new ConcurrentHashMap<>();

  ProviderIdTokens(OutgoingHttp outgoing) {
    this.http = new RestTemplate(outgoing.requests());
    this.http.getInterceptors().add(outgoing);
  }

  @Override
  public JwtDecoder createDecoder(ClientRegistration registration) {
    String keys =
        Objects.requireNonNull(registration.getProviderDetails().getJwkSetUri(), "jwks_uri");
    return decoders.computeIfAbsent(
        registration.getRegistrationId() + " " + keys, _ -> decoder(registration, keys));
  }

  private JwtDecoder decoder(ClientRegistration registration, String keys) {
    NimbusJwtDecoder decoder =
        NimbusJwtDecoder.withJwkSetUri(keys)
            .restOperations(http)
            .jwsAlgorithms(
                algorithms -> {
                  algorithms.add(SignatureAlgorithm.RS256);
                  algorithms.add(SignatureAlgorithm.PS256);
                  algorithms.add(SignatureAlgorithm.ES256);
                })
            .build();
    decoder.setJwtValidator(
        new DelegatingOAuth2TokenValidator<>(
            new JwtTimestampValidator(), new OidcIdTokenValidator(registration)));
    decoder.setClaimSetConverter(
        new ClaimTypeConverter(OidcIdTokenDecoderFactory.createDefaultClaimTypeConverters()));
    return decoder;
  }
}
