package dev.sallyport.auth.federation;

import dev.sallyport.auth.federation.IdentityProvider.OpenIdEndpoints;
import dev.sallyport.auth.federation.IdentityProvider.Protocol;
import dev.sallyport.auth.fetch.OutgoingHttp;
import dev.sallyport.auth.installation.Installation;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/** What a provider says of itself, and what follows from its description. */
@Component
class ProviderMetadata {

  /**
   * What is known of a provider.
   *
   * @param namesItself whether it puts {@code iss} into its answers (RFC 9207), as it says
   * @param revision of the description
   */
  record Known(
      IdentityProvider provider,
      ClientRegistration registration,
      boolean namesItself,
      Instant at,
      String revision) {}

  /** Why a provider cannot be used now; of our own words. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String reason) {
      super(reason);
    }
  }

  private static final ParameterizedTypeReference<Map<String, Object>> METADATA =
      new ParameterizedTypeReference<>() {};

  private final Installation installation;
  private final RestClient http;
  private final Clock clock;

  ProviderMetadata(Installation installation, OutgoingHttp outgoing, Clock clock) {
    this.installation = installation;
    this.clock = clock;
    this.http =
        RestClient.builder()
            .requestFactory(outgoing.requests())
            .requestInterceptor(outgoing)
            .build();
  }

  /** Asks the provider who it is, however lately that was done. */
  Known learn(IdentityProvider provider) throws Unusable {
    boolean namesItself = false;
    ClientRegistration.Builder builder = ClientRegistration.withRegistrationId(provider.id());
    switch (provider.protocol()) {
      case Protocol.OAuth2 oauth ->
          builder
              .authorizationUri(oauth.authorization().toString())
              .tokenUri(oauth.token().toString())
              .userInfoUri(oauth.userInfo().toString())
              .userNameAttributeName(oauth.fields().id())
              .clientAuthenticationMethod(authentication(provider, List.of()));
      case Protocol.OpenIdConnect(URI issuer, @Nullable OpenIdEndpoints endpoints, boolean userInfo)
          when endpoints != null -> {
        builder
            .issuerUri(issuer.toString())
            .authorizationUri(endpoints.authorization().toString())
            .tokenUri(endpoints.token().toString())
            .jwkSetUri(endpoints.jwks().toString())
            .userNameAttributeName("sub")
            .clientAuthenticationMethod(authentication(provider, List.of()));
        if (userInfo && endpoints.userInfo() != null) {
          builder.userInfoUri(endpoints.userInfo().toString());
        }
      }
      case Protocol.OpenIdConnect(URI issuer, _, boolean userInfo) -> {
        Map<String, Object> metadata = metadata(issuer.toString());
        builder
            .issuerUri(issuer.toString())
            .authorizationUri(endpoint(metadata, "authorization_endpoint", issuer))
            .tokenUri(endpoint(metadata, "token_endpoint", issuer))
            .jwkSetUri(endpoint(metadata, "jwks_uri", issuer))
            .userNameAttributeName("sub")
            .clientAuthenticationMethod(
                authentication(
                    provider,
                    metadata.get("token_endpoint_auth_methods_supported") instanceof List<?> ways
                        ? ways
                        : List.of()));
        if (userInfo) {
          builder.userInfoUri(endpoint(metadata, "userinfo_endpoint", issuer));
        }
        namesItself =
            Boolean.TRUE.equals(metadata.get("authorization_response_iss_parameter_supported"));
      }
    }
    builder
        .clientName(provider.displayName())
        .clientId(provider.clientId())
        .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
        // one redirect URI for each provider defends against mix-up (RFC 9700 section 4.4.2)
        .redirectUri(redirectUri(provider.id()))
        .scope(provider.scopes())
        .clientSettings(ClientRegistration.ClientSettings.builder().requireProofKey(true).build());
    if (provider.clientSecret() != null) {
      builder.clientSecret(provider.clientSecret());
    }
    return new Known(provider, builder.build(), namesItself, clock.instant(), provider.revision());
  }

  /** What is to be registered at a provider of this id. */
  String redirectUri(String id) {
    return installation.issuer() + "/login/oauth2/code/" + id;
  }

  private Map<String, Object> metadata(String issuer) throws Unusable {
    String uri =
        (issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer)
            + "/.well-known/openid-configuration";
    Map<String, Object> metadata;
    try {
      metadata = http.get().uri(URI.create(uri)).retrieve().body(METADATA);
    } catch (RestClientException | IllegalArgumentException e) {
      // messages of others may quote what came over the wire
      throw new Unusable("its metadata cannot be fetched");
    }
    if (metadata == null || !issuer.equals(metadata.get("issuer"))) {
      throw new Unusable("its metadata names another issuer");
    }
    return metadata;
  }

  private static String endpoint(Map<String, Object> metadata, String name, URI issuer)
      throws Unusable {
    if (metadata.get(name) instanceof String uri && Places.endpoint(issuer, uri)) {
      return uri;
    }
    throw new Unusable("its metadata names no `" + name + "` that may be used");
  }

  private static ClientAuthenticationMethod authentication(
      IdentityProvider provider, List<?> supported) {
    if (provider.clientSecret() == null) {
      return ClientAuthenticationMethod.NONE;
    }
    if (provider.clientAuthentication() != null) {
      return new ClientAuthenticationMethod(provider.clientAuthentication());
    }
    // OpenID Connect Discovery section 3: basic, if nothing is said
    return supported.isEmpty() || supported.contains("client_secret_basic")
        ? ClientAuthenticationMethod.CLIENT_SECRET_BASIC
        : ClientAuthenticationMethod.CLIENT_SECRET_POST;
  }
}
